"""Generated tools: what they do, to what, with which parameters, and what they give back."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from pydantic import JsonValue

from ttpa.pretrain.lexicon import Lexicon, Word
from ttpa.pretrain.world import values
from ttpa.pretrain.world.parameter import OPTIONAL_SHARE, Parameter, optional, plural
from ttpa.pretrain.world.parameter_kinds import draw_parameters, id_of, route
from ttpa.pretrain.world.values import Sampler
from ttpa.records.record import JsonObject
from ttpa.records.tools import ToolSpec

Deed = Literal["find", "get", "create", "remove", "change", "send", "compute", "control"]


@dataclass(frozen=True, slots=True)
class Verbs:
    """A deed's words."""

    names: tuple[str, ...]
    """As tools are named."""
    descriptions: tuple[str, ...]
    """As descriptions begin."""
    requests: tuple[str, ...]
    """As people ask."""


VERBS: dict[Deed, Verbs] = {
    "find": Verbs(
        ("find", "search", "list", "query", "lookup", "browse"),
        ("Finds", "Searches for", "Lists", "Looks up", "Find", "Search for", "List"),
        ("find", "search for", "look for", "list", "look up"),
    ),
    "get": Verbs(
        ("get", "fetch", "read", "show", "retrieve", "view"),
        ("Gets", "Fetches", "Shows", "Returns", "Tells", "Get", "Retrieve", "Return"),
        ("get", "show me", "tell me", "give me", "fetch", "read", "retrieve"),
    ),
    "create": Verbs(
        ("create", "add", "book", "register", "make", "order", "open", "schedule", "reserve", "insert"),
        ("Creates", "Adds", "Books", "Registers", "Sets up", "Create", "Add", "Orders"),
        ("create", "add", "book", "set up", "register", "make", "reserve", "order"),
    ),
    "remove": Verbs(
        ("delete", "remove", "cancel", "drop", "close"),
        ("Deletes", "Removes", "Cancels", "Delete", "Cancel", "Removes"),
        ("delete", "remove", "cancel", "get rid of", "drop", "call off"),
    ),
    "change": Verbs(
        ("update", "change", "edit", "modify", "move", "set"),
        ("Updates", "Changes", "Edits", "Modifies", "Update", "Change"),
        ("update", "change", "edit", "modify", "adjust"),
    ),
    "send": Verbs(
        ("send", "share", "forward", "post", "submit", "deliver"),
        ("Sends", "Shares", "Forwards", "Submits", "Send", "Posts"),
        ("send", "share", "forward", "submit", "pass on"),
    ),
    "compute": Verbs(
        ("calculate", "compute", "estimate", "convert", "measure", "count"),
        ("Calculates", "Computes", "Estimates", "Works out", "Calculate", "Compute"),
        ("calculate", "compute", "work out", "estimate", "figure out"),
    ),
    "control": Verbs(
        ("start", "play", "run", "launch", "activate", "check", "track", "analyze"),
        ("Starts", "Runs", "Launches", "Starts", "Activates", "Start", "Run"),
        ("start", "run", "launch", "activate", "begin"),
    ),
}


@dataclass(frozen=True, slots=True)
class GeneratedTool:
    """A tool and how people speak of it."""

    spec: ToolSpec
    deed: Deed
    noun: str
    """What it deals with."""
    objects: tuple[str, ...]
    """How a question names that: `a blue folder`, `folders`."""
    parameters: tuple[Parameter, ...]
    fields: tuple[tuple[str, Sampler], ...]
    """What a result holds; first the id, where it gives one."""
    gives: str | None
    """The noun whose id its result holds."""

    @property
    def takes(self) -> str | None:
        """The noun whose id it needs."""
        return next((parameter.fills for parameter in self.parameters if parameter.fills), None)

    @property
    def gives_rows(self) -> bool:
        return self.deed == "find"

    def result(self, rng: Random) -> JsonValue:
        """What a call gives back."""
        if self.gives_rows:
            return [self._row(rng) for _ in range(rng.randint(1, 3))]
        return self._row(rng)

    def _row(self, rng: Random) -> JsonValue:
        return {name: sample(rng) for name, sample in self.fields}


