"""Runs where bfcl-eval is installed, by its path: tells the benchmark's items, executes calls with its own classes.

A request is a line of JSON on standard input, an answer a line on the descriptor that the first argument names; what
the package prints goes elsewhere. Nothing of ttpa is imported here.
"""

import ast
import inspect
import json
import os
import sys
from importlib import import_module

from bfcl_eval.constants.default_prompts import DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_FC, MAXIMUM_STEP_LIMIT
from bfcl_eval.constants.enums import ModelStyle
from bfcl_eval.constants.executable_backend_config import CLASS_FILE_PATH_MAPPING
from bfcl_eval.constants.type_mappings import GORILLA_TO_OPENAPI
from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_utils
from bfcl_eval.model_handler.utils import convert_to_function_call, convert_to_tool
from bfcl_eval.utils import is_relevance_or_irrelevance, load_dataset_entry, load_ground_truth_entry

_ENTRIES = {}


def tell_items(category):
    """All items of a category: what is said turn by turn, the tools as shown and as checked, the gold."""
    entries = load_dataset_entry(category, include_prereq=False)
    golds = [None] * len(entries)
    if not is_relevance_or_irrelevance(category):
        golds = [each["ground_truth"] for each in load_ground_truth_entry(category)]
    return [_tell_item(entry, gold) for entry, gold in zip(entries, golds, strict=True)]


def _tell_item(entry, gold):
    _ENTRIES[entry["id"]] = entry
    is_dialogue = "involved_classes" in entry
    turns = []
    for number, messages in enumerate(entry["question"]):
        added = entry.get("missed_function", {}).get(str(number), [])
        if added and not messages:
            messages = [{"role": "user", "content": DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_FC}]
        turns.append({"messages": messages, "added": _show(added), "added_functions": added})
    return {
        "id": entry["id"],
        "turns": turns,
        "tools": _show(entry["function"]),
        "functions": entry["function"],
        "gold": [[_read_call(call, entry) for call in turn] for turn in gold] if is_dialogue else gold,
        "is_dialogue": is_dialogue,
        "most_steps": MAXIMUM_STEP_LIMIT,
    }


def _show(functions):
    """The functions as the package's handlers show them to a model that calls functions, their own names kept."""
    converted = convert_to_tool(functions, GORILLA_TO_OPENAPI, ModelStyle.OPENAI_COMPLETIONS)
    shown = [each["function"] for each in converted]
    return [
        {"name": own["name"], "description": each["description"], "parameters": each["parameters"]}
        for own, each in zip(functions, shown, strict=True)
    ]


def _read_call(text, entry):
    """A gold call, which stands as Python text, with every argument by name."""
    call = ast.parse(text, mode="eval").body
    name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id
    positional = [ast.literal_eval(each) for each in call.args]
    arguments = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
    if positional:
        owner = next(
            getattr(import_module(CLASS_FILE_PATH_MAPPING[each]), each)
            for each in entry["involved_classes"]
            if hasattr(getattr(import_module(CLASS_FILE_PATH_MAPPING[each]), each), name)
        )
        names = [each for each in inspect.signature(getattr(owner, name)).parameters if each != "self"]
        arguments = {**dict(zip(names, positional, strict=False)), **arguments}
    return {"name": name, "arguments": arguments}


def execute(item_id, session, calls):
    """The results of calls in one session of an item; the caller has made sure that only offered names are called."""
    entry = _ENTRIES[item_id]
    results, _ = multi_turn_utils.execute_multi_turn_func_call(
        convert_to_function_call([{call["name"]: call["arguments"]} for call in calls]),
        entry.get("initial_config", {}),
        entry["involved_classes"],
        f"ttpa_{session}",
        item_id,
        long_context="long_context" in item_id,
        is_evaL_run=False,
    )
    return results


def release(session):
    """Forgets a session's instances, which the package keeps in its globals."""
    for name in [name for name in vars(multi_turn_utils) if name.startswith(f"ttpa_{session}_")]:
        delattr(multi_turn_utils, name)


def main():
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as answers:
        sys.stdout = sys.stderr
        for line in sys.stdin:
            request = json.loads(line)
            if request["op"] == "items":
                answer = tell_items(request["category"])
            elif request["op"] == "execute":
                answer = execute(request["id"], request["session"], request["calls"])
            else:
                answer = release(request["session"])
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
