"""Runs where bfcl-eval is installed: reads cases as JSON lines, writes its checker's verdicts as JSON lines."""

import json
import sys
import types
from collections import defaultdict

# The checker asks one thing of the table of models, and importing that table loads every vendor's client.
_models = types.ModuleType("bfcl_eval.constants.model_config")
_models.__dict__["MODEL_CONFIG_MAPPING"] = defaultdict(lambda: types.SimpleNamespace(underscore_to_dot=False))
sys.modules[_models.__name__] = _models

from bfcl_eval.constants.enums import Language  # noqa: E402
from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker  # noqa: E402

for line in sys.stdin:
    case = json.loads(line)
    try:
        verdict = ast_checker(
            case["functions"], case["output"], case["answer"], Language.PYTHON, case["category"], "any-model"
        )
        row = {"valid": verdict["valid"], "error": "" if verdict["valid"] else str(verdict.get("error_type", ""))}
    except (AttributeError, IndexError, KeyError, TypeError) as error:  # the checker's own failures are counted
        row = {"valid": None, "error": repr(error)}
    print(json.dumps(row))
