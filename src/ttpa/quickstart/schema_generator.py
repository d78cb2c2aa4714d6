"""A generator without a model for any tools: it knows nothing but their schemas, and asks in plain words.

What it makes is right by construction like any other's, and as dull as schemas are: for trying a tool source, and a
pipeline over it, before an endpoint is paid.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from pydantic import JsonValue

from ttpa.errors import ModelError
from ttpa.models.base import ChatReply
from ttpa.records.messages import Message, UserMessage
from ttpa.records.record import JsonObject
from ttpa.records.strict_json import InvalidJson, read_json

_NAMES = (
    "Lisbon",
    "Oslo",
    "Ann",
    "Kepler",
    "Maple",
    "Quartz",
    "Rivera",
    "Tromso",
    "Vega",
    "Willow",
    "Zenith",
    "Harbor",
)
_EXAMPLE = re.compile(r"['\"]([^'\"\n]{1,40})['\"]")
"""A value that a description quotes."""
_OPTIONAL_SHARE = 0.4
_SECOND_CALL_SHARE = 0.3


class SchemaGenerator:
    """A `ChatModel` for the prompts of construction. Equal messages and seed give an equal reply."""

    identity = "schema-generator-1"

    def chat(self, messages: Sequence[Message], *, seed: int) -> ChatReply:
        """A JSON object for the request in the last user message. Raises `ModelError` for any other message."""
        prompt = next((m.content for m in reversed(messages) if isinstance(m, UserMessage)), "")
        try:
            asked = read_json(prompt)
        except InvalidJson as error:
            raise ModelError("the schema generator answers the requests of construction, and nothing else") from error
        assert isinstance(asked, dict)
        rng = Random(f"{seed}|{prompt}")
        reply = _REPLIES[str(asked["task"])](rng, asked)
        return ChatReply(json.dumps(reply, ensure_ascii=False))


def _scenario(rng: Random, asked: JsonObject) -> JsonObject:
    """Some tools, and for each of their arguments a fact."""
    tools = _objects(asked["tools"])
    bounds = [int(str(bound)) for bound in _list(asked["calls_wanted"])]
    count = min(len(tools), max(2, rng.randint(*bounds)))
    chosen = rng.sample(tools, count)
    facts = [_fact(tool, name, value) for tool in chosen for name, value in draw_arguments(rng, tool).items()]
    names: list[JsonValue] = [str(tool["name"]) for tool in chosen]
    about = " and ".join(_deed(tool) for tool in chosen)
    return {"situation": f"Somebody needs what {about}.", "constraints": list(facts), "tools": names}


def _calls(rng: Random, asked: JsonObject) -> JsonObject:
    """The next of the scenario's tools, now and then two; a value that an earlier result tells is taken from there."""
    scenario, memory = _dict(asked["scenario"]), _objects(asked["memory"])
    tools = {str(tool["name"]): tool for tool in _objects(asked["tools"])}
    made = {str(call["name"]) for step in memory for call in _objects(step["calls"])}
    waiting = [str(name) for name in _list(scenario["tools"]) if name not in made]
    told = dict(_leaves(_results(memory)))
    calls: list[JsonValue] = []
    for name in waiting[: 2 if rng.random() < _SECOND_CALL_SHARE else 1]:
        schemas = _properties(tools[name])
        given = _facts_of(name, scenario)
        known = {key: told[key] for key in given if key in told and _fits(told[key], schemas.get(key, {}))}
        calls.append({"name": name, "arguments": given | known})
    return {"calls": calls}


def _answer(rng: Random, asked: JsonObject) -> JsonObject:
    del rng
    told = [(name, value) for name, value in _leaves(_results(_objects(asked["memory"]))) if name]
    if not told:
        return {"answer": "It is done."}
    name, value = told[-1]
    return {"answer": f"It is done: {_words(name)} is {_say(value)}."}


def _question(rng: Random, asked: JsonObject) -> JsonObject:
    """What each call does, with the values that no earlier result tells."""
    memory = _objects(asked["memory"])
    scenario = _dict(asked["scenario"])
    said = str(scenario["situation"]).removeprefix("Somebody needs what ").removesuffix(".").split(" and ")
    deeds = dict(zip(map(str, _list(scenario["tools"])), said, strict=False))
    parts: list[str] = []
    earlier = ""
    for step in memory:
        for call in _objects(step["calls"]):
            arguments = {k: v for k, v in _dict(call["arguments"]).items() if not _is_told(v, earlier)}
            given = ", ".join(f"{_words(name)} {_say(value)}" for name, value in arguments.items())
            deed = deeds.get(str(call["name"]), "does the next thing")
            parts.append(f"what {deed}{f' ({given})' if given else ''}")
        earlier += " ".join(str(result["content"]) for result in _objects(step["results"]))
    opening = rng.choice(("I need {}.", "I want {}.", "I have to know {}."))
    return {"question": opening.format(", then ".join(parts))}


def _no_call(rng: Random, asked: JsonObject) -> JsonObject:
    wanted = _dict(asked["wanted"])
    given = draw_arguments(rng, wanted)
    withheld = asked.get("withheld")
    said = ", ".join(f"{_words(name)} {_say(value)}" for name, value in given.items() if name != withheld)
    question = f"I need what {_deed(wanted)}{f' ({said})' if said else ''}."
    if withheld is None:
        return {"situation": "Somebody asks.", "question": question, "answer": "I am sorry, I have no tool for that."}
    return {"situation": "Somebody asks.", "question": question, "answer": f"What is the {_words(str(withheld))}?"}


