"""A generator without a model for any tools: it knows nothing but their schemas, and asks in plain words.

What it makes is right by construction like any other's, and as dull as schemas are: for trying a tool source, and a
pipeline over it, before an endpoint is paid.
"""

import json
import re
from collections.abc import Sequence
from random import Random

from pydantic import JsonValue

from ttpa.errors import ModelError
from ttpa.models.base import ChatReply
from ttpa.quickstart.schema_values import draw_arguments
from ttpa.records.json_shapes import as_list, as_object, leaves, objects_in, properties_of
from ttpa.records.messages import Message, UserMessage
from ttpa.records.record import JsonObject
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.stages.construct.checks import stands_in

_AND, _THEN = " and ", ", then "
"""Between what is done in one turn, and between turns: the question tells which calls stand together."""
_JOINTS = {"side by side": (_AND,), "chain": (_THEN,), "free": (_AND, _THEN)}
"""By the plan's shape."""
_SITUATION = "Somebody wants to "
_OPENINGS = ("Please {}.", "I want you to {}.", "Could you {}?")


class SchemaGenerator:
    """A `ChatModel` for the prompts of construction. Equal messages and seed give an equal reply."""

    identity = "schema-generator-6"

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
    """Some tools in turns as the shape wants them, and for each of their arguments a fact."""
    tools = objects_in(asked["tools"])
    bounds = [int(str(bound)) for bound in as_list(asked["calls_wanted"])]
    count = min(len(tools), max(2, rng.randint(*bounds)))
    chosen = rng.sample(tools, count)
    facts = [_fact(tool, name, value) for tool in chosen for name, value in draw_arguments(rng, tool).items()]
    names: list[JsonValue] = [str(tool["name"]) for tool in chosen]
    joints = _JOINTS[str(asked["shape"])]
    about = _deed(chosen[0]) + "".join(rng.choice(joints) + _deed(tool) for tool in chosen[1:])
    return {"situation": f"{_SITUATION}{about}.", "constraints": list(facts), "tools": names}


def _calls(rng: Random, asked: JsonObject) -> JsonObject:
    """The scenario's next turn; a value that an earlier result tells is taken from there.

    A call that failed is tried once more, with other values, and left out after that.
    """
    scenario, memory = as_object(asked["scenario"]), objects_in(asked["memory"])
    tools = {str(tool["name"]): tool for tool in objects_in(asked["tools"])}
    failed = [_failed_call(turn) for turn in objects_in(asked.get("failed", []))]
    made = {str(call["name"]) for turn in memory for call in objects_in(turn["calls"])}
    turns = _turns(scenario)
    # A turn that was made is over: what it lacks had failed, of which nothing is told any more.
    coming = turns[max((place for place, turn in enumerate(turns, 1) if made & turn.keys()), default=0) :]
    waiting = [left for turn in coming if (left := [name for name in turn if failed.count(name) < 2])]
    told = dict(leaves(_results(memory)))
    calls: list[JsonValue] = []
    for name in waiting[0] if waiting else ():
        schemas = properties_of(tools[name]["parameters"])
        given = draw_arguments(rng, tools[name]) if name in failed else _facts_of(name, scenario)
        known = {key: told[key] for key in given if key in told and _fits(told[key], schemas.get(key, {}))}
        calls.append({"name": name, "arguments": given | ({} if name in failed else known)})
    return {"calls": calls}


def _turns(scenario: JsonObject) -> list[dict[str, str]]:
    """What the scenario's tools are called for, by name, turn by turn."""
    names = iter(map(str, as_list(scenario["tools"])))
    said = str(scenario["situation"]).removeprefix(_SITUATION).removesuffix(".")
    return [{name: deed for deed, name in zip(turn.split(_AND), names, strict=False)} for turn in said.split(_THEN)]


def _failed_call(turn: JsonObject) -> str:
    """The name of the call that a turn failed by: the reason begins with it."""
    names = [str(call["name"]) for call in objects_in(turn["calls"])]
    return next((name for name in names if str(turn["why"]).startswith(f"{name}: ")), names[0])


def _answer(rng: Random, asked: JsonObject) -> JsonObject:
    del rng
    told = [(name, value) for name, value in leaves(_results(objects_in(asked["memory"]))) if name]
    if not told:
        return {"answer": "It is done."}
    name, value = told[-1]
    return {"answer": f"It is done: {_words(name)} is {_say(value)}."}


