"""The released formula, faults included, to compare with; what is wrong with it stands in docs/scoring.md."""

import math
from collections.abc import Mapping, Sequence

from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.score.match import match

_CLASSES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def authors_score(candidate: ToolCall | None, reference: ToolCall, tools: Mapping[str, ToolSpec]) -> float:
    """The released code's score of one call in [0, 1] (METHOD 3, `authors_compat`); `tools` by name.

    Its properties and required list are those of the candidate's tool, and `required` asks about the gold arguments.
    What is no such thing in a schema (a list of properties, a type's name for a member's schema) counts as empty.
    """
    if candidate is None:
        return 0.0
    given, gold = candidate.arguments, reference.arguments
    if not given:
        return 1.0 if not gold and candidate.name == reference.name else 0.0
    tool = tools.get(candidate.name)
    parameters: JsonObject = tool.parameters if tool is not None else {}
    stated, listed = parameters.get("properties"), parameters.get("required")
    properties = stated if isinstance(stated, dict) else {}
    required = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    count = max(len(given), len(gold))
    name = 1.0 if candidate.name == reference.name else 0.0
    met = sum(each in gold for each in required) / len(required) if required else 1.0
    keys = sum(each in properties for each in given) / count
    types = sum(_has_class(value, properties[each]) for each, value in given.items() if each in properties) / count
    values = sum(_likeness(value, gold[each]) for each, value in given.items() if each in gold) / count
    return (3 * name + 3 * met + keys + 2 * types + 2 * values) / 11


def authors_turn_score(
    candidate: Sequence[ToolCall] | None, reference: Sequence[ToolCall], tools: Sequence[ToolSpec]
) -> float:
    """The same for a turn (ours: the released code knows turns of one call): the mean over its matched calls.

    An unmatched call and a turn that cannot be read (`candidate` is none) score 0; no call where none is due scores 1.
    """
    if candidate is None:
        return 0.0
    if not candidate and not reference:
        return 1.0
    known = {tool.name: tool for tool in tools}
    scores = [[authors_score(call, due, known) for call in candidate] for due in reference]
    matched = [scores[row][column] for row, column in enumerate(match(scores)) if column is not None]
    return math.fsum(matched) / max(len(candidate), len(reference))


def _has_class(value: JsonValue, schema: JsonValue) -> bool:
    stated = schema.get("type") if isinstance(schema, dict) else None
    return isinstance(stated, str) and stated in _CLASSES and isinstance(value, _CLASSES[stated])


def _likeness(value: JsonValue, gold: JsonValue) -> float:
    if value == gold:
        return 1.0
    if not isinstance(value, str) or not isinstance(gold, str):
        return 0.0
    return 0.5 * (value.lower() == gold.lower()) + 0.5 * (value in gold or gold in value)
