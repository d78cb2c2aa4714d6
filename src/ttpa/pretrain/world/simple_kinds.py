"""Kinds of parameters that take one value: texts, ids, numbers, places, people, days, switches, choices."""

from random import Random

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
)  # fmt: skip
from ttpa.pretrain.world import values
from ttpa.pretrain.world.parameter import Parameter, plural
from ttpa.records.record import JsonObject

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


def naming_phrases(noun: str) -> tuple[str, ...]:
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


def text(rng: Random, lexicon: Lexicon) -> Parameter:
    noun = lexicon.noun(rng)
    name = noun if rng.random() < 0.7 else f"{lexicon.adjective(rng)}_{noun}"
    words = name.replace("_", " ")
    quoted = tuple(part.replace("{}", "'{}'") for part in naming_phrases(words)[:3])
    return Parameter(
        name,
        {"type": "string"},
        lambda rng: values.short_text(rng, lexicon),
        naming_phrases(words) + quoted,
        words,
        is_plain=True,
    )


def code(rng: Random, lexicon: Lexicon) -> Parameter:
    noun = lexicon.noun(rng)
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


def count(rng: Random, lexicon: Lexicon) -> Parameter:
    schema: JsonObject = {"type": "integer"}
    if rng.random() < 0.4:
        noun = lexicon.fixed(rng, COUNTS)
        return Parameter(
            noun, schema, values.whole, naming_phrases(noun.replace("_", " ")), noun.replace("_", " "), is_plain=True
        )
    noun = lexicon.noun(rng)
    many = plural(noun)
    kind = rng.randrange(3)
    name = (many, f"num_{many}", f"{noun}_count")[kind]
    phrases = (f" for {{}} {many}", f" with {{}} {many}", f", {{}} {many}", f" of {{}} {many}", f" over {{}} {many}")
    return Parameter(name, schema, values.whole, phrases, f"number of {many}", is_plain=True)


def limit(rng: Random, lexicon: Lexicon) -> Parameter:
    is_high = rng.random() < 0.6
    noun = lexicon.fixed(rng, AMOUNTS) if rng.random() < 0.4 else lexicon.noun(rng)
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


def amount(rng: Random, lexicon: Lexicon) -> Parameter:
    noun = lexicon.fixed(rng, AMOUNTS) if rng.random() < 0.6 else lexicon.noun(rng)
    kind = rng.choice(("number", "number", "integer"))
    unit = rng.choice(_UNITS)
    measured = unit if "{}" in unit else f"{{}} {unit}"
    phrases = (
        *naming_phrases(noun),
        f" at a {noun} of {{}}",
        f" for a {noun} of {{}}",
        *(f" {word} {noun} of {measured}" for word in ("with a", "with a", "for a", "at a", "and a")),
        f" with {noun} {measured}",
        f" for {measured} {noun}",
    )
    sample = values.decimal if kind == "number" else values.whole
    return Parameter(noun, {"type": kind}, sample, phrases, noun, is_plain=True)


def place(rng: Random, lexicon: Lexicon) -> Parameter:
    name = lexicon.fixed(rng, PLACES)
    return Parameter(
        name,
        lexicon.string(rng, "place"),
        values.place,
        (" in {}", " in {}", " around {}", " near {}", " at {}", f" in the {name} {{}}"),
        name,
    )


def person(rng: Random, lexicon: Lexicon) -> Parameter:
    name = lexicon.fixed(rng, PERSONS)
    if rng.random() < 0.25:
        name += "_name"
    words = name.replace("_", " ")
    noun = words.removesuffix(" name") if words != "name" else "person"
    return Parameter(
        name,
        lexicon.string(rng, "person"),
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


def day(rng: Random, lexicon: Lexicon) -> Parameter:
    name = lexicon.fixed(rng, DAYS) if rng.random() < 0.6 else f"{lexicon.noun(rng)}_date"
    words = name.replace("_", " ")
    return Parameter(
        name,
        lexicon.string(rng, "date"),
        lambda rng: values.day(rng),
        (" on {}", " on {}", " for {}", " from {}", f" with {words} {{}}", f", {words} {{}}", " by {}"),
        words,
        speak=lambda value, rng: values.spoken_day(str(value), rng),
    )


def clock(rng: Random, lexicon: Lexicon) -> Parameter:
    name = lexicon.fixed(rng, CLOCKS) if rng.random() < 0.7 else f"{lexicon.noun(rng)}_time"
    words = name.replace("_", " ")
    return Parameter(
        name,
        lexicon.string(rng, "time"),
        values.clock,
        (" at {}", " at {}", f", {words} {{}}", " from {}", " around {}"),
        words,
    )


def flag(rng: Random, lexicon: Lexicon) -> Parameter:
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
        noun = lexicon.noun(rng)
        name, words = rng.choice((noun, f"include_{noun}", f"with_{noun}", f"has_{noun}")), noun
        phrases = (f" with {noun}", f", {noun} included", f" including {noun}", f" with a {noun}", f", and add {noun}")
        denied = (f" without {noun}", f", no {noun}", f" without a {noun}", f", {noun} excluded")
    return Parameter(
        name, {"type": "boolean"}, lambda rng: rng.random() < 0.7, phrases, words, denied=denied, is_plain=True
    )


def choice(rng: Random, lexicon: Lexicon) -> Parameter:
    noun = lexicon.fixed(rng, CHOICES) if rng.random() < 0.35 else lexicon.noun(rng)
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


def free_text(rng: Random, lexicon: Lexicon) -> Parameter:
    name = lexicon.fixed(rng, TEXTS)
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
    return Parameter(name, lexicon.string(rng, "text"), lambda rng: values.phrase(rng, lexicon), phrases, name)


def contact(rng: Random, lexicon: Lexicon) -> Parameter:
    names, sample, kind = rng.choice(
        ((MAILS, values.mail, "email"), (PHONES, values.phone, "phone"), (LINKS, values.link, "uri"))
    )
    name = lexicon.fixed(rng, names)
    words = name.replace("_", " ")
    return Parameter(
        name,
        lexicon.string(rng, kind),
        sample,
        (f" with {words} {{}}", f", {words} {{}}", " under {}", " at {}", " to {}"),
        words,
    )
