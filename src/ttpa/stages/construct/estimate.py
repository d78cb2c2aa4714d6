"""What a construction will about cost, before anything is asked."""

import json
from collections.abc import Sequence

from ttpa.records.costs import Cost
from ttpa.records.tools import ToolSpec
from ttpa.stages.construct.asking import Task, describe_tools, read_prompt
from ttpa.stages.construct.plan import ConstructConfig, Plan

_CHARACTERS_A_TOKEN = 4
# Tokens of a usual reply to each task, and of what a scenario and one executed call add to the prompts after them.
_SCENARIO, _CALL, _ANSWER, _QUESTION, _NO_CALL = 250, 60, 60, 80, 120
_CALL_AND_RESULT = 120


def estimate_cost(plans: Sequence[Plan], config: ConstructConfig) -> Cost:
    """Requests and tokens, if plans take the middle number of calls, one a step, and no reply is asked for twice."""
    total = Cost()
    for plan in plans:
        total += _with_calls(plan, config) if plan.kind == "calls" else _without_calls(plan)
    return total


def _with_calls(plan: Plan, config: ConstructConfig) -> Cost:
    """A scenario, a turn for each call and one to end them, the answer, and the question."""
    calls = (config.min_calls + config.max_calls) // 2
    shown = _tokens(plan.shown)
    chosen = shown * min(calls, len(plan.shown)) // max(1, len(plan.shown))
    prompt = _prompt("scenario") + shown
    for step in range(calls + 1):
        prompt += _prompt("calls") + chosen + _SCENARIO + step * _CALL_AND_RESULT
    told = _SCENARIO + calls * _CALL_AND_RESULT
    prompt += _prompt("answer") + told + _prompt("question") + told + _ANSWER
    completion = _SCENARIO + (calls + 1) * _CALL + _ANSWER + _QUESTION
    return Cost(requests=calls + 4, prompt_tokens=prompt, completion_tokens=completion)


def _without_calls(plan: Plan) -> Cost:
    return Cost(requests=1, prompt_tokens=_prompt("no_call") + _tokens(plan.shown), completion_tokens=_NO_CALL)


def _prompt(task: Task) -> int:
    return len(read_prompt(task)) // _CHARACTERS_A_TOKEN


def _tokens(tools: tuple[ToolSpec, ...]) -> int:
    return len(json.dumps(describe_tools(tools))) // _CHARACTERS_A_TOKEN
