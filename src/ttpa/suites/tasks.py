"""The run's own held-out tasks, played to the end: the policy calls, the tools really answer, the outcome is compared.

A task with calls is solved when the policy ends it with an answer, the tools are left in the gold's state, and every
result that the gold calls give was obtained, in whatever order and number of steps. Of a tool whose results may differ
from call to call the gold's call is due in place of its result, and beside it where the result tells nothing (`[]`,
`{"sent": true}`), for calls of all kinds give that. A task without calls is solved by an answer without any call.
"""

import hashlib
import re
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from ttpa.errors import RunError, ToolError
from ttpa.records.instructions import Acceptable, Instruction
from ttpa.records.json_shapes import leaves
from ttpa.records.messages import AssistantMessage, ToolMessage
from ttpa.records.strict_json import canonical_json
from ttpa.records.suites import SuiteAnswer, SuiteCase
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.records.words import fold, read_result
from ttpa.stages.score import ScoreConfig, score_turn
from ttpa.suites.base import Judgement, Setting
from ttpa.suites.config import TasksConfig
from ttpa.suites.episodes import Ask, Ended, Episode, Item
from ttpa.tools.base import TellsState, ToolSession, Toolset
from ttpa.tools.results import failed

_FACT = re.compile(r"\w*\d[\w:.,-]*\b")
"""A word with a digit in it: a number, date, time, price or id."""
_SAID_BY_ANY = frozenset({"ok", "okay", "done", "success", "none", "null", "true", "false", "yes", "no"})
"""Texts that tell no more than a boolean or nothing does."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A gold call and what it gives now."""

    call: ToolCall
    result: ToolResult
    acceptable: Acceptable | None


class OwnTasks:
    """Held-out instructions over tools that can be executed."""

    def __init__(
        self,
        instructions: Sequence[Instruction],
        toolset: Toolset,
        config: TasksConfig,
        scoring: ScoreConfig,
        *,
        nondeterministic: Sequence[str] = (),
    ) -> None:
        """`nondeterministic` names tools whose results may differ from call to call.

        Raises `RunError` where an instruction offers a tool that the toolset does not have.
        """
        known = {spec.name for spec in toolset.specs}
        for instruction in instructions:
            lacking = next((tool.name for tool in instruction.tools if tool.name not in known), None)
            if lacking is not None:
                raise RunError(
                    f"instruction {instruction.id!r} offers {lacking!r}, which the run's tools do not have: "
                    "only tasks over tools that can be executed are played (set [tools] to their source)"
                )
        self._instructions = {instruction.id: instruction for instruction in instructions}
        self._toolset = toolset
        self._config = config
        self._scoring = scoring
        self._nondeterministic = nondeterministic
        self.items = [self._item(instruction) for instruction in instructions]
        told = "".join(instruction.model_dump_json() for instruction in instructions)
        self.facts = {
            "steps at most": str(config.max_steps),
            "instructions": hashlib.sha256(told.encode()).hexdigest(),
            "tools": toolset.definitions(),
            "cut-off turns": "malformed, their calls are not run",
            "results that tell nothing": "due of the gold's calls alone",
        }
        if nondeterministic:
            self.facts["results not compared"] = ", ".join(sorted(nondeterministic))

    def judge(self, answers: Sequence[SuiteAnswer], folder: Path) -> Judgement:  # noqa: ARG002 - no other program judges
        return Judgement([self._judge(answer) for answer in answers])

    def _item(self, instruction: Instruction) -> Item:
        turns = [AssistantMessage(content=step.content, tool_calls=step.calls) for step in instruction.steps]
        return Item(
            id=instruction.id,
            category=f"{instruction.split}: {'calls' if instruction.steps else 'no call'}",
            start=lambda: self._play(instruction),
            gold=(*turns, AssistantMessage(content=instruction.answer or "")),
        )

    def _play(self, instruction: Instruction) -> Episode:
        history = list(instruction.context)
        offered = {tool.name for tool in instruction.tools}
        said: list[str] = []
        calls: list[ToolCall] = []
        results: list[ToolResult] = []
        ended = "at the step limit"
        with _Opened(self._toolset) as tools:
            for _ in range(self._config.max_steps):
                heard = yield Ask(tuple(history), instruction.tools)
                turn = heard.message()
                said.append(heard.text)
                history.append(turn)
                if not turn.tool_calls:
                    ended = "malformed" if heard.turn.calls is None else "with an answer"
                    break
                if not heard.ended:  # calls of a turn that was cut off are never run
                    ended = "malformed"
                    break
                given = [tools.run(call, offered) for call in turn.tool_calls]
                calls.extend(turn.tool_calls)
                results.extend(given)
                history.extend(ToolMessage(content=result.content) for result in given)
            state = tools.state_after_calls() if calls else tools.state()
        notes: dict[str, JsonValue] = {
            "ended": ended,
            "calls": [call.model_dump(mode="json") for call in calls],
            "results": [result.model_dump(mode="json") for result in results],
            "state": state,
        }
        return Ended((tuple(said),), notes)

    def _judge(self, answer: SuiteAnswer) -> SuiteCase:
        instruction = self._instructions[answer.id]
        calls = [ToolCall.model_validate(call) for call in cast("list[JsonValue]", answer.notes["calls"])]
        results = [ToolResult.model_validate(result) for result in cast("list[JsonValue]", answer.notes["results"])]
        has_answered = answer.notes["ended"] == "with an answer"
        gold = [call for step in instruction.steps for call in step.calls]
        due, state = self._gold_outcome(instruction)
        obtained = self._count_obtained(due, list(zip(calls, results, strict=True)), instruction)
        share = obtained / len(due) if due else 1.0
        same_state = answer.notes["state"] == state
        verdict = score_turn(calls, gold, instruction.tools, strings=self._scoring.strings)
        folded = score_turn(calls, gold, instruction.tools, strings="folded")
        measures = {
            "ended with an answer": float(has_answered),
            "state as the gold leaves it": float(same_state),
            "gold results obtained": share,
            "calls succeeded": sum(result.ok for result in results) / len(results) if results else 1.0,
            "same calls": float(not verdict.errors),
            "same calls, strings folded": float(not folded.errors),
        }
        facts = _facts(instruction)
        if facts and has_answered:
            measures["gold facts in the answer"] = sum(fact in answer.said[0][-1] for fact in facts) / len(facts)
        solved = has_answered and same_state and share == 1.0 and (bool(gold) or not calls)
        return SuiteCase(id=answer.id, category=answer.category, right=solved, errors=verdict.errors, measures=measures)

    def require_answers(self) -> None:
        """Raises `RunError` where the tools do not answer the gold calls of the first task that has any."""
        first = next((one for one in self._instructions.values() if one.steps), None)
        if first is not None:
            self._gold_outcome(first)

    def _gold_outcome(self, instruction: Instruction) -> tuple[list[_Due], str]:
        """The gold calls with what they give now, and the state that they leave.

        Raises `RunError` where one of them fails: any call that fails alike would pass for it.
        """
        offered = {tool.name for tool in instruction.tools}
        due: list[_Due] = []
        with _Opened(self._toolset) as tools:
            for step in instruction.steps:
                for call, acceptable in zip(step.calls, step.acceptable or [None] * len(step.calls), strict=True):
                    result = tools.run(call, offered)
                    if not result.ok:
                        raise RunError(
                            f"the gold call of {call.name!r} in {instruction.id!r} fails now: {result.content!r}; see "
                            "to the tools, and take the suite again with --redo: calls meanwhile may have failed alike"
                        )
                    due.append(_Due(call, result, acceptable))
            return due, tools.state()

    def _count_obtained(
        self, due: Sequence[_Due], made: Sequence[tuple[ToolCall, ToolResult]], instruction: Instruction
    ) -> int:
        """How many of the gold's results the policy has, each by a call of its own that succeeded."""
        left = [(call, result.content) for call, result in made if result.ok]
        count = len(left)
        for gold in due:
            found = (place for place, one in enumerate(left) if self._obtains(*one, gold, instruction))
            if (place := next(found, None)) is not None:
                del left[place]
        return count - len(left)

    def _obtains(self, call: ToolCall, content: str, gold: _Due, instruction: Instruction) -> bool:
        """Whether a call obtains what is due: the gold's result; where that would tell nothing, by the gold's call."""
        if not {call.name, gold.call.name}.isdisjoint(self._nondeterministic):
            return canonical_json(call.model_dump()) == canonical_json(gold.call.model_dump())
        if content != gold.result.content or _tells_something(content):
            return content == gold.result.content
        acceptable = [gold.acceptable] if gold.acceptable else None
        return not score_turn([call], [gold.call], instruction.tools, acceptable=acceptable, strings="folded").errors


