"""What Python tools give, and what their state is, as JSON."""

import json
from collections import deque
from collections.abc import Mapping, Sequence, Set, ValuesView
from dataclasses import fields, is_dataclass
from functools import partial
from typing import cast

from pydantic import BaseModel
from pydantic_core import SchemaSerializer, to_jsonable_python
from pydantic_core.core_schema import any_schema

_IN_PYTHON = SchemaSerializer(any_schema())
"""Takes models and dataclasses apart, in whatever they stand, and leaves their values as Python has them."""


def as_json(value: object) -> object:
    """A date, a model and the like as JSON has it; a set has no order, so its text would change from run to run."""
    if _holds_set(_IN_PYTHON.to_python(value)):  # as JSON it would be a list like others
        raise TypeError("Object of type set is not JSON serializable; a sorted list would be")
    return to_jsonable_python(value)


def _holds_set(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_set, cast("dict[object, object]", value).values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_set, cast("Sequence[object]", value)))
    return isinstance(value, set | frozenset)


def state_text(value: object) -> str:
    """A state as JSON with sorted keys: the same text for the same state, in every process."""
    return _text(_in_order(value))


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _in_order(value: object, above: frozenset[int] = frozenset()) -> object:
    """A value as JSON has it, sets sorted in whatever they stand: their order is another in each process.

    A dataclass or model gives the fields that it prints, below its name, for others may have the same; the rest is
    as it prints itself. `_IN_PYTHON` would not do here: it fails where a dataclass is in a set.
    """
    if isinstance(value, str | int | float | None):
        return value
    if id(value) in above:
        return "..."  # as Python prints what holds itself
    within = partial(_in_order, above=above | {id(value)})
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value)
        if all(isinstance(key, str) for key in items) or all(isinstance(key, int | float) for key in items):
            return {key: within(item) for key, item in items.items()}
        return sorted(([within(key), within(item)] for key, item in items.items()), key=_text)  # JSON has no such keys
    if isinstance(value, Set):
        return sorted(map(within, cast("Set[object]", value)), key=_text)
    if isinstance(value, list | tuple | deque | ValuesView):
        return [within(item) for item in cast("Sequence[object]", value)]
    if isinstance(value, BaseModel):
        return {type(value).__qualname__: within({str(name): item for name, item in value.__repr_args__()})}
    if is_dataclass(value) and not isinstance(value, type):
        shown = {field.name: getattr(value, field.name) for field in fields(value) if field.repr}
        return {type(value).__qualname__: within(shown)}
    return str(value)
