"""Policies whose answers are known: one that says the gold of every item, and ones that err where a script says so.

A suite that gives the first one less than 100 %, and the others anything but what arithmetic says, is wrong itself.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ttpa.dialects import DIALECTS, Dialect
from ttpa.models.scripted import CharacterTokenizer, ScriptedTokenModel
from ttpa.records.messages import AssistantMessage
from ttpa.records.scores import ErrorKind
from ttpa.records.tools import ToolCall
from ttpa.suites.episodes import Item, Said

_LOST = "I do not know."
"""Said to every prompt that the script does not have: what follows a mistake."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A first turn that is wrong by every checker's rules."""

    kind: ErrorKind
    text: str


def plan_mistakes(items: Sequence[Item], *, every: int, dialect: Dialect = DIALECTS["hermes"]) -> dict[str, Mistake]:
    """A mistake for every so-many-th item, their kinds in turn, of those that the item leaves room for."""
    planned: dict[str, Mistake] = {}
    for place, item in enumerate(items[::every]):
        possible = list(_mistakes(item, dialect))
        planned[item.id] = possible[place % len(possible)]
    return planned


def _mistakes(item: Item, dialect: Dialect) -> Iterator[Mistake]:
    def spell(*calls: ToolCall) -> str:
        return dialect.write_turn(AssistantMessage(tool_calls=calls))

    calls = item.gold[0].tool_calls
    if not calls:
        yield Mistake(ErrorKind.UNNEEDED_CALL, spell(ToolCall(name="no_such_tool", arguments={})))
        return
    first, *rest = calls
    yield Mistake(ErrorKind.NO_CALL, "I would rather not.")
    yield Mistake(ErrorKind.MALFORMED, spell(first)[: -len("</tool_call>") - 3])
    yield Mistake(ErrorKind.UNKNOWN_TOOL, spell(first.model_copy(update={"name": "no_such_tool"}), *rest))
    if len(item.gold) == 1:  # in a dialogue these may do no harm
        yield Mistake(ErrorKind.EXTRA_CALL, spell(*calls, first))
        stray = {**first.arguments, "stray_argument": "x"}
        yield Mistake(ErrorKind.UNKNOWN_ARGUMENT, spell(first.model_copy(update={"arguments": stray}), *rest))
        if rest:
            yield Mistake(ErrorKind.MISSING_CALL, spell(*rest))


def script_policy(
    items: Sequence[Item], *, dialect: Dialect = DIALECTS["hermes"], changed: Mapping[str, str] | None = None
) -> ScriptedTokenModel:
    """A policy that says each item's gold; to those in `changed` it first says that text instead.

    Raises `ValueError` where one prompt would need two answers, which no greedy policy has.
    """
    tokenizer = CharacterTokenizer(dialect)
    said: dict[bytes, str] = {}
    asked_by: dict[bytes, str] = {}
    for item in items:
        for place, (prompt, gold) in enumerate(_prompts(item, tokenizer, dialect)):
            text = (changed or {}).get(item.id, gold) if place == 0 else gold
            if said.setdefault(prompt, text) != text:
                raise ValueError(f"{item.id!r} and {asked_by[prompt]!r} have the same prompt and other answers")
            asked_by[prompt] = item.id

    def turns(prompt: str) -> dict[str, float]:
        return {said.get(_key(prompt), _LOST): 1.0}

    return ScriptedTokenModel(turns, dialect=dialect)


def _prompts(item: Item, tokenizer: CharacterTokenizer, dialect: Dialect) -> list[tuple[bytes, str]]:
    """The hash of each prompt of an item on its gold way, with the text that is due there."""
    found: list[tuple[bytes, str]] = []
    episode = item.start()
    golds = iter(item.gold)
    try:
        ask = next(episode)
        while True:
            turn = next(golds, None)
            text = _LOST if turn is None else dialect.write_turn(turn)
            prompt = "".join(map(chr, tokenizer.prompt_ids(ask.history, ask.tools)))
            found.append((_key(prompt), text))
            ask = episode.send(Said(text, dialect.read_turn(text), ended=True))
    except StopIteration:
        return found
    finally:
        episode.close()


def _key(prompt: str) -> bytes:
    return hashlib.sha256(prompt.encode()).digest()