def draw_tools(rng: Random, lexicon: Lexicon, count: int) -> list[GeneratedTool]:
    """`count` tools with names of their own, many of them look-alikes of one another."""
    style = rng.choices(("snake", "camel", "kebab"), (82, 14, 4))[0]
    tools: list[GeneratedTool] = []
    taken: set[tuple[str, str]] = set()
    while len(tools) < count:
        deed, noun, ids = _subject(rng, lexicon, tools)
        if (deed, noun.text) in taken or any(noun.text in (w := t.noun.split()) and noun.text != w[-1] for t in tools):
            continue
        tool = _make_tool(rng, lexicon, deed, noun, ids, style)
        if all(tool.spec.name != other.spec.name for other in tools):
            taken.add((deed, noun.text))
            tools.append(tool)
    rng.shuffle(tools)
    return tools


def _subject(rng: Random, lexicon: Lexicon, tools: Sequence[GeneratedTool]) -> tuple[Deed, Word, Sampler | None]:
    """What the next tool does to what: often something close to an earlier tool."""
    deeds: tuple[Deed, ...] = ("find", "get", "create", "remove", "change", "send", "compute", "control")
    weights = (20, 20, 18, 10, 10, 7, 9, 6)
    deed = rng.choices(deeds, weights)[0]
    if not tools or rng.random() < 0.4:
        return deed, lexicon.thing(rng), None
    other = rng.choice(tools)
    if rng.random() < 0.6:  # another deed on the same thing, whose ids look alike
        noun = Word(other.noun.split()[-1], ())
        return (
            deed,
            noun,
            next((p.sample for p in other.parameters if p.fills), other.fields[0][1] if other.gives else None),
        )
    return other.deed, lexicon.thing(rng), None


def _make_tool(rng: Random, lexicon: Lexicon, deed: Deed, noun: Word, ids: Sampler | None, style: str) -> GeneratedTool:
    verbs = VERBS[deed]
    verb = rng.choice(verbs.names)
    extra = ""
    if deed in ("get", "compute") and rng.random() < 0.6:
        extra = lexicon.quality(rng).text  # get_stock_price
    elif rng.random() < 0.25:
        extra = lexicon.adjective(rng)  # find_cheap_hotels
    is_aspect = deed in ("get", "compute") and bool(extra)
    head = noun.text
    thing = f"{head} {extra}" if is_aspect else f"{extra} {head}".strip()
    many = plural(thing) if not is_aspect else thing
    named = many if deed == "find" and rng.random() < 0.8 else thing
    name = style_name(f"{verb} {named}", style)
    sample = ids or values.make_code_sampler(rng)
    parameters = _draw_parameters(rng, lexicon, deed, head, sample)
    synonym = rng.choice(noun.synonyms) if noun.synonyms and rng.random() < 0.4 else None
    said = [_object(rng, deed, head, extra, is_aspect=is_aspect) for _ in range(2)]
    description = f"{rng.choice(verbs.descriptions)} {_object(rng, deed, synonym or head, extra, is_aspect=is_aspect)}"
    if synonym and rng.random() < 0.8:
        said.append(_object(rng, deed, synonym, extra, is_aspect=is_aspect))
    description += _circumstance(rng, lexicon, parameters)
    fields = _draw_fields(rng, lexicon, deed, head, sample)
    properties: JsonObject = {}
    for parameter in parameters:
        parameter_schema = dict(parameter.schema)
        parameter_schema["description"] = f"{parameter.words.capitalize()}."
        properties[parameter.name] = parameter_schema
    schema: JsonObject = {"type": "object", "properties": properties}
    schema["required"] = [parameter.name for parameter in parameters if parameter.is_required]
    return GeneratedTool(
        spec=ToolSpec(name=name, description=description + ".", parameters=schema),
        deed=deed,
        noun=f"{extra} {head}".strip() if not is_aspect else head,
        objects=tuple(dict.fromkeys(said)),
        parameters=tuple(parameters),
        fields=tuple(fields),
        gives=head if fields[0][0] == f"{head}_id" else None,
    )


