"""Runs the kit and prints its table: `python -m faults`."""

from faults.bad_tools import kinds, try_tools
from faults.table import render

print(render([try_tools(kinds())]))
