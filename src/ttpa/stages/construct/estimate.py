"""What a construction will about cost, before anything is asked."""

import json
from collections.abc import Sequence

from ttpa.records.costs import Cost
from ttpa.records.tools import ToolSpec
from ttpa.stages.construct.asking import Task, describe_tools, read_prompt
from ttpa.stages.construct.config import JudgeConfig
from ttpa.stages.construct.plan import Plan

_CHARACTERS_A_TOKEN = 4
# Tokens of a usual reply to each task, and of what a scenario and one executed call add to the prompts after them.
_SCENARIO, _CALL, _ANSWER, _QUESTION, _NO_CALL, _JUDGEMENT = 250, 60, 60, 80, 120, 50
_CALL_AND_RESULT = 120
_PLAY = 200
"""Tokens of what a model is told that plays a tool."""


def estimate_cost(plans: Sequence[Plan], judge: JudgeConfig | None = None, *, simulated: bool = False) -> Cost:
    """Requests and tokens, if every call has a step of its own, and no reply is asked for twice.

    With `simulated` tools each call is a request as well.
    """
    total = Cost()
    for plan in plans:
        total += _with_calls(plan) if plan.kind == "calls" else _without_calls(plan)
        if simulated:
            total += _simulated(plan)
    if judge and judge.model:
        with_calls = [plan for plan in plans if plan.kind == "calls"]
        controls = with_calls[: round(len(with_calls) * judge.controls)]
        for plan in [*plans, *controls]:
            total += _judged(plan, judge.judgements)
    return total


def _with_calls(plan: Plan) -> Cost:
    """A scenario, a turn for each call and one to end them, the answer, and the question."""
    calls = plan.calls
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


def _simulated(plan: Plan) -> Cost:
    """A request for each call, which holds its tool and the calls before it."""
    tool = _tokens(plan.shown) // max(1, len(plan.shown))
    prompts = (_PLAY + tool + _CALL + earlier * _CALL_AND_RESULT for earlier in range(plan.calls))
    return Cost(requests=plan.calls, prompt_tokens=sum(prompts), completion_tokens=plan.calls * _CALL)


def _judged(plan: Plan, times: int) -> Cost:
    prompt = _prompt("judge") + _tokens(plan.shown) // 2 + _QUESTION + plan.calls * _CALL_AND_RESULT + _ANSWER
    return Cost(requests=times, prompt_tokens=times * prompt, completion_tokens=times * _JUDGEMENT)


def _prompt(task: Task) -> int:
    return len(read_prompt(task)) // _CHARACTERS_A_TOKEN


def _tokens(tools: tuple[ToolSpec, ...]) -> int:
    return len(json.dumps(describe_tools(tools))) // _CHARACTERS_A_TOKEN
