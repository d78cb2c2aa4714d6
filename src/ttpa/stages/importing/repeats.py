"""Turns that several lines tell: each is taken once, and known to be in all the dialogues that tell it."""

import hashlib
from collections.abc import Sequence
from itertools import count

from ttpa.records.discards import DiscardReason
from ttpa.records.instructions import DecisionPoint, Instruction
from ttpa.stages.importing.rows import Refused


class ToldTurns:
    """The turns of the lines so far."""

    def __init__(self) -> None:
        self.dialogues: dict[str, list[str]] = {}
        """The dialogues that tell an instruction, by its id."""
        self._ids: dict[str, str] = {}
        """The id under which a turn was told first, by its content."""
        self._calls: dict[bytes, str] = {}
        """The dialogue that told the calls of a decision point first, by its key."""

    def add(self, read: Sequence[Instruction]) -> list[Instruction]:
        """The instructions of a line that no line before it has told.

        A line with calls that another has told at the same place is of that one's dialogue. Raises `Refused` where
        nothing is new, and where something new has an id that is another dialogue's.
        """
        # A turn without calls (a greeting) may open many dialogues, which it does not make one.
        due = [_key(point) for one in read for point in one.decision_points() if point.reference]
        dialogue = next((self._calls[key] for key in due if key in self._calls), dialogue_id(read[0]))
        turns = [(self._named(one), one.model_dump_json(exclude={"id", "source", "split"})) for one in read]
        new = [one for one, content in turns if content not in self._ids]
        if not new:
            raise Refused(DiscardReason.DUPLICATE, "the same messages and tools were there before")
        if taken := next((one.id for one in new if one.id in self.dialogues), None):
            raise Refused(DiscardReason.INVALID_RECORD, f"id {taken!r} is that of another dialogue")
        self._calls |= {key: dialogue for key in due if key not in self._calls}
        for one, content in turns:
            self.dialogues.setdefault(self._ids.setdefault(content, one.id), []).append(dialogue)
        return new

    def _named(self, one: Instruction) -> Instruction:
        """Under an id of its own, where a turn goes on from one of the same dialogue that has its id."""
        first, *more = one.decision_points()
        told_in = self._calls.get(_key(first))
        if not more or told_in is None or told_in not in self.dialogues.get(one.id, ()):
            return one
        place = f"@{len(one.context) - 1}"
        names = (f"{dialogue_id(one)}+{number}{place}" for number in count(2))
        return one.model_copy(update={"id": next(name for name in names if name not in self.dialogues)})


def _key(point: DecisionPoint) -> bytes:
    """What is offered, what was said before, and the calls that are due: held out, it must not be trained on."""
    return hashlib.sha256(point.model_dump_json(include={"tools", "history", "reference"}).encode()).digest()


def dialogue_id(instruction: Instruction) -> str:
    """The id of the dialogue that an instruction was read from: its own, without the place of its user message."""
    return instruction.id.removesuffix(f"@{len(instruction.context) - 1}")