def _question(rng: Random, asked: JsonObject) -> JsonObject:
    """What each call does, with the values that no earlier result tells."""
    memory = objects_in(asked["memory"])
    deeds = {name: deed for turn in _turns(as_object(asked["scenario"])) for name, deed in turn.items()}
    turns: list[str] = []
    earlier = ""
    for step in memory:
        parts: list[str] = []
        for call in objects_in(step["calls"]):
            arguments = {k: v for k, v in as_object(call["arguments"]).items() if not _is_told(v, earlier)}
            given = ", ".join(f"{_words(name)} {_say(value)}" for name, value in arguments.items())
            deed = deeds.get(str(call["name"]), "do the next thing")
            parts.append(f"{deed}{f' ({given})' if given else ''}")
        turns.append(_AND.join(parts))
        earlier += " ".join(str(result["content"]) for result in objects_in(step["results"]))
    return {"question": _asked(rng, _THEN.join(turns))}


def _no_call(rng: Random, asked: JsonObject) -> JsonObject:
    wanted = as_object(asked["wanted"])
    given = draw_arguments(rng, wanted)
    withheld = asked.get("withheld")
    said = ", ".join(f"{_words(name)} {_say(value)}" for name, value in given.items() if name != withheld)
    question = _asked(rng, f"{_deed(wanted)}{f' ({said})' if said else ''}")
    if withheld is None:
        return {"situation": "Somebody asks.", "question": question, "answer": "I am sorry, I have no tool for that."}
    return {"situation": "Somebody asks.", "question": question, "answer": f"What is the {_words(str(withheld))}?"}


_REPLIES = {"scenario": _scenario, "calls": _calls, "answer": _answer, "question": _question, "no_call": _no_call}


def _fact(tool: JsonObject, name: str, value: JsonValue) -> str:
    return f"{tool['name']}: {name} = {json.dumps(value, ensure_ascii=False)}"


def _facts_of(tool: str, scenario: JsonObject) -> dict[str, JsonValue]:
    """The arguments that the scenario's facts fix for a tool."""
    found: dict[str, JsonValue] = {}
    for fact in as_list(scenario["constraints"]):
        head, _, rest = str(fact).partition(": ")
        if head == tool:
            name, _, value = rest.partition(" = ")
            found[name] = json.loads(value)
    return found


def _deed(tool: JsonObject) -> str:
    """What to do, from the first sentence of a tool's description, without its name, `and` and `then`."""
    sentence = re.split(r"[.!\n]", str(tool.get("description") or "do something"))[0].strip()
    first, _, rest = sentence.partition(" ")
    sentence = f"{_imperative(first.lower())} {rest}".strip()
    sentence = re.sub(rf"\b{re.escape(str(tool['name']))}\b", "it", sentence, flags=re.IGNORECASE)
    return sentence.replace(_AND, " or ").replace(_THEN, ", ")


def _imperative(verb: str) -> str:
    """`finds` and `searches` as `find` and `search`."""
    if re.search(r"(ch|sh|ss|x|z)es$", verb):
        return verb.removesuffix("es")
    if len(verb) > 4 and verb.endswith("ies"):
        return f"{verb.removesuffix('ies')}y"
    return verb if verb.endswith(("ss", "us", "is")) else verb.removesuffix("s")


def _asked(rng: Random, deeds: str) -> str:
    return rng.choice(_OPENINGS).format(deeds)


def _results(memory: Sequence[JsonObject]) -> list[JsonValue]:
    found: list[JsonValue] = []
    for step in memory:
        for result in objects_in(step["results"]):
            try:
                found.append(read_json(str(result["content"])))
            except InvalidJson:
                found.append(str(result["content"]))
    return found


def _fits(value: JsonValue, schema: JsonObject) -> bool:
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    kind = kinds.get(str(schema.get("type")))
    if kind is None or (isinstance(value, bool) and kind is not bool):
        return False
    options = as_list(schema.get("enum", []))
    return isinstance(value, kind) and (not options or value in options)


def _is_told(value: JsonValue, earlier: str) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and stands_in(value, earlier, "")


def _say(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(_say(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{_words(key)} {_say(item)}" for key, item in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def _words(name: str) -> str:
    """`fromCity` and `from_city` as `from city`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()
