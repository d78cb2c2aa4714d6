"""The scenario and the calls that are really executed in it (METHOD: steps 1 and 2 of reversed construction)."""

from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue, ValidationError

from ttpa.records.discards import DiscardReason
from ttpa.records.instructions import Scenario, Step
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.stages.construct.asking import Asker, Spoilt, describe_tools, text_field
from ttpa.stages.construct.plan import ConstructConfig, Plan
from ttpa.tools.base import ToolSession


def write_scenario(plan: Plan, asker: Asker, config: ConstructConfig) -> Scenario:
    """A situation over some of the shown tools. Raises `Spoilt`, also where it names a tool that was not shown."""
    payload: dict[str, JsonValue] = {"tools": describe_tools(plan.shown), "calls_wanted": _calls_wanted(config)}
    reply = asker.ask("scenario", payload)
    try:
        scenario = Scenario.model_validate({**reply, "situation": text_field(reply, "situation", "scenario")})
    except ValidationError as error:
        raise Spoilt(DiscardReason.UNREADABLE_REPLY, f"scenario: {error.errors()[0]['msg']}") from error
    shown = {tool.name for tool in plan.shown}
    unknown = next((name for name in scenario.tools if name not in shown), None)
    if unknown is not None:
        raise Spoilt(DiscardReason.UNKNOWN_TOOL, f"scenario: {unknown!r} was not shown")
    if len(set(scenario.tools)) < config.min_tools:
        raise Spoilt(DiscardReason.TOO_FEW_CALLS, f"scenario: {len(set(scenario.tools))} tools chosen")
    return scenario


def run_trajectory(
    plan: Plan, scenario: Scenario, session: ToolSession, asker: Asker, config: ConstructConfig
) -> tuple[Step, ...]:
    """The steps of the solution, every call executed.

    Raises `Spoilt` when a call fails, a tool is called that the scenario does not have, a call is repeated, or calls
    or tools are too few.
    """
    tools = tuple(tool for tool in plan.shown if tool.name in scenario.tools)
    steps: list[Step] = []
    while (made := sum(len(step.calls) for step in steps)) < config.max_calls:
        reply = asker.ask(
            "calls",
            {
                "scenario": scenario.model_dump(mode="json"),
                "tools": describe_tools(tools),
                "memory": memory(steps),
                "calls_wanted": _calls_wanted(config),
            },
            turn=len(steps) + 1,
        )
        calls = _read_calls(reply.get("calls"))[: config.max_calls - made]
        if not calls:
            break
        steps.append(_run_step(calls, steps, scenario, session))
    used = {call.name for step in steps for call in step.calls}
    made = sum(len(step.calls) for step in steps)
    if made < config.min_calls or len(used) < config.min_tools:
        raise Spoilt(DiscardReason.TOO_FEW_CALLS, f"{made} calls of {len(used)} tools")
    return tuple(steps)


def require_same_results(steps: Sequence[Step], session: ToolSession, config: ConstructConfig) -> None:
    """Makes the calls once more. Raises `Spoilt` where one gives something else than it gave."""
    for step in steps:
        for call, result in zip(step.calls, step.results, strict=True):
            again = session.run(call)
            if (again.ok, again.content) != (result.ok, result.content) and call.name not in config.nondeterministic:
                detail = (
                    f"{call.name} gave {again.content[:80]!r} the second time; construct.nondeterministic allows it"
                )
                raise Spoilt(DiscardReason.NOT_REPRODUCIBLE, detail)


def memory(steps: Sequence[Step]) -> list[JsonValue]:
    """The calls and results so far as a payload shows them."""
    shown: Any = {"calls": True, "results": {"__all__": {"content", "ok"}}}
    return [step.model_dump(mode="json", include=shown) for step in steps]


def _run_step(calls: list[ToolCall], steps: list[Step], scenario: Scenario, session: ToolSession) -> Step:
    made = {signature(call) for step in steps for call in step.calls}
    results: list[ToolResult] = []
    for call in calls:
        if call.name not in scenario.tools:
            raise Spoilt(DiscardReason.UNKNOWN_TOOL, f"calls: {call.name!r} is none of the scenario's tools")
        if signature(call) in made:
            raise Spoilt(DiscardReason.DUPLICATE, f"calls: {call.name!r} is called twice with the same arguments")
        made.add(signature(call))
        result = session.run(call)
        if not result.ok:
            invalid = result.content.startswith("invalid arguments")
            reason = DiscardReason.INVALID_ARGUMENTS if invalid else DiscardReason.FAILED_EXECUTION
            raise Spoilt(reason, f"{call.name}: {result.content[:200]}")
        results.append(result)
    return Step(calls=tuple(calls), results=tuple(results))


def signature(call: ToolCall) -> str:
    """Equal for equal calls."""
    return f"{call.name} {canonical_json(call.arguments)}"


def _read_calls(value: JsonValue) -> list[ToolCall]:
    if not isinstance(value, list):
        raise Spoilt(DiscardReason.UNREADABLE_REPLY, "calls: 'calls' is not a list")
    try:
        return [ToolCall.model_validate(call) for call in value]
    except ValidationError as error:
        raise Spoilt(DiscardReason.UNREADABLE_REPLY, f"calls: {error.errors()[0]['msg']}") from error


def _calls_wanted(config: ConstructConfig) -> list[JsonValue]:
    return [config.min_calls, config.max_calls]
