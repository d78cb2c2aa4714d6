"""Suites: benchmarks, a file or folder each: what a policy is asked, and how its answers are judged.

A new one is a file here and a line in `SUITES`.
"""

from ttpa.suites.base import OpenSuite
from ttpa.suites.bfcl import open_bfcl
from ttpa.suites.sources import open_sources
from ttpa.suites.tasks import open_tasks
from ttpa.suites.toolbench import open_dfs, open_react

SUITES: dict[str, OpenSuite] = {
    "tasks": open_tasks,
    "bfcl": open_bfcl,
    "sources": open_sources,
    "toolbench-react": open_react,
    "toolbench-dfs": open_dfs,
}
"""By the word that the command line takes."""
