"""Trainings that are killed, and states that are damaged: the tests that try promise 8, counted."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from faults.table import Row

TESTS = Path(__file__).parents[1] / "stages" / "train" / "test_resume.py"


def try_training() -> Row:
    """SFT, DPO and GRPO killed three times each, and each file of a state removed and cut, in a pytest of their own."""
    row = Row("8 training goes on exactly, from whole checkpoints alone")
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={told}", str(TESTS)]
        ran = subprocess.run(
            command, capture_output=True, text=True, cwd=TESTS.parents[3], env=os.environ | {"OMP_NUM_THREADS": "1"}
        )
        if not told.exists():
            raise RuntimeError(f"pytest told nothing: {ran.stdout[-300:]} {ran.stderr[-300:]}")
        suite = ElementTree.parse(told).getroot().find("testsuite")
    assert suite is not None, "a file of JUnit's form has a suite"
    row.tried = int(suite.attrib["tests"]) - int(suite.attrib["skipped"])
    row.crashed = int(suite.attrib["failures"]) + int(suite.attrib["errors"])
    row.remarks.append(f"tests of {TESTS.name}: each method killed three times, each file of a state removed and cut")
    return row
