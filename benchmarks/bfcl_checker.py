"""Runs where bfcl-eval is installed: reads cases as JSON lines, writes its checker's verdicts as JSON lines.

With `--timed` the cases end with an empty line, and each line after that is answered with the seconds that the checker
takes for all of them, and the number that it failed at.
"""

import json
import sys
import time
import types
from collections import defaultdict
from typing import Any

# The checker asks one thing of the table of models, and importing that table loads every vendor's client.
_models = types.ModuleType("bfcl_eval.constants.model_config")
_models.__dict__["MODEL_CONFIG_MAPPING"] = defaultdict(lambda: types.SimpleNamespace(underscore_to_dot=False))
sys.modules[_models.__name__] = _models

from bfcl_eval.constants.enums import Language  # noqa: E402
from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker  # noqa: E402


def judge(case: dict[str, Any]) -> dict[str, Any]:
    try:
        verdict = ast_checker(
            case["functions"], case["output"], case["answer"], Language.PYTHON, case["category"], "any-model"
        )
    except (AttributeError, IndexError, KeyError, TypeError) as error:  # the checker's own failures are counted
        return {"valid": None, "error": repr(error)}
    return {"valid": verdict["valid"], "error": "" if verdict["valid"] else str(verdict.get("error_type", ""))}


def answer_with_verdicts() -> None:
    for line in sys.stdin:
        print(json.dumps(judge(json.loads(line))))


def answer_with_seconds() -> None:
    cases = [json.loads(line) for line in iter(sys.stdin.readline, "\n")]
    for _ in sys.stdin:
        started = time.perf_counter()
        failed = sum(judge(case)["valid"] is None for case in cases)
        print(time.perf_counter() - started, failed, flush=True)


if __name__ == "__main__":
    answer_with_seconds() if "--timed" in sys.argv else answer_with_verdicts()
