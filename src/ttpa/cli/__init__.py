"""The command line: it parses words and calls the pipeline."""

import sys

from ttpa.cli.failures import FAILED, INTERRUPTED, explain
from ttpa.visible_text import visible

__all__ = ["main"]


def main() -> None:
    """Runs the command line; an error that a person can act on is one line on standard error and exit code 1."""
    try:
        from ttpa.cli.commands import app  # takes a moment, in which somebody may think better of it

        app(prog_name="ttpa")
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)
    except Exception as failure:
        told = explain(failure)
        if told is None:
            raise
        sys.stderr.write(f"error: {visible(told)}\n")
        sys.exit(FAILED)
