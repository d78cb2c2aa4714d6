"""The Berkeley Function Calling Leaderboard: its items, its classes, its own program for the scores."""

from ttpa.suites.bfcl.suite import open_bfcl

__all__ = ["open_bfcl"]
