"""The scenario and the calls that are really executed in it (METHOD: steps 1 and 2 of reversed construction)."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from pydantic import JsonValue, ValidationError

from ttpa.records.discards import DiscardReason
from ttpa.records.instructions import Scenario, Step
from ttpa.records.record import JsonObject
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.stages.construct.asking import Asker, Spoilt, describe_tools, text_field
from ttpa.stages.construct.config import ConstructConfig
from ttpa.stages.construct.plan import Plan
from ttpa.tools.base import ToolSession, Toolset


def write_scenario(plan: Plan, asker: Asker, config: ConstructConfig) -> Scenario:
    """A situation over some of the shown tools. Raises `Spoilt`, also where it names a tool that was not shown."""
    reply = asker.ask(
        "scenario",
        {
            "tools": describe_tools(plan.shown),
            "calls_wanted": [plan.calls, plan.calls],
            "shape": plan.shape,
            "setting": plan.setting,
        },
    )
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
    plan: Plan, scenario: Scenario, toolset: Toolset, asker: Asker, config: ConstructConfig
) -> tuple[Step, ...]:
    """The steps of the solution, every call executed.

    A turn that fails is taken back: the generator is told why, and asked for another; it may also begin anew. Raises
    `Spoilt` when that happens too often, the generator gives up, or calls or tools are too few.
    """
    trajectory = _Trajectory(plan, scenario, asker, config, may_repeat=toolset.can_replay)
    while not trajectory.is_whole:
        with toolset.session() as session:
            trajectory.go_on(session)
    steps = tuple(trajectory.steps)
    used = {call.name for step in steps for call in step.calls}
    made = sum(len(step.calls) for step in steps)
    if made < config.min_calls or len(used) < config.min_tools:
        raise trajectory.failure or Spoilt(DiscardReason.TOO_FEW_CALLS, f"{made} calls of {len(used)} tools")
    return steps


class _Trajectory:
    """Steps in the making. What fails leaves no trace: the steps so far are made again in a fresh session."""

    def __init__(
        self, plan: Plan, scenario: Scenario, asker: Asker, config: ConstructConfig, *, may_repeat: bool
    ) -> None:
        self.steps: list[Step] = []
        self.is_whole = False
        self.failure: Spoilt | None = None
        """Of the last calls, where nothing came after them."""
        self._scenario, self._asker, self._config = scenario, asker, config
        self._tools = describe_tools(tuple(tool for tool in plan.shown if tool.name in scenario.tools))
        self._failed: list[JsonValue] = []
        """What was tried in this turn, and why it failed."""
        self._retries = config.retries if may_repeat else 0
        self._restarts = config.restarts if may_repeat else 0
        self._turns = count(1)

    def go_on(self, session: ToolSession) -> None:
        """Turn by turn, until the solution is whole or a fresh session is needed."""
        require_same_results(self.steps, session, self._config)
        while (made := sum(len(step.calls) for step in self.steps)) < self._config.max_calls:
            reply = self._ask()
            if reply.get("restart") is True:
                self._begin_anew()
                return
            try:
                calls = _read_calls(reply.get("calls"))[: self._config.max_calls - made]
                if not calls:
                    break
                step = _run_step(calls, self.steps, self._scenario, session)
            except Spoilt as spoilt:
                self._take_back(reply, spoilt)
                return
            self.steps.append(step)
            self._failed, self.failure = [], None
        self.is_whole = True

    def _ask(self) -> JsonObject:
        payload: JsonObject = {
            "scenario": self._scenario.model_dump(mode="json"),
            "tools": self._tools,
            "memory": memory(self.steps),
            "calls_wanted": [self._config.min_calls, self._config.max_calls],
        }
        if self._failed:
            payload["failed"] = [*self._failed]
        return self._asker.ask("calls", payload, turn=next(self._turns))

    def _take_back(self, reply: JsonObject, spoilt: Spoilt) -> None:
        if not self._retries:
            raise spoilt
        self._retries -= 1
        self.failure = spoilt
        self._failed.append({"calls": reply.get("calls"), "why": spoilt.detail})

    def _begin_anew(self) -> None:
        if not self._restarts:
            raise self.failure or Spoilt(DiscardReason.GIVEN_UP, f"calls: no use in what {len(self.steps)} turns gave")
        self._restarts -= 1
        self.steps, self._failed = [], []


def require_same_results(steps: Sequence[Step], session: ToolSession, config: ConstructConfig) -> None:
    """Makes the calls once more. Raises `Spoilt` where one gives something else than it gave."""
    for step in steps:
        for call, result in zip(step.calls, step.results, strict=True):
            again = session.run(call)
            if (again.ok, again.content) != (result.ok, result.content) and call.name not in config.nondeterministic:
                detail = (
                    f"{call.name}: it gave {again.content[:80]!r} the second time; tools that keep a state need a "
                    "reset(), and construct.nondeterministic allows results that differ by nature"
                )
                raise Spoilt(DiscardReason.NOT_REPRODUCIBLE, detail)


def memory(steps: Sequence[Step]) -> list[JsonValue]:
    """The calls and results so far as a payload shows them."""
    shown: Any = {"calls": True, "results": {"__all__": {"content", "ok"}}}
    return [step.model_dump(mode="json", include=shown) for step in steps]


def _run_step(calls: list[ToolCall], steps: Sequence[Step], scenario: Scenario, session: ToolSession) -> Step:
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
