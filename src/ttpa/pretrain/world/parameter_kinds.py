"""All kinds of parameters, and how often each is drawn."""

from random import Random

from ttpa.pretrain.lexicon import Lexicon
from ttpa.pretrain.world import compound_kinds, simple_kinds, values
from ttpa.pretrain.world.parameter import MakeParameter, Parameter, draw_distinct
from ttpa.pretrain.world.values import Sampler
from ttpa.records.record import JsonObject

KINDS: tuple[tuple[int, MakeParameter], ...] = (
    (14, simple_kinds.text), (10, simple_kinds.count), (7, simple_kinds.limit), (9, simple_kinds.place),
    (8, simple_kinds.person), (9, simple_kinds.day), (5, simple_kinds.clock), (8, simple_kinds.amount),
    (10, simple_kinds.flag), (13, simple_kinds.choice), (9, compound_kinds.texts), (3, compound_kinds.numbers),
    (7, compound_kinds.record), (1, compound_kinds.records), (4, simple_kinds.free_text), (2, simple_kinds.contact),
    (4, simple_kinds.code),
)  # fmt: skip
"""Each kind with its weight."""


def draw_parameter(rng: Random, lexicon: Lexicon) -> Parameter:
    """A parameter of a random kind."""
    return rng.choices([maker for _, maker in KINDS], [weight for weight, _ in KINDS])[0](rng, lexicon)


def draw_parameters(rng: Random, lexicon: Lexicon, count: int) -> list[Parameter]:
    """At most `count` parameters of all kinds that can be told apart in a question."""
    return draw_distinct(rng, lexicon, count, (draw_parameter,))


def id_of(noun: str, rng: Random, sample: Sampler | None = None) -> Parameter:
    """The id of a `noun`."""
    schema: JsonObject = {"type": "string"}
    return Parameter(
        name=f"{noun}_id",
        schema=schema,
        sample=sample or values.make_code_sampler(rng),
        phrases=(
            f" {noun} {{}}",
            f" the {noun} {{}}",
            f" {noun} number {{}}",
            f" the {noun} with the id {{}}",
            f" my {noun} {{}}",
        ),
        words=f"id of the {noun}",
        fills=noun,
    )


def route(rng: Random, lexicon: Lexicon) -> tuple[Parameter, Parameter]:
    """Where something starts and where it ends."""
    start, end = lexicon.route(rng)
    first, second = lexicon.string(rng, "place"), lexicon.string(rng, "place")
    return (
        Parameter(start, first, values.place, (" from {}", " starting in {}", " leaving {}"), start.replace("_", " ")),
        Parameter(end, second, values.place, (" to {}", " ending in {}", " bound for {}"), end.replace("_", " ")),
    )
