"""Episodes: dialogues that go on by what the policy says, played side by side so that its engine works in batches."""

import hashlib
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from ttpa.dialects.base import Dialect, TurnText
from ttpa.errors import DialogueRefused
from ttpa.models.base import TokenModel
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.messages import AssistantMessage, Message
from ttpa.records.suites import SuiteAnswer
from ttpa.records.tools import ToolSpec
from ttpa.stages.evaluate import hash_question


@dataclass(frozen=True, slots=True)
class Ask:
    """What the policy is asked next."""

    history: Sequence[Message]
    tools: Sequence[ToolSpec]


@dataclass(frozen=True, slots=True)
class Said:
    """What the policy said to it."""

    text: str
    turn: TurnText
    """The text as its dialect reads it."""
    ended: bool
    """Whether the policy ended the turn itself; else it was cut off."""

    def message(self) -> AssistantMessage:
        """The turn as it stands in the dialogue from here on; what cannot be read stays text."""
        if self.turn.calls is None:
            return AssistantMessage(content=self.text)
        return AssistantMessage(content=self.turn.content, tool_calls=self.turn.calls)


@dataclass(frozen=True, slots=True)
class Ended:
    """What an episode comes to."""

    said: tuple[tuple[str, ...], ...]
    notes: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])


Episode = Generator[Ask, Said, Ended]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a suite."""

    id: str
    category: str
    start: Callable[[], Episode]
    """Begins the item anew; what it opens it closes itself."""
    gold: tuple[AssistantMessage, ...] = ()
    """The turns that solve it, in order; empty where the suite has none."""


def play(
    items: Sequence[Item], *, model: TokenModel, dialect: Dialect, max_new_tokens: int, batch: int
) -> Iterator[SuiteAnswer | Discard]:
    """What each item came to, as soon as it has ended; a discard where policy or template cannot take a prompt.

    `batch` items are under way at a time; the policy's greedy turns to all of them are decoded together.
    """
    waiting = iter(items)
    alive: list[_Player] = []
    try:
        while True:
            while len(alive) < batch and (item := next(waiting, None)) is not None:
                alive.append(_Player(item))
            if not alive:
                return
            for player in alive:
                if (missing := player.read(model, max_new_tokens)) is not None:
                    yield missing
                    player.close()
            alive = [player for player in alive if not player.is_closed]
            asked = [player for player in alive if player.ended is None]
            completions = model.complete([player.prompt for player in asked], max_new_tokens=max_new_tokens)
            for player, completion in zip(asked, completions, strict=True):
                spoken = completion.token_ids[:-1] if completion.finished else completion.token_ids
                text = model.tokenizer.text(spoken)
                player.hear(Said(text, dialect.read_turn(text), completion.finished), len(completion.token_ids))
            for player in alive:
                if player.ended is not None:
                    yield player.answer(player.ended)
            alive = [player for player in alive if player.ended is None]
    finally:
        for player in alive:
            player.close()


class _Player:
    """One item under way."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.ended: Ended | None = None
        self.is_closed = False
        self.prompt: tuple[int, ...] = ()
        self._episode = item.start()
        self._ask: Ask | None = None
        self._question_hash = self._prompt_hash = ""
        self._prompt_tokens = self._completion_tokens = 0
        self._go_on(None)

    def read(self, model: TokenModel, max_new_tokens: int) -> Discard | None:
        """Turns what is asked now into tokens; a discard where that cannot be asked."""
        if self._ask is None:
            return None
        try:
            self.prompt = model.tokenizer.prompt_ids(self._ask.history, self._ask.tools)
        except DialogueRefused as error:
            return self._missing(DiscardReason.REFUSED_BY_TEMPLATE, str(error)[:300])
        length = len(self.prompt)
        if length + max_new_tokens > model.max_length:
            detail = f"{length} prompt tokens and {max_new_tokens} new ones; {model.max_length} fit"
            return self._missing(DiscardReason.CONTEXT_OVERFLOW, detail)
        if not self._prompt_hash:
            self._question_hash = hash_question(self._ask.history, self._ask.tools)
            self._prompt_hash = hashlib.sha256(json.dumps(list(self.prompt)).encode()).hexdigest()
        return None

    def hear(self, said: Said, tokens: int) -> None:
        self._prompt_tokens += len(self.prompt)
        self._completion_tokens += tokens
        self._go_on(said)

    def answer(self, ended: Ended) -> SuiteAnswer:
        return SuiteAnswer(
            id=self.item.id,
            category=self.item.category,
            said=ended.said,
            notes=ended.notes,
            question_hash=self._question_hash,
            prompt_hash=self._prompt_hash,
            prompt_tokens=self._prompt_tokens,
            completion_tokens=self._completion_tokens,
        )

    def close(self) -> None:
        """Ends the episode where it stands; safe to repeat."""
        self.is_closed = True
        self._episode.close()

    def _missing(self, reason: DiscardReason, detail: str) -> Discard:
        return Discard(id=self.item.id, stage="evaluate", reason=reason, detail=detail)

    def _go_on(self, said: Said | None) -> None:
        try:
            self._ask = next(self._episode) if said is None else self._episode.send(said)
        except StopIteration as stop:
            self._ask, self.ended = None, stop.value
