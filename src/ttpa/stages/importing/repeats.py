"""Turns that several lines tell: each is taken once, and known to be in all the dialogues that tell it."""

from collections.abc import Sequence

from ttpa.records.discards import DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.stages.importing.rows import Refused


class ToldTurns:
    """The turns of the lines so far."""

    def __init__(self) -> None:
        self.dialogues: dict[str, list[str]] = {}
        """The dialogues that tell an instruction, by its id."""
        self._ids: dict[str, str] = {}
        """The id under which a turn was told first, by its content."""

    def add(self, read: Sequence[Instruction]) -> list[Instruction]:
        """The instructions of a line that no line before it has told.

        A line that goes on from calls that another has told is of that one's dialogue. Raises `Refused` where nothing
        is new, and where something new has an id that is taken.
        """
        turns = [(one, one.model_dump_json(exclude={"id", "source", "split"})) for one in read]
        new = [one for one, content in turns if content not in self._ids]
        if not new:
            raise Refused(DiscardReason.DUPLICATE, "the same messages and tools were there before")
        if taken := next((one.id for one in new if one.id in self.dialogues), None):
            raise Refused(DiscardReason.INVALID_RECORD, f"id {taken!r} is that of another dialogue")
        # A turn without calls (a greeting) may open many dialogues, which it does not make one.
        told = (self.dialogues[self._ids[content]][0] for one, content in turns if one.steps and content in self._ids)
        dialogue = next(told, dialogue_id(read[0]))
        for one, content in turns:
            self.dialogues.setdefault(self._ids.setdefault(content, one.id), []).append(dialogue)
        return new


def dialogue_id(instruction: Instruction) -> str:
    """The id of the dialogue that an instruction was read from: its own, without the place of its user message."""
    return instruction.id.removesuffix(f"@{len(instruction.context) - 1}")