def _draw_parameters(rng: Random, lexicon: Lexicon, deed: Deed, noun: str, ids: Sampler) -> list[Parameter]:
    drawn: list[Parameter] = []
    if deed in ("remove", "change", "send") or (deed in ("get", "control") and rng.random() < 0.45):
        if rng.random() < 0.85:
            drawn.append(id_of(noun, rng, ids))
    elif rng.random() < 0.07:
        drawn.extend(route(rng, lexicon))
    count = rng.choices((0, 1, 2, 3, 4), (25, 30, 25, 15, 5) if drawn else (0, 30, 35, 25, 10))[0]
    taken = {word for parameter in drawn for word in parameter.name.split("_")}
    drawn.extend(
        optional(rng, parameter) if rng.random() < OPTIONAL_SHARE else parameter
        for parameter in draw_parameters(rng, lexicon, count)
        if not taken & set(parameter.name.split("_"))
    )
    drawn = drawn or draw_parameters(rng, lexicon, 1)
    if rng.random() < 0.85:
        drawn.sort(key=lambda parameter: not parameter.is_required)
    return drawn


def _object(rng: Random, deed: Deed, noun: str, extra: str, *, is_aspect: bool) -> str:
    """`the price of a stock`, `cheap hotels`, `a meeting`."""
    if is_aspect:
        return rng.choice(
            (f"the {extra} of a {noun}", f"the {noun} {extra}", f"the {extra} of the {noun}", f"{noun} {extra}")
        )
    thing = f"{extra} {noun}".strip()
    if deed == "find":
        return plural(thing) if rng.random() < 0.85 else f"a {thing}"
    return rng.choice((f"a {thing}", f"the {thing}", f"a {thing}", thing, f"one {thing}"))


def _circumstance(rng: Random, lexicon: Lexicon, parameters: Sequence[Parameter]) -> str:
    kind = rng.randrange(5)
    required = [parameter.words for parameter in parameters if parameter.is_required]
    if kind == 0 and required:
        return f" by {required[0]}"
    if kind == 1 and required:
        return f" for a given {' and '.join(required[:2])}"
    if kind == 2:
        return f" in the {lexicon.thing(rng).text} system"
    return ""


def _draw_fields(rng: Random, lexicon: Lexicon, deed: Deed, noun: str, ids: Sampler) -> list[tuple[str, Sampler]]:
    fields: list[tuple[str, Sampler]] = []
    if deed in ("find", "create") or rng.random() < 0.15:
        fields.append((f"{noun}_id", ids))
    kinds: tuple[tuple[str, Sampler], ...] = (
        ("name", lambda rng: values.short_text(rng, lexicon)),
        (lexicon.quality(rng).text, values.whole),
        (lexicon.quality(rng).text, lambda rng: lexicon.adjective(rng)),
        ("status", lambda rng: rng.choice(("ok", "done", "open", "pending"))),
        ("total", values.decimal),
        (lexicon.thing(rng).text, lambda rng: values.short_text(rng, lexicon)),
    )
    known = {name for name, _ in fields}
    extra = rng.sample(kinds, rng.randint(1, 2))
    return fields + [(name, sample) for name, sample in dict(extra).items() if name not in known]


def style_name(words: str, style: str) -> str:
    """`find cheap hotels` as `find_cheap_hotels`, `findCheapHotels` or `find-cheap-hotels`."""
    first, *rest = words.split()
    if style == "camel":
        return first + "".join(word.capitalize() for word in rest)
    return ("_" if style == "snake" else "-").join([first, *rest])