@contextmanager
def open_tasks(setting: Setting) -> Generator[OwnTasks]:
    """The suite of a run's held-out instructions, over the run's tools."""
    held_out = setting.held_out()
    with setting.open_tools() as toolset:
        with _Opened(toolset) as tools:
            tools.state()  # tools that never tell theirs are an error before anything is asked, and no policy's
        nondeterministic = setting.nondeterministic(toolset)
        suite = OwnTasks(held_out, toolset, setting.config.tasks, setting.scoring, nondeterministic=nondeterministic)
        suite.require_answers()
        yield suite


class _Opened:
    """The tools of one task, opened when they are first called or asked for their state.

    A task costs no process until then: one whose prompt cannot be asked opens none.
    """

    def __init__(self, toolset: Toolset) -> None:
        self._toolset = toolset
        self._stack = ExitStack()
        self._session: ToolSession | None = None

    def run(self, call: ToolCall, offered: set[str]) -> ToolResult:
        if call.name not in offered:
            return failed(f"no tool is named {call.name!r}")
        return self._open().run(call)

    def state(self) -> str:
        """A hash of the tools' state; the same for all where the source tells none."""
        session = self._open()
        told = session.state() if isinstance(session, TellsState) else None
        return "not told" if told is None else hashlib.sha256(told.encode()).hexdigest()

    def state_after_calls(self) -> str:
        """The same; where a call has broken what tells it, the error: that is not as the gold leaves it."""
        self._open()  # tools that do not open are no policy's fault
        try:
            return self.state()
        except ToolError as error:
            return str(error)

    def _open(self) -> ToolSession:
        if self._session is None:
            self._session = self._stack.enter_context(self._toolset.session())
        return self._session

    def __enter__(self) -> "_Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _tells_something(content: str) -> bool:
    """Whether a result holds more than emptiness, yes or no: a number but zero, or a text of its own."""
    told = (leaf for _, leaf in leaves(read_result(content)) if leaf and not isinstance(leaf, bool))
    return any(fold(str(leaf)) not in _SAID_BY_ANY for leaf in told)


def _facts(instruction: Instruction) -> list[str]:
    """What the gold answer tells out of the results."""
    results = " ".join(result.content for step in instruction.steps for result in step.results)
    found = dict.fromkeys(_FACT.findall(instruction.answer or ""))
    return [fact for fact in found if fact in results]
