"""Turns that several lines tell: each is taken once, in its longest telling, and known to be of its dialogue.

Lines that ask the same and are due the same calls are of one dialogue, whatever else they offer.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import DecisionPoint, Instruction
from ttpa.records.strict_json import canonical_json


@dataclass(frozen=True, slots=True)
class _Telling:
    """An instruction as a line tells it."""

    instruction: Instruction
    line: str
    points: tuple[bytes, ...]
    """Keys of its decision points, with all that is said there."""
    calls: tuple[bytes, ...]
    """Keys of those where a call is due, by what was said before and the calls, whatever is offered: held out, those
    must not be trained on."""


class ToldTurns:
    """The turns of the lines so far."""

    def __init__(self) -> None:
        self._dialogues: dict[str, list[str]] = {}
        """The dialogues that tell an instruction, by its id."""
        self._joined: dict[str, str] = {}
        """A dialogue that a later line has found to be one with another, and that other one."""
        self._kept: dict[str, _Telling] = {}
        """By the id of the instruction."""
        self._tellers: dict[bytes, str] = {}
        """The id of an instruction that has a decision point, by the point's key."""
        self._calls: dict[bytes, str] = {}
        """The dialogue that tells the calls of a decision point, by its key."""
        self._numbers: dict[str, int] = {}
        """The next number for what goes on in a dialogue at a place that is taken, by the id that it would have."""
        self._read: Counter[str] = Counter()
        """Instructions of a line."""
        self._left: Counter[str] = Counter()
        """Those of them that no other line tells in whole."""

    @property
    def instructions(self) -> list[Instruction]:
        """What the lines so far tell, each turn of a user in its longest telling."""
        return [telling.instruction for telling in self._kept.values()]

    @property
    def dialogues(self) -> dict[str, list[str]]:
        """The dialogues that tell an instruction, by its id; those that share a due call are one."""
        return {name: [self._find_first(each) for each in told] for name, told in self._dialogues.items()}

    @property
    def alike(self) -> int:
        """Instructions with a due call that one before them has after the same messages, as over other tools."""
        seen: set[bytes] = set()
        found = 0
        for telling in self._kept.values():
            found += not seen.isdisjoint(telling.calls)
            seen.update(telling.calls)
        return found

    @property
    def repeated(self) -> int:
        """Instructions that other lines tell in whole, of lines that tell something else too."""
        return sum(self._read[line] - left for line, left in self._left.items() if left)

    def add(self, line: str, read: Sequence[Instruction]) -> list[Discard]:
        """Takes down what a line tells that none before it has told; discards of lines that tell nothing of their own.

        That is this line, where all of its turns are told already or a new one has an id that is another dialogue's,
        or those before it that it tells in whole. A line with calls that another has told after the same messages is of
        that one's dialogue, and named after it.
        """
        tellings = [_read_telling(one, line) for one in read]
        # A turn without calls (a greeting) may open many dialogues, which it does not make one.
        due = [key for telling in tellings for key in telling.calls]
        known = next((self._calls[key] for key in due if key in self._calls), None)
        dialogue = known or dialogue_id(read[0])
        tellers = [self._find_teller(telling) for telling in tellings]
        new = [telling for telling, teller in zip(tellings, tellers, strict=True) if teller is None]
        if not new:
            lines = dict.fromkeys(teller.line for teller in tellers if teller)
            return [_discard(line, DiscardReason.DUPLICATE, f"all of it is told in {', '.join(lines)}")]
        outdone = {one.instruction.id: one for telling in new for one in self._find_outdone(telling)}
        places = [_place(telling.instruction) for telling in new]
        taken = [place for place in places if dialogue + place in self._kept and dialogue + place not in outdone]
        if taken and not known:
            detail = f"id {dialogue + taken[0]!r} is that of another dialogue"
            return [_discard(line, DiscardReason.INVALID_RECORD, detail)]
        discards = self._drop(outdone, line)
        for telling, place in zip(new, places, strict=True):
            self._keep(telling, self._numbered(dialogue, place) if place in taken else dialogue + place)
        for telling in tellings:
            self._dialogues.setdefault(self._tellers[telling.points[-1]], []).append(dialogue)
        for key in due:
            self._join(self._calls.setdefault(key, dialogue), dialogue)
        self._read[line] += len(tellings)
        self._left[line] += len(new)
        return discards

    def _find_first(self, dialogue: str) -> str:
        """The dialogue that stands for all that it was joined with."""
        while (other := self._joined.get(dialogue)) is not None:
            self._joined[dialogue] = self._joined.get(other, other)  # the next search has half the way
            dialogue = other
        return dialogue

    def _join(self, one: str, other: str) -> None:
        first, second = self._find_first(one), self._find_first(other)
        if first != second:
            self._joined[second] = first

    def _find_teller(self, telling: _Telling) -> _Telling | None:
        """The instruction that tells all of it."""
        found = self._kept.get(self._tellers.get(telling.points[-1], ""))
        return found if found and set(telling.points) <= set(found.points) else None

    def _find_outdone(self, telling: _Telling) -> list[_Telling]:
        """The instructions all of whose points it tells."""
        found = [self._kept[self._tellers[point]] for point in telling.points if point in self._tellers]
        return [one for one in found if set(one.points) <= set(telling.points)]

    def _numbered(self, dialogue: str, place: str) -> str:
        """An id of its own for what goes on otherwise at the same place."""
        # A number after `#` is told from the dialogue's id as those of turns are.
        numbers = count(self._numbers.get(dialogue + place, 2))
        number = next(one for one in numbers if f"{dialogue}#{one}{place}" not in self._kept)
        self._numbers[dialogue + place] = number + 1
        return f"{dialogue}#{number}{place}"

    def _keep(self, telling: _Telling, name: str) -> None:
        named = telling.instruction.model_copy(update={"id": name})
        self._kept[name] = replace(telling, instruction=named)
        self._tellers |= dict.fromkeys(telling.points, name)

    def _drop(self, outdone: dict[str, _Telling], line: str) -> list[Discard]:
        """Gives up what `line` tells in whole; discards of the lines that nothing is left of."""
        discards: list[Discard] = []
        for name, telling in outdone.items():
            del self._kept[name], self._dialogues[name]
            self._left[telling.line] -= 1
            if not self._left[telling.line]:
                detail = f"all of it is told in {line}, which goes on"
                discards.append(_discard(telling.line, DiscardReason.DUPLICATE, detail))
        return discards


