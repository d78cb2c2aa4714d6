"""The stream: an endless, seeded sequence of worlds (a few tools) and of instructions over each of them.

World `index` of a share is a function of the seed and the index alone, so that a stream can be read from anywhere.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from pydantic import JsonValue

from ttpa.pretrain.lexicon import Lexicon, Part, Share, load_lexicon
from ttpa.pretrain.world.parameter import MENTION_SHARE
from ttpa.pretrain.world.phrasing import answer, clause, echo, join_parts, query, refusal
from ttpa.pretrain.world.tools import GeneratedTool, draw_tools
from ttpa.records.instructions import Instruction, InstructionKind, Step
from ttpa.records.messages import UserMessage
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec

Shape = Literal["single", "repeated", "parallel", "in_turn", "chained", "no_tool_fits", "missing_value"]
"""What an instruction asks for: one call; one tool several times; several tools at once, one after the other, or one
with what the other gave; or nothing that a call can do."""
SHAPES: dict[Shape, int] = {
    "single": 46,
    "repeated": 9,
    "parallel": 9,
    "in_turn": 6,
    "chained": 12,
    "no_tool_fits": 9,
    "missing_value": 9,
}
"""How often each is drawn, of 100."""
LAST_SHAPES: dict[Shape, int] = {**SHAPES, "single": 39, "parallel": 10, "missing_value": 15}
"""The same, in the last parts of the training: what was learned least comes more often."""
OFFERED = {1: 6, 2: 18, 3: 18, 4: 22, 5: 12, 6: 10, 8: 9, 10: 3, 12: 2}
"""How often a world has how many tools, of 100."""
PARTS: dict[Part, int] = {"known": 0, "mixed": 24_000, "read": 56_000, "told": 148_000}
"""The training world with which each part begins."""
END_SHARE = 0.25
"""How often an instruction ends with its calls, without results and answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that is asked for."""

    tool: GeneratedTool
    arguments: dict[str, JsonValue]
    text: str
    is_question: bool
    turn: int
    source: int | None = None
    """Index of the call whose result tells the id."""
    reads_last: bool = False


class World:
    """Some tools, and endless instructions over them."""

    def __init__(self, seed: int, share: Share, index: int, *, tools: int | None = None) -> None:
        """World `index`; with `tools` it has that many."""
        self._rng = Random(f"{seed}/{share}/{index}")
        part = [part for part, first in PARTS.items() if index >= first][-1] if share == "train" else "known"
        self.lexicon: Lexicon = load_lexicon(share, part)
        self._shapes = LAST_SHAPES if part in ("read", "told") else SHAPES
        self._name = f"{share}-{index}"
        self._split: Literal["train", "test_unseen"] = "train" if share == "train" else "test_unseen"
        count = tools or self._rng.choices(list(OFFERED), list(OFFERED.values()))[0]
        *self.tools, self._absent = draw_tools(self._rng, self.lexicon, count + 1)
        self.specs: tuple[ToolSpec, ...] = tuple(tool.spec for tool in self.tools)
        self._made = 0

    def instructions(self) -> Iterator[Instruction]:
        """Instructions without end, of every shape that the tools allow."""
        while True:
            yield self.draw(self._rng.choices(list(self._shapes), list(self._shapes.values()))[0])

    def draw(self, shape: Shape) -> Instruction:
        """An instruction of `shape`, or of another one where the tools do not allow it."""
        rng = self._rng
        if shape == "no_tool_fits" and self._is_out_of_reach(self._absent):
            tool = self._absent
            asked, _ = clause(rng, tool, self._values(tool), {})
            return self._no_call("no_tool_fits", asked, refusal(rng, tool))
        if shape == "missing_value":
            tool = rng.choice(self.tools)
            required = [parameter for parameter in tool.parameters if parameter.is_required]
            if required:
                missing = rng.choice(required)
                given = self._values(tool)
                del given[missing.name]
                asked, _ = clause(rng, tool, given, {})
                return self._no_call("missing_value", asked, query(rng, missing))
        plans = {
            "repeated": self._repeated,
            "parallel": self._parallel,
            "in_turn": self._in_turn,
            "chained": self._chained,
        }
        return self._carry_out(plans[shape]() if shape in plans else [self._ask(rng.choice(self.tools), 0)])

    def _ask(self, tool: GeneratedTool, turn: int) -> Asked:
        given = self._values(tool)
        text, is_question = clause(self._rng, tool, given, {})
        return Asked(tool, given, text, is_question, turn)

    def _repeated(self) -> list[Asked]:
        """One tool, called again with other values."""
        rng = self._rng
        first = self._ask(rng.choice(self.tools), 0)
        asked = [first]
        varied = [p for p in first.tool.parameters if p.name in first.arguments and p.schema.get("type") != "boolean"]
        for _ in range(rng.choice((1, 1, 2))):
            if varied and rng.random() < 0.6:
                parameter = rng.choice(varied)
                value = parameter.sample(rng)
                arguments = first.arguments | {parameter.name: value}
                text = echo(rng, parameter, value)
                again = Asked(first.tool, arguments, text, is_question=False, turn=0)
            else:
                again = self._ask(first.tool, 0)
            if again.arguments not in [other.arguments for other in asked]:
                asked.append(again)
        return asked

    def _parallel(self) -> list[Asked]:
        """Several tools in one turn."""
        count = min(len(self.tools), self._rng.choice((2, 2, 2, 3)))
        return [self._ask(tool, 0) for tool in self._rng.sample(self.tools, count)]

    def _in_turn(self) -> list[Asked]:
        """Several tools, one a turn."""
        count = min(len(self.tools), self._rng.choice((2, 2, 3)))
        return [self._ask(tool, turn) for turn, tool in enumerate(self._rng.sample(self.tools, count))]

    def _chained(self) -> list[Asked]:
        """A call, and others that take the id it gives."""
        rng = self._rng
        links = [(a, b) for a in self.tools for b in self.tools if a is not b and a.gives and a.gives == b.takes]
        if not links:
            return self._parallel()
        giver, taker = rng.choice(links)
        asked = [self._ask(giver, 0)]
        takers = [b for a, b in links if a is giver and b is not taker]
        for turn, tool in enumerate([taker, *rng.sample(takers, min(len(takers), rng.choice((0, 0, 1))))], 1):
            name = next(parameter.name for parameter in tool.parameters if parameter.fills)
            given = {key: value for key, value in self._values(tool).items() if key != name}
            last = giver.gives_rows and rng.random() < 0.35
            text, is_question = clause(rng, tool, given, {name: _mention(rng, giver, is_last=last)})
            same_turn = turn == 2 and rng.random() < 0.5
            asked.append(Asked(tool, given, text, is_question, 1 if same_turn else turn, 0, last))
        return asked

    def _carry_out(self, asked: list[Asked]) -> Instruction:
        """The calls made, with their results."""
        rng = self._rng
        steps: list[Step] = []
        results: list[JsonValue] = []
        calls: list[list[ToolCall]] = [[] for _ in range(1 + max(one.turn for one in asked))]
        outcomes: list[list[ToolResult]] = [[] for _ in calls]
        for one in asked:
            arguments = dict(one.arguments)
            if one.source is not None:
                rows = results[one.source]
                row = rows[-1 if one.reads_last else 0] if isinstance(rows, list) else rows
                assert isinstance(row, dict)
                id_name = next(parameter.name for parameter in one.tool.parameters if parameter.fills)
                arguments[id_name] = row[f"{asked[one.source].tool.gives}_id"]
            order = [parameter.name for parameter in one.tool.parameters if parameter.name in arguments]
            calls[one.turn].append(ToolCall(name=one.tool.spec.name, arguments={key: arguments[key] for key in order}))
            results.append(one.tool.result(rng))
            outcomes[one.turn].append(ToolResult(content=json.dumps(results[-1], ensure_ascii=False), ok=True))
        is_cut = rng.random() < END_SHARE
        for turn, made in enumerate(calls):
            ends = is_cut and turn == len(calls) - 1
            steps.append(Step(calls=tuple(made), results=() if ends else tuple(outcomes[turn])))
        parts = [(one.text, one.is_question, i > 0 and one.turn > asked[i - 1].turn) for i, one in enumerate(asked)]
        question = join_parts(rng, self.lexicon, parts)
        told = [(one.tool, result) for one, result in zip(asked, results, strict=True)]
        return self._instruction("calls", question, tuple(steps), None if is_cut else answer(rng, told))

    def _no_call(self, kind: InstructionKind, text: str, reply: str) -> Instruction:
        return self._instruction(kind, join_parts(self._rng, self.lexicon, [(text, False, False)]), (), reply)

    def _instruction(
        self, kind: InstructionKind, question: str, steps: tuple[Step, ...], reply: str | None
    ) -> Instruction:
        self._made += 1
        return Instruction(
            id=f"{self._name}-{self._made}",
            source="pretrain",
            kind=kind,
            split=self._split,
            tools=self.specs,
            context=(UserMessage(content=question),),
            steps=steps,
            answer=reply,
        )

    def _values(self, tool: GeneratedTool) -> dict[str, JsonValue]:
        """Values that a question gives; an optional one differs from its default."""
        given: dict[str, JsonValue] = {}
        for parameter in tool.parameters:
            if parameter.is_required or self._rng.random() < MENTION_SHARE:
                value = parameter.sample(self._rng)
                if parameter.is_required or value != parameter.schema.get("default"):
                    given[parameter.name] = value
        return given

    def _is_out_of_reach(self, tool: GeneratedTool) -> bool:
        """Whether no offered tool could be taken for `tool`."""
        near = {"find": {"find", "get"}, "get": {"get", "find", "compute"}, "compute": {"compute", "get"}}
        deeds = near.get(tool.deed, {tool.deed})
        head = tool.noun.split()[-1]
        return not any(other.noun.split()[-1] == head and other.deed in deeds for other in self.tools)


def _mention(rng: Random, giver: GeneratedTool, *, is_last: bool) -> str:
    """How a question speaks of a thing that an earlier call gives."""
    noun = giver.gives
    if is_last:
        return rng.choice(
            (" the last one", f" the last {noun}", f" the last {noun} on the list", f" the last {noun} you find")
        )
    if giver.gives_rows:
        return rng.choice(
            (" the first one", f" the first {noun}", f" the first {noun} you find", f" the {noun} that comes first")
        )
    return rng.choice((" it", f" that {noun}", f" the new {noun}", f" this {noun}", f" the same {noun}"))
