"""ToolBench's queries, over the solvable ones of StableToolBench, with its Finish convention and its two searches."""

from ttpa.suites.toolbench.suite import open_dfs, open_react

__all__ = ["open_dfs", "open_react"]
