"""A parameter of a generated tool: a schema, where values come from, and how people say them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from pydantic import JsonValue

from ttpa.pretrain.lexicon import Lexicon
from ttpa.pretrain.world import values
from ttpa.pretrain.world.values import Sampler
from ttpa.records.record import JsonObject

Speak = Callable[[JsonValue, Random], str]
"""A value in the words of a question."""

OPTIONAL_SHARE = 0.4
DEFAULT_SHARE = 0.7
"""How often an optional parameter has a default."""
MENTION_SHARE = 0.4
"""How often a question gives an optional value."""
BEFORE = "^"
"""Opens a phrase that stands before the noun, as in `direct trains`."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a tool."""

    name: str
    schema: JsonObject
    sample: Sampler
    phrases: tuple[str, ...]
    """Parts of a question; `{}` is the value. They begin with a space or a comma, or with the mark `BEFORE`."""
    words: str
    """What it is called when one asks for it."""
    denied: tuple[str, ...] = ()
    """The phrases of `false`."""
    speak: Speak = values.spoken
    is_required: bool = True
    fills: str | None = None
    """The noun whose id it takes."""
    is_plain: bool = False
    """Whether the phrases name the parameter, so that two such parameters of one kind cannot be confused."""

    def say(self, value: JsonValue, rng: Random, *, before: bool = False) -> str:
        """The part of a question that gives `value`; with `before` it may be one that stands before the noun."""
        phrases = self.denied if value is False else self.phrases
        usable = [phrase for phrase in phrases if before or not phrase.startswith(BEFORE)]
        return rng.choice(usable).replace("{}", self.speak(value, rng))


MakeParameter = Callable[[Random, Lexicon], Parameter]
"""Draws one parameter of some kind."""


def plural(word: str) -> str:
    """The regular plural."""
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else word + "s"


def optional(rng: Random, parameter: Parameter) -> Parameter:
    """The parameter made optional, most often with a default."""
    schema = dict(parameter.schema)
    if rng.random() < DEFAULT_SHARE and schema.get("type") in ("string", "integer", "number", "boolean"):
        schema["default"] = False if schema["type"] == "boolean" and rng.random() < 0.8 else parameter.sample(rng)
    return replace(parameter, schema=schema, is_required=False)


def draw_distinct(
    rng: Random,
    lexicon: Lexicon,
    count: int,
    makers: Sequence[MakeParameter],
) -> list[Parameter]:
    """At most `count` parameters that can be told apart in a question: by their words, else by their kind of value."""
    drawn: list[Parameter] = []
    for _ in range(count * 3):
        if len(drawn) == count:
            break
        parameter = rng.choice(makers)(rng, lexicon)
        words = {word for other in drawn for word in other.words.split()}
        if words & set(parameter.words.split()) or (
            not parameter.is_plain and any(not p.is_plain and _look(p) == _look(parameter) for p in drawn)
        ):
            continue
        drawn.append(parameter)
    return drawn


def _look(parameter: Parameter) -> str:
    """What tells a value that is given without its parameter's name."""
    return "enum" if "enum" in parameter.schema else str(parameter.phrases[0])