def _read_telling(instruction: Instruction, line: str) -> _Telling:
    points: list[bytes] = []
    calls: list[bytes] = []
    for point in instruction.decision_points():
        told = point.model_dump_json(include={"tools", "history", "reference", "answer", "acceptable"})
        points.append(hashlib.sha256(told.encode()).digest())
        if point.reference:
            calls.append(_hash_due(point))
    return _Telling(instruction, line, tuple(points), tuple(calls))


def _hash_due(point: DecisionPoint) -> bytes:
    """The same for the same messages and calls, in whatever order calls and arguments are written."""
    said = [canonical_json(message.model_dump(mode="json")) for message in point.history]
    calls = sorted(canonical_json(call.model_dump(mode="json")) for call in point.reference)
    return hashlib.sha256("\n".join([*said, *calls]).encode()).digest()


def _discard(line: str, reason: DiscardReason, detail: str) -> Discard:
    return Discard(id=line, stage="import", reason=reason, detail=detail)


def dialogue_id(instruction: Instruction) -> str:
    """The id of the dialogue that an instruction was read from: its own, without the place of its user message."""
    return instruction.id.removesuffix(f"@{len(instruction.context) - 1}")


def _place(instruction: Instruction) -> str:
    """What its id has after that of its dialogue."""
    return instruction.id[len(dialogue_id(instruction)) :]
