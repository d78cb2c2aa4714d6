"""Parameters of generated tools: a schema, where values come from, and how people say them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from pydantic import JsonValue

from ttpa.pretrain import values
from ttpa.pretrain.lexicon import (
    AMOUNTS,
    CHOICES,
    CLOCKS,
    COUNTS,
    DAYS,
    LINKS,
    MAILS,
    PERSONS,
    PHONES,
    PLACES,
    TEXTS,
    Lexicon,
)
from ttpa.pretrain.values import Sampler
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

_UNITS = (
    "units",
    "meters",
    "kg",
    "km",
    "dollars",
    "euros",
    "percent",
    "{}%",
    "${}",
    "miles",
    "hours",
    "liters",
    "{}m",
    "degrees",
)


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


def draw_parameter(rng: Random, lexicon: Lexicon) -> Parameter:
    """A parameter of a random kind."""
    makers: tuple[tuple[int, Callable[[Random, Lexicon], Parameter]], ...] = (
        (14, _text), (10, _count), (7, _limit), (9, _place), (8, _person), (9, _day), (5, _clock), (8, _amount),
        (10, _flag), (13, _choice), (9, _texts), (3, _numbers), (7, _record), (1, _records), (4, _free_text),
        (2, _contact), (4, _code),
    )  # fmt: skip
    return rng.choices([maker for _, maker in makers], [weight for weight, _ in makers])[0](rng, lexicon)


def route(rng: Random, lexicon: Lexicon) -> tuple[Parameter, Parameter]:
    """Where something starts and where it ends."""
    start, end = rng.choice(lexicon.routes())
    schema: JsonObject = {"type": "string"}
    return (
        Parameter(start, schema, values.place, (" from {}", " starting in {}", " leaving {}"), start.replace("_", " ")),
        Parameter(end, schema, values.place, (" to {}", " ending in {}", " bound for {}"), end.replace("_", " ")),
    )


def _noun(rng: Random, lexicon: Lexicon) -> str:
    return (lexicon.quality(rng) if rng.random() < 0.55 else lexicon.thing(rng)).text


def _named(noun: str) -> tuple[str, ...]:
    """Phrases that name the parameter."""
    return (
        f" with {noun} {{}}",
        f" with the {noun} {{}}",
        f" with a {noun} of {{}}",
        f", {noun} {{}}",
        f" whose {noun} is {{}}",
        f" ({noun}: {{}})",
        f" using {{}} as the {noun}",
        f" and the {noun} {{}}",
        f" of {noun} {{}}",
        f", the {noun} is {{}}",
    )


def _text(rng: Random, lexicon: Lexicon) -> Parameter:
    noun = _noun(rng, lexicon)
    name = noun if rng.random() < 0.7 else f"{lexicon.adjective(rng)}_{noun}"
    words = name.replace("_", " ")
    quoted = tuple(part.replace("{}", "'{}'") for part in _named(words)[:3])
    return Parameter(
        name,
        {"type": "string"},
        lambda rng: values.short_text(rng, lexicon),
        _named(words) + quoted,
        words,
        is_plain=True,
    )


def _code(rng: Random, lexicon: Lexicon) -> Parameter:
    noun = _noun(rng, lexicon)
    name = f"{noun}_{rng.choice(('code', 'number', 'ref', 'key'))}"
    words = name.replace("_", " ")
    return Parameter(
        name,
        {"type": "string"},
        values.make_code_sampler(rng),
        (f" with {words} {{}}", f" under {noun} {{}}", f", {words} {{}}", f" for {noun} {{}}"),
        words,
        is_plain=True,
    )


def _count(rng: Random, lexicon: Lexicon) -> Parameter:
    schema: JsonObject = {"type": "integer"}
    if rng.random() < 0.4:
        noun = rng.choice(lexicon.fixed(COUNTS))
        return Parameter(
            noun, schema, values.whole, _named(noun.replace("_", " ")), noun.replace("_", " "), is_plain=True
        )
    noun = _noun(rng, lexicon)
    many = plural(noun)
    kind = rng.randrange(3)
    name = (many, f"num_{many}", f"{noun}_count")[kind]
    phrases = (f" for {{}} {many}", f" with {{}} {many}", f", {{}} {many}", f" of {{}} {many}", f" over {{}} {many}")
    return Parameter(name, schema, values.whole, phrases, f"number of {many}", is_plain=True)


def _limit(rng: Random, lexicon: Lexicon) -> Parameter:
    is_high = rng.random() < 0.6
    noun = rng.choice(lexicon.fixed(AMOUNTS)) if rng.random() < 0.4 else _noun(rng, lexicon)
    name = f"{rng.choice(('max', 'max', 'maximum') if is_high else ('min', 'min', 'minimum'))}_{noun}"
    if is_high:
        phrases = (
            f" with a {noun} of at most {{}}",
            f" with {noun} under {{}}",
            f" up to a {noun} of {{}}",
            f" with no more than {{}} {noun}",
            f", {noun} at most {{}}",
        )
    else:
        phrases = (
            f" with a {noun} of at least {{}}",
            f" with {noun} over {{}}",
            f" from a {noun} of {{}} on",
            f" with no less than {{}} {noun}",
            f", {noun} at least {{}}",
        )
    kind = rng.choice(("integer", "integer", "number"))
    words = f"{'highest' if is_high else 'lowest'} {noun}"
    return Parameter(
        name, {"type": kind}, values.whole if kind == "integer" else values.decimal, phrases, words, is_plain=True
    )


def _amount(rng: Random, lexicon: Lexicon) -> Parameter:
    noun = rng.choice(lexicon.fixed(AMOUNTS)) if rng.random() < 0.6 else _noun(rng, lexicon)
    kind = rng.choice(("number", "number", "integer"))
    unit = rng.choice(_UNITS)
    measured = unit if "{}" in unit else f"{{}} {unit}"
    phrases = (
        *_named(noun),
        f" at a {noun} of {{}}",
        f" for a {noun} of {{}}",
        *(f" {word} {noun} of {measured}" for word in ("with a", "with a", "for a", "at a", "and a")),
        f" with {noun} {measured}",
        f" for {measured} {noun}",
    )
    sample = values.decimal if kind == "number" else values.whole
    return Parameter(noun, {"type": kind}, sample, phrases, noun, is_plain=True)


def _place(rng: Random, lexicon: Lexicon) -> Parameter:
    name = rng.choice(lexicon.fixed(PLACES))
    return Parameter(
        name,
        {"type": "string"},
        values.place,
        (" in {}", " in {}", " around {}", " near {}", " at {}", f" in the {name} {{}}"),
        name,
    )


def _person(rng: Random, lexicon: Lexicon) -> Parameter:
    name = rng.choice(lexicon.fixed(PERSONS))
    if rng.random() < 0.25:
        name += "_name"
    words = name.replace("_", " ")
    noun = words.removesuffix(" name") if words != "name" else "person"
    return Parameter(
        name,
        {"type": "string"},
        values.person,
        (
            " for {}",
            " for {}",
            f" for the {noun} {{}}",
            f" with {{}} as the {noun}",
            f", {words} {{}}",
            " under the name {}",
        ),
        words,
    )


def _day(rng: Random, lexicon: Lexicon) -> Parameter:
    name = rng.choice(lexicon.fixed(DAYS)) if rng.random() < 0.6 else f"{_noun(rng, lexicon)}_date"
    words = name.replace("_", " ")
    return Parameter(
        name,
        {"type": "string"},
        lambda rng: values.day(rng),
        (" on {}", " on {}", " for {}", " from {}", f" with {words} {{}}", f", {words} {{}}", " by {}"),
        words,
        speak=lambda value, rng: values.spoken_day(str(value), rng),
    )


def _clock(rng: Random, lexicon: Lexicon) -> Parameter:
    name = rng.choice(lexicon.fixed(CLOCKS)) if rng.random() < 0.7 else f"{_noun(rng, lexicon)}_time"
    words = name.replace("_", " ")
    return Parameter(
        name, {"type": "string"}, values.clock, (" at {}", " at {}", f", {words} {{}}", " from {}", " around {}"), words
    )


def _flag(rng: Random, lexicon: Lexicon) -> Parameter:
    kind = rng.randrange(4)
    if kind == 0:
        adjective = lexicon.adjective(rng)
        name, words = rng.choice((f"is_{adjective}", adjective, f"make_{adjective}")), adjective
        phrases = (
            f", it should be {adjective}",
            f", make it {adjective}",
            f"^{adjective}",
            f", {adjective} please",
            f" that is {adjective}",
        )
        denied = (f", it should not be {adjective}", f", not {adjective}", f" that is not {adjective}")
    elif kind == 1:
        adjective = lexicon.adjective(rng)
        name, words = f"{adjective}_only", f"{adjective} only"
        phrases = (f", only {adjective} ones", f", {adjective} only", f"^{adjective}", f", just the {adjective} ones")
        denied = (f", not only {adjective} ones", f", not just the {adjective} ones")
    else:
        noun = _noun(rng, lexicon)
        name, words = rng.choice((noun, f"include_{noun}", f"with_{noun}", f"has_{noun}")), noun
        phrases = (f" with {noun}", f", {noun} included", f" including {noun}", f" with a {noun}", f", and add {noun}")
        denied = (f" without {noun}", f", no {noun}", f" without a {noun}", f", {noun} excluded")
    return Parameter(
        name, {"type": "boolean"}, lambda rng: rng.random() < 0.7, phrases, words, denied=denied, is_plain=True
    )


def _choice(rng: Random, lexicon: Lexicon) -> Parameter:
    noun = rng.choice(lexicon.fixed(CHOICES)) if rng.random() < 0.35 else _noun(rng, lexicon)
    style = rng.randrange(5)

    def draw() -> str:
        if style == 0:
            return "".join(rng.choice("ABCDEFGHIJKLMNOPRSTUVWXYZ") for _ in range(3))
        if style == 1:
            return f"{lexicon.adjective(rng)}_{lexicon.thing(rng).text}"
        return lexicon.adjective(rng) if style < 4 else lexicon.thing(rng).text

    options = list(dict.fromkeys(draw() for _ in range(rng.randint(2, 6))))
    phrases = (
        f" with {noun} {{}}",
        f" with the {{}} {noun}",
        f", {noun} {{}}",
        f" in {{}} {noun}",
        f" by {{}} {noun}",
        " ({})",
        "^{}",
        "^{}",
        " as {}",
        f", {{}} {noun}",
    )
    return Parameter(noun, {"type": "string", "enum": list(options)}, lambda rng: rng.choice(options), phrases, noun)


def _texts(rng: Random, lexicon: Lexicon) -> Parameter:
    many = plural(_noun(rng, lexicon))
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


def _numbers(rng: Random, lexicon: Lexicon) -> Parameter:
    many = plural(_noun(rng, lexicon))
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


def _record(rng: Random, lexicon: Lexicon) -> Parameter:
    noun = _noun(rng, lexicon)
    fields = draw_parameters(
        rng, lexicon, rng.choice((2, 2, 3)), (_text, _count, _place, _person, _day, _amount, _contact, _code)
    )
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


def _records(rng: Random, lexicon: Lexicon) -> Parameter:
    one = _record(rng, lexicon)
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


def _free_text(rng: Random, lexicon: Lexicon) -> Parameter:
    name = rng.choice(lexicon.fixed(TEXTS))
    phrases = (
        f" with the {name} '{{}}'",
        " saying '{}'",
        " called '{}'",
        f", {name}: {{}}",
        f' with the {name} "{{}}"',
        " about {}",
        " titled {}",
        " that says: {}",
    )
    return Parameter(name, {"type": "string"}, lambda rng: values.phrase(rng, lexicon), phrases, name)


def _contact(rng: Random, lexicon: Lexicon) -> Parameter:
    names, sample = rng.choice(((MAILS, values.mail), (PHONES, values.phone), (LINKS, values.link)))
    name = rng.choice(lexicon.fixed(names))
    words = name.replace("_", " ")
    return Parameter(
        name,
        {"type": "string"},
        sample,
        (f" with {words} {{}}", f", {words} {{}}", " under {}", " at {}", " to {}"),
        words,
    )


def draw_parameters(
    rng: Random,
    lexicon: Lexicon,
    count: int,
    makers: tuple[Callable[[Random, Lexicon], Parameter], ...] = (draw_parameter,),
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
