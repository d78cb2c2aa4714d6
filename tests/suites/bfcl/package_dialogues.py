"""Runs where bfcl-eval is installed: what the package's own handler asks a model that says what a script says.

`python package_dialogues.py SCRIPTS ASKS`: SCRIPTS holds a category and, for each of its ids, the calls of every step;
ASKS gets, for each id, what was asked at every step: roles and contents so far, and the names of the tools.
"""

import json
import sys
from pathlib import Path

from bfcl_eval.model_handler.base_handler import BaseHandler
from bfcl_eval.model_handler.utils import convert_to_function_call
from bfcl_eval.utils import load_dataset_entry


class ScriptedHandler(BaseHandler):
    """A model that calls functions: the seams of the package's handlers for them, as its handler of OpenAI has them."""

    def __init__(self, steps):
        super().__init__("scripted", 0.0, "scripted-FC", is_fc_model=True)
        self._steps = iter(steps)
        self.asks = []

    def _pre_query_processing_FC(self, inference_data, test_entry):
        return {"message": []}

    def _compile_tools(self, inference_data, test_entry):
        return {**inference_data, "tools": [each["name"] for each in test_entry["function"]]}

    def _query_FC(self, inference_data):
        said = [(each["role"], each["content"]) for each in inference_data["message"]]
        self.asks.append({"messages": said, "tools": inference_data["tools"]})
        return next(self._steps), 0.0

    def _parse_query_response_FC(self, api_response):
        return {"model_responses": api_response, "input_token": 0, "output_token": 0}

    def _add_message(self, inference_data, messages):
        return {**inference_data, "message": [*inference_data["message"], *messages]}

    add_first_turn_message_FC = _add_next_turn_user_message_FC = _add_message

    def _add_assistant_message_FC(self, inference_data, model_response_data):
        return self._add_message(inference_data, [{"role": "assistant", "content": ""}])

    def _add_execution_results_FC(self, inference_data, execution_results, model_response_data):
        return self._add_message(inference_data, [{"role": "tool", "content": each} for each in execution_results])

    def decode_execute(self, result, has_tool_call_tag):
        return convert_to_function_call([{call["name"]: call["arguments"]} for call in result])


def main():
    scripts, asks = map(Path, sys.argv[1:])
    told = json.loads(scripts.read_text(encoding="utf-8"))
    found = {}
    for entry in load_dataset_entry(told["category"], include_prereq=False):
        if entry["id"] in told["steps"]:
            handler = ScriptedHandler(told["steps"][entry["id"]])
            handler.inference(entry, include_input_log=False, exclude_state_log=True)
            found[entry["id"]] = handler.asks
    asks.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
