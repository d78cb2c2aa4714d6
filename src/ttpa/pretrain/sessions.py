"""Worlds of the stream -> sessions: several instructions over the same tools as one dialogue, tokenised."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import cast

from transformers import PreTrainedTokenizerFast

from ttpa.pretrain.family import Family
from ttpa.pretrain.world.stream import World
from ttpa.records.messages import AssistantMessage, Message, as_openai
from ttpa.records.tools import ToolSpec

LENGTHS = {320: 55, 448: 27, 700: 10, 1000: 5, 1500: 3}
"""How long sessions are meant to be, in tokens, and how often, of 100."""
_CHARACTERS_A_TOKEN = 2.4


@dataclass(frozen=True, slots=True)
class Session:
    """One training sequence."""

    token_ids: tuple[int, ...]
    is_learned: tuple[bool, ...]
    """Whether the token is the assistant's own, end tokens included."""
    decides: tuple[bool, ...]
    """Whether it is one of the assistant's in which a turn is decided: its first, those of a tool's name, and the one
    after a call (another call, or the end)."""


@dataclass(frozen=True)
class SessionMaker:
    """Makes session `index` of the training share; equal seeds and indices give equal sessions."""

    tokenizer: PreTrainedTokenizerFast
    family: Family
    seed: int
    max_length: int = 1664
    """Tokens of the longest session; the instructions that would go beyond are left out."""

    def __call__(self, index: int) -> Session:
        messages, world = draw_session(self.seed, index)
        while True:
            session = self._tokenise(render(self.tokenizer, messages, world.specs))
            if len(session.token_ids) <= self.max_length:
                return session
            messages = messages[: _last_question(messages)]

    def _tokenise(self, text: str) -> Session:
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        end = self.tokenizer.convert_tokens_to_ids(self.family.end)
        header = self.tokenizer.encode(self.family.header, add_special_tokens=False)
        learned = [False] * len(ids)
        position = 0
        while position < len(ids):
            if ids[position] == header[0] and ids[position : position + len(header)] == header:
                position += len(header)
                while True:
                    learned[position] = True
                    if ids[position] == end:
                        break
                    position += 1
            position += 1
        return Session(tuple(ids), tuple(learned), tuple(self._decisions(ids, learned)))

    def _decisions(self, ids: list[int], learned: list[bool]) -> list[bool]:
        openings = [self.tokenizer.encode(text, add_special_tokens=False) for text in self.family.openings]
        closing = self.tokenizer.encode('", "', add_special_tokens=False)[0]
        decides = [False] * len(ids)
        for position in range(1, len(ids)):
            if not learned[position]:
                continue
            if not learned[position - 1]:
                decides[position] = True
            if ids[position] in self._after_calls and ids[position - 1] in self._call_ends:
                decides[position] = True
            if any(ids[position - len(opening) : position] == opening for opening in openings):
                for place in range(position, ids.index(closing, position)):
                    decides[place] = True
        return decides

    @cached_property
    def _call_ends(self) -> frozenset[int]:
        """Tokens that may be a call's last."""
        vocabulary = self.tokenizer.get_vocab()
        return frozenset(number for token, number in vocabulary.items() if token.endswith(self.family.call_end))

    @cached_property
    def _after_calls(self) -> frozenset[int]:
        """Tokens that say whether another call follows."""
        first, *_ = self.tokenizer.encode(self.family.separator, add_special_tokens=False)
        end = self.tokenizer.convert_tokens_to_ids(self.family.end)
        assert isinstance(end, int)
        return frozenset((first, end))


def draw_session(seed: int, index: int) -> tuple[list[Message], World]:
    """The dialogue of session `index`, and its world."""
    world = World(seed, "train", index)
    rng = Random(f"{seed}/session/{index}")
    room = rng.choices(list(LENGTHS), list(LENGTHS.values()))[0] * _CHARACTERS_A_TOKEN
    room -= sum(90 + 28 * str(spec.parameters).count("'type'") for spec in world.specs)
    messages: list[Message] = []
    for instruction in world.instructions():
        added: list[Message] = list(instruction.context)
        for step in instruction.steps:
            added.extend(step.messages())
        if instruction.answer is not None:
            added.append(AssistantMessage(content=instruction.answer))
        room -= sum(
            25
            + len(message.content)
            + sum(60 + len(str(call.arguments)) for call in getattr(message, "tool_calls", ()))
            for message in added
        )
        messages.extend(added)
        if room < 0:
            return messages, world
    raise AssertionError("a world has instructions without end")


def texts(seed: int, count: int, renderer: PreTrainedTokenizerFast) -> Iterator[str]:
    """The first `count` sessions as text, to train a tokenizer on."""
    for index in range(count):
        messages, world = draw_session(seed, index)
        yield render(renderer, messages, world.specs)


def render(tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> str:
    """A dialogue as text."""
    text = tokenizer.apply_chat_template(
        cast("list[dict[str, str]]", as_openai(messages)),
        tools=[spec.as_openai() for spec in tools],
        tokenize=False,
    )
    assert isinstance(text, str)
    return text


def _last_question(messages: list[Message]) -> int:
    return max(index for index, message in enumerate(messages) if message.role == "user")