_REPLIES = {"scenario": _scenario, "calls": _calls, "answer": _answer, "question": _question, "no_call": _no_call}


def draw_arguments(rng: Random, tool: JsonObject) -> dict[str, JsonValue]:
    """Values for all required parameters of a tool and some of the others, by their schemas."""
    schema = _dict(tool["parameters"])
    required = set(map(str, _list(schema.get("required", []))))
    return {
        name: draw_value(rng, name, told)
        for name, told in _properties(tool).items()
        if name in required or rng.random() < _OPTIONAL_SHARE
    }


def draw_value(rng: Random, name: str, schema: JsonObject) -> JsonValue:
    """A value that the schema allows, as far as types, enums and bounds tell."""
    if options := _list(schema.get("enum", [])):
        return rng.choice(options)
    if "const" in schema:
        return schema["const"]
    for key in ("anyOf", "oneOf"):
        if choices := [one for one in _objects(schema.get(key, [])) if one.get("type") != "null"]:
            return draw_value(rng, name, choices[0])
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "string")
    if kind in ("integer", "number"):
        return _number(rng, schema, is_whole=kind == "integer")
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "array":
        few = max(int(str(schema.get("minItems", 1))), 1)
        item = {"description": schema.get("description", ""), **_dict(schema.get("items", {}))}
        return [draw_value(rng, name, item) for _ in range(few + rng.randint(0, 1))]
    if kind == "object":
        return {key: draw_value(rng, key, told) for key, told in _properties({"parameters": schema}).items()}
    return _text(rng, name, schema)


def _number(rng: Random, schema: JsonObject, *, is_whole: bool) -> JsonValue:
    low = float(str(schema.get("minimum", schema.get("exclusiveMinimum", 1))))
    high = float(str(schema.get("maximum", schema.get("exclusiveMaximum", low + 98))))
    value = rng.uniform(low, high)
    whole = min(int(high), max(int(low), round(value)))
    return whole if is_whole else round(value, 1)


def _text(rng: Random, name: str, schema: JsonObject) -> str:
    form, lowered, told = schema.get("format"), name.lower(), str(schema.get("description", ""))
    if examples := _EXAMPLE.findall(told):
        return rng.choice(examples)
    if "HH:MM" in told or lowered == "time" or form == "time":
        return f"{rng.randrange(24):02}:{rng.randrange(0, 60, 5):02}"
    day = date(2026, 1, 1) + timedelta(days=rng.randrange(365))
    if form == "date" or "date" in lowered:
        return day.isoformat()
    if form == "date-time":
        return f"{day.isoformat()}T{rng.randrange(24):02}:00:00"
    if form == "email" or "email" in lowered:
        return f"{rng.choice(_NAMES).lower()}@example.org"
    if form in ("uri", "url") or "url" in lowered:
        return f"https://example.org/{rng.choice(_NAMES).lower()}"
    if lowered.endswith("id") or "code" in lowered or "number" in lowered:
        return f"{rng.choice('ABCDEF')}{rng.randrange(100, 1000)}"
    return f"{rng.choice(_NAMES)} {rng.choice(_NAMES)}" if rng.random() < 0.3 else rng.choice(_NAMES)


def _fact(tool: JsonObject, name: str, value: JsonValue) -> str:
    return f"{tool['name']}: {name} = {json.dumps(value, ensure_ascii=False)}"


def _facts_of(tool: str, scenario: JsonObject) -> dict[str, JsonValue]:
    """The arguments that the scenario's facts fix for a tool."""
    found: dict[str, JsonValue] = {}
    for fact in _list(scenario["constraints"]):
        head, _, rest = str(fact).partition(": ")
        if head == tool:
            name, _, value = rest.partition(" = ")
            found[name] = json.loads(value)
    return found


def _deed(tool: JsonObject) -> str:
    """What a tool does, from the first sentence of its description, without its name and without `and`."""
    sentence = re.split(r"[.!\n]", str(tool.get("description") or "does something"))[0].strip()
    first, _, rest = sentence.partition(" ")
    sentence = f"{first.lower()} {rest}".strip()
    sentence = re.sub(rf"\b{re.escape(str(tool['name']))}\b", "it", sentence, flags=re.IGNORECASE)
    return sentence.replace(" and ", " or ")


def _results(memory: Sequence[JsonObject]) -> list[JsonValue]:
    found: list[JsonValue] = []
    for step in memory:
        for result in _objects(step["results"]):
            try:
                found.append(read_json(str(result["content"])))
            except InvalidJson:
                found.append(str(result["content"]))
    return found


def _leaves(value: JsonValue, name: str = "") -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, name)
    else:
        yield name, value


def _fits(value: JsonValue, schema: JsonObject) -> bool:
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    kind = kinds.get(str(schema.get("type")))
    if kind is None or (isinstance(value, bool) and kind is not bool):
        return False
    options = _list(schema.get("enum", []))
    return isinstance(value, kind) and (not options or value in options)


def _is_told(value: JsonValue, earlier: str) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and str(value) in earlier


def _say(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(_say(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{_words(key)} {_say(item)}" for key, item in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def _words(name: str) -> str:
    """`fromCity` and `from_city` as `from city`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()


def _properties(tool: JsonObject) -> dict[str, JsonObject]:
    return {name: _dict(told) for name, told in _dict(_dict(tool["parameters"]).get("properties", {})).items()}


def _dict(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _objects(value: JsonValue) -> list[JsonObject]:
    return [item for item in _list(value) if isinstance(item, dict)]
