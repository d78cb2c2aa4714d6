"""Suites: benchmarks, a file or folder each: what a policy is asked, and how its answers are judged.

A new one is a file here and a line in `SUITES`.
"""

from ttpa.suites.base import OpenSuite
from ttpa.suites.bfcl import open_bfcl
from ttpa.suites.sources import open_sources
from ttpa.suites.tasks import open_tasks

SUITES: dict[str, OpenSuite] = {
    "tasks": open_tasks,
    "bfcl": open_bfcl,
    "sources": open_sources,
}
"""By the word that the command line takes."""
