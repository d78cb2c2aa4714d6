"""Values by their schemas: what a generator that knows nothing else gives to a tool."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache, partial
from random import Random
from uuid import UUID
from zoneinfo import available_timezones

import jsonschema_rs
from pydantic import JsonValue

from ttpa.quickstart.schema_patterns import draw_match
from ttpa.records.json_shapes import as_list, as_object, objects_in, properties_of
from ttpa.records.record import JsonObject

_NAMES = (
    *("Lisbon", "Oslo", "Ann", "Kepler", "Maple", "Quartz", "Rivera", "Tromso", "Vega", "Willow", "Zenith", "Harbor"),
    *("Almeida", "Birch", "Cobalt", "Dover", "Ember", "Fjord", "Granite", "Hazel", "Indigo", "Juniper", "Kestrel"),
    *("Linden", "Mercer", "Nadir", "Orchid", "Poplar", "Ridge", "Sable", "Tundra", "Umber", "Violet", "Wren"),
)
_CURRENCIES = ("EUR", "USD", "GBP", "JPY", "CHF", "SEK", "CAD", "AUD", "INR", "BRL")
_EXAMPLE = re.compile(r"['\"]([^'\"\n]{1,40})['\"]")
"""A value that a description quotes."""
_FORMATS: dict[str, Callable[[Random], str]] = {
    "uuid": lambda rng: str(UUID(int=rng.getrandbits(128), version=4)),
    "duration": lambda rng: f"PT{rng.randrange(5, 60)}M",
    "ipv4": lambda rng: f"192.0.2.{rng.randrange(1, 255)}",
    "ipv6": lambda rng: f"2001:db8::{rng.randrange(1, 10000)}",
    "hostname": lambda rng: f"{rng.choice(_NAMES).lower()}.example.org",
}
"""Those that no name of a parameter tells."""
_LENGTHS = ("minLength", "maxLength")
_OPTIONAL_SHARE = 0.4
_REGIONS = ("Africa/", "America/", "Asia/", "Australia/", "Europe/", "Pacific/")


def draw_arguments(rng: Random, tool: JsonObject) -> dict[str, JsonValue]:
    """Values for all required parameters of a tool and some of the others, by their schemas."""
    schema = as_object(tool["parameters"])
    required = set(map(str, as_list(schema.get("required", []))))
    return {
        name: draw_value(rng, name, told)
        for name, told in properties_of(tool["parameters"]).items()
        if name in required or rng.random() < _OPTIONAL_SHARE
    }


def draw_value(rng: Random, name: str, schema: JsonObject) -> JsonValue:
    """A value that the schema allows, as far as types, enums, bounds, formats and usual patterns tell."""
    if options := as_list(schema.get("enum", [])):
        return rng.choice(options)
    if "const" in schema:
        return schema["const"]
    if parts := objects_in(schema.get("allOf", [])):
        return draw_value(rng, name, _merge([_without(schema, "allOf"), *parts]))
    for key in ("anyOf", "oneOf"):
        options = objects_in(schema.get(key, []))
        if choices := [one for one in options if one.get("type") != "null" and not _leads_back(one)]:
            return draw_value(rng, name, _merge([_without(schema, key), choices[0]]))
        if {"type": "null"} in options:
            return None
    kind = schema.get("type", "object" if "properties" in schema else None)
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "string")
    if kind in ("integer", "number"):
        return _number(rng, schema, is_whole=kind == "integer")
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "array":
        return _array(rng, name, schema)
    if kind == "object":
        return {key: draw_value(rng, key, told) for key, told in properties_of(schema).items() if not _leads_back(told)}
    return _text(rng, name, schema)


def _leads_back(schema: JsonObject) -> bool:
    """Whether it is described by what holds it, so that a value without it ends sooner."""
    return "$ref" in schema


def _without(schema: JsonObject, keyword: str) -> JsonObject:
    return {key: value for key, value in schema.items() if key != keyword}


def _merge(schemas: Sequence[JsonObject]) -> JsonObject:
    """One schema of several that hold together: of the last where they differ, with the properties of all."""
    merged: JsonObject = {key: value for schema in schemas for key, value in schema.items()}
    if properties := {name: told for schema in schemas for name, told in properties_of(schema).items()}:
        merged["properties"] = dict[str, JsonValue](properties)
    return merged


def _array(rng: Random, name: str, schema: JsonObject) -> JsonValue:
    """All items that have schemas of their own; beyond them as few others as may be, or one more."""
    first = [draw_value(rng, name, told) for told in objects_in(schema.get("prefixItems", []))]
    few = max(int(_bound(schema, "minItems") or 1), 1)
    most = _bound(schema, "maxItems")
    many = few if first else few + rng.randint(0, 1)
    if _leads_back(as_object(schema.get("items", {}))):
        return [*first]
    item = {"description": schema.get("description", ""), **as_object(schema.get("items", {}))}
    others = range(len(first), many if most is None else min(many, int(most)))
    return [*first, *(draw_value(rng, name, item) for _ in others)]


def _number(rng: Random, schema: JsonObject, *, is_whole: bool) -> JsonValue:
    low, high = _bounds(schema, is_whole=is_whole)
    value = rng.uniform(low, high)
    if is_whole:
        return min(math.floor(high), max(math.ceil(low), round(value)))
    rounded = (round(value, digits) for digits in (1, 2, 4, 8))
    return next((one for one in rounded if low <= one <= high), min(high, max(low, value)))


def _bounds(schema: JsonObject, *, is_whole: bool) -> tuple[float, float]:
    """Least and greatest, both allowed. Without bounds 1 to 99; a lone maximum leaves no more than it must below 1."""
    lows, highs = [_bound(schema, "minimum")], [_bound(schema, "maximum")]
    if (above := _bound(schema, "exclusiveMinimum")) is not None:
        lows.append(math.floor(above) + 1 if is_whole else math.nextafter(above, math.inf))
    if (below := _bound(schema, "exclusiveMaximum")) is not None:
        highs.append(math.ceil(below) - 1 if is_whole else math.nextafter(below, -math.inf))
    low = max((one for one in lows if one is not None), default=None)
    high = min((one for one in highs if one is not None), default=None)
    if low is None:
        low = 1.0 if high is None or high >= 1 else high - 98
    return low, low + 98 if high is None else high


def _bound(schema: JsonObject, key: str) -> float | None:
    told = schema.get(key)
    return told if isinstance(told, int | float) and not isinstance(told, bool) else None


def _text(rng: Random, name: str, schema: JsonObject) -> str:
    """A usual text where it fits, at the length that is due; else one by the pattern."""
    text = _usual_text(rng, name, schema)
    few, most = (int(_bound(schema, key) or 0) for key in _LENGTHS)
    while len(text) < few:
        text += f" {rng.choice(_NAMES)}"
    if most and len(text) > most:
        text = text[:most].strip().ljust(few, "x")
    rules = {key: schema[key] for key in ("pattern", *_LENGTHS) if key in schema}
    if "pattern" not in rules or jsonschema_rs.is_valid(rules, text):
        return text
    return draw_match(rng, str(rules["pattern"]), partial(jsonschema_rs.is_valid, rules)) or text


def _usual_text(rng: Random, name: str, schema: JsonObject) -> str:
    form, lowered, told = schema.get("format"), name.lower(), str(schema.get("description", ""))
    if "timezone" in f"{lowered} {told.lower()}".replace(" ", "").replace("_", ""):
        return rng.choice(_time_zones())
    if examples := _EXAMPLE.findall(told):
        return rng.choice(examples)
    if form in _FORMATS:
        return _FORMATS[form](rng)
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
    if "currency" in lowered:
        return rng.choice(_CURRENCIES)
    if lowered.endswith("id") or "code" in lowered or "number" in lowered:
        return f"{rng.choice('ABCDEF')}{rng.randrange(100, 1000)}"
    return f"{rng.choice(_NAMES)} {rng.choice(_NAMES)}" if rng.random() < 0.3 else rng.choice(_NAMES)


@cache
def _time_zones() -> tuple[str, ...]:
    """Places by region, in order; zones without a place (`EST`, `Etc/GMT+3`) are left out."""
    return tuple(sorted(zone for zone in available_timezones() if zone.startswith(_REGIONS)))
