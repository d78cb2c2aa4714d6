"""Kinds of parameters that take many values: arrays and objects."""

from random import Random

from pydantic import JsonValue

from ttpa.pretrain.lexicon import Lexicon
from ttpa.pretrain.world import simple_kinds, values
from ttpa.pretrain.world.parameter import Parameter, draw_distinct, plural
from ttpa.records.record import JsonObject

_FIELDS = (
    simple_kinds.text, simple_kinds.count, simple_kinds.place, simple_kinds.person, simple_kinds.day,
    simple_kinds.amount, simple_kinds.contact, simple_kinds.code,
)  # fmt: skip
"""What an object's fields are."""


def texts(rng: Random, lexicon: Lexicon) -> Parameter:
    many = plural(lexicon.noun(rng))
    low = rng.choice((1, 2, 2))

    def sample(rng: Random) -> JsonValue:
        kind = rng.randrange(3)
        words = (
            values.person(rng) if kind == 0 else values.proper_name(rng) if kind == 1 else lexicon.thing(rng).text
            for _ in range(rng.randint(low, 4))
        )
        return list(dict.fromkeys(words))

    phrases = (
        f" with the {many} {{}}",
        f" for the {many} {{}}",
        f", {many}: {{}}",
        f" using {{}} as {many}",
        f" with {{}} as the {many}",
        f" with {many} {{}}",
    )
    return Parameter(many, {"type": "array", "items": {"type": "string"}}, sample, phrases, many, is_plain=True)


def numbers(rng: Random, lexicon: Lexicon) -> Parameter:
    many = plural(lexicon.noun(rng))
    kind = rng.choice(("integer", "number"))
    one = values.whole if kind == "integer" else values.decimal
    phrases = (f" with the {many} {{}}", f" of the {many} {{}}", f", {many} {{}}", f" for {many} {{}}", " of {}")
    return Parameter(
        many,
        {"type": "array", "items": {"type": kind}},
        lambda rng: [one(rng) for _ in range(rng.randint(2, 5))],
        phrases,
        many,
        is_plain=True,
    )


def record(rng: Random, lexicon: Lexicon) -> Parameter:
    noun = lexicon.noun(rng)
    fields = draw_distinct(rng, lexicon, rng.choice((2, 2, 3)), _FIELDS)
    properties: JsonObject = {field.name: field.schema for field in fields}

    def sample(rng: Random) -> JsonValue:
        return {field.name: field.sample(rng) for field in fields}

    def speak(value: JsonValue, rng: Random) -> str:
        assert isinstance(value, dict)
        said = [(field, field.speak(value[field.name], rng)) for field in fields]
        kind = rng.randrange(3)
        if kind == 0:
            return ", ".join(f"{field.words} {text}" for field, text in said)
        if kind == 1:
            *others, last = [f"{field.words} {text}" for field, text in said]
            return f"{', '.join(others)} and {last}"
        return ", ".join(text for _, text in said)

    schema: JsonObject = {"type": "object", "properties": properties, "required": list(properties)}
    phrases = (
        f" with the {noun} {{}}",
        f" for the {noun} {{}}",
        f", {noun}: {{}}",
        f" with {noun} ({{}})",
        f" to the {noun} {{}}",
    )
    return Parameter(noun, schema, sample, phrases, noun, speak=speak, is_plain=True)


def records(rng: Random, lexicon: Lexicon) -> Parameter:
    one = record(rng, lexicon)
    many = plural(one.name)

    def speak(value: JsonValue, rng: Random) -> str:
        assert isinstance(value, list)
        return "; ".join(f"({one.speak(item, rng)})" for item in value)

    return Parameter(
        many,
        {"type": "array", "items": one.schema},
        lambda rng: [one.sample(rng) for _ in range(rng.randint(1, 2))],
        (f" with the {many} {{}}", f", {many}: {{}}", f" for the {many} {{}}"),
        many,
        speak=speak,
        is_plain=True,
    )
