"""JSON that may be of any shape, taken as the shape that is due: what is of another is empty."""

from collections.abc import Iterator

from ttpa.records.record import JsonObject, JsonValue


def as_object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def objects_in(value: JsonValue) -> list[JsonObject]:
    """The objects of a list."""
    return [item for item in as_list(value) if isinstance(item, dict)]


def texts_in(value: JsonValue) -> list[str]:
    """The texts of a list."""
    return [item for item in as_list(value) if isinstance(item, str)]


def properties_of(schema: JsonValue) -> dict[str, JsonObject]:
    """The schema of each property of an object schema."""
    return {name: as_object(told) for name, told in as_object(as_object(schema).get("properties")).items()}


def leaves(value: JsonValue, name: str = "") -> Iterator[tuple[str, JsonValue]]:
    """The scalars in a value, each with the name of the parameter or property that holds it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, name)
    else:
        yield name, value
