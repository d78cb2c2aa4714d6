"""Policies whose answers are known: one that says the gold of every item, and ones that err where a script says so.

A suite that gives the first one less than 100 %, and the others anything but what arithmetic says, is wrong itself.
"""

import hashlib
from collections.abc import Mapping, Sequence

from ttpa.dialects import DIALECTS, Dialect
from ttpa.models.scripted import CharacterTokenizer, ScriptedTokenModel
from ttpa.suites.episodes import Item, Said

_LOST = "I do not know."
"""Said to every prompt that the script does not have: what follows a mistake."""


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
            ask = episode.send(Said(text, dialect.read_turn(text)))
    except StopIteration:
        return found
    finally:
        episode.close()


def _key(prompt: str) -> bytes:
    return hashlib.sha256(prompt.encode()).digest()
