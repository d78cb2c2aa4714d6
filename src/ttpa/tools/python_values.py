"""What Python tools give, and what their state is, as JSON."""

import json
import re
from collections import UserList, deque
from collections.abc import Iterable, Iterator, Mapping, Set, ValuesView
from dataclasses import fields, is_dataclass
from functools import partial
from types import SimpleNamespace
from typing import cast

from pydantic import BaseModel
from pydantic_core import SchemaSerializer, to_jsonable_python
from pydantic_core.core_schema import any_schema

_IN_PYTHON = SchemaSerializer(any_schema())
"""Takes models and dataclasses apart, in whatever they stand, and leaves their values as Python has them."""
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}>")


def result_text(value: object) -> str:
    """What a tool gives, as a model reads it: a text as it is, dates, models and the like as JSON has them.

    Raises `TypeError` for a set: it has no order, so its text would change from run to run.
    """
    if isinstance(value, str):
        return value
    settled = _settle(value)
    _refuse_sets(_IN_PYTHON.to_python(settled))
    return json.dumps(to_jsonable_python(settled), ensure_ascii=False, allow_nan=False)


def _settle(value: object, above: frozenset[int] = frozenset()) -> object:
    """The value with lists in place of what gives its items once, as generators do: it is read twice."""
    if isinstance(value, str | int | float | None):
        return value
    if id(value) in above:
        raise ValueError("Circular reference detected")
    within = partial(_settle, above=above | {id(value)})
    if isinstance(value, dict):
        return {_settle_key(key): within(item) for key, item in cast("dict[object, object]", value).items()}
    if isinstance(value, list | tuple | deque | Iterator):
        return [within(item) for item in cast("Iterable[object]", value)]
    return value


def _settle_key(key: object) -> object:
    """The key as JSON has it where pydantic would write another. Raises `TypeError` for one that JSON cannot have."""
    if isinstance(key, tuple):
        raise TypeError("keys must be str, int, float, bool, None, dates and the like, not tuple")
    return "null" if key is None else key


def _refuse_sets(value: object) -> None:
    """Raises `TypeError` for one, wherever it stands: as JSON it would be a list like others."""
    if isinstance(value, dict):
        value = list(cast("dict[object, object]", value).values())
    if isinstance(value, list | tuple | deque):
        for item in cast("Iterable[object]", value):
            _refuse_sets(item)
    elif isinstance(value, set | frozenset):
        raise TypeError("Object of type set is not JSON serializable; a sorted list would be")
    elif isinstance(value, Iterator):  # in a model or dataclass, which has one reader
        raise TypeError("Object of type generator is not JSON serializable within another; a list would be")


def state_text(value: object) -> str:
    """A state as JSON with sorted keys: the same text for the same state, in every process."""
    return _text(_in_order(value))


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _in_order(value: object, above: frozenset[int] = frozenset()) -> object:
    """A value as JSON has it, sets sorted in whatever they stand: their order is another in each process.

    A dataclass or model gives the fields that it prints, below its name, for others may have the same, and an object
    that prints only where it lies gives all that it holds; the rest is as it prints itself. Raises `TypeError` for what
    tells nothing else. `_IN_PYTHON` would not do here: it fails where a dataclass is in a set.
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
    if isinstance(value, list | tuple | deque | UserList | ValuesView):
        return [within(item) for item in cast("Iterable[object]", value)]
    if isinstance(value, BaseModel):
        return {type(value).__qualname__: within({str(name): item for name, item in value.__repr_args__()})}
    if is_dataclass(value) and not isinstance(value, type):
        shown = {field.name: getattr(value, field.name) for field in fields(value) if field.repr}
        return {type(value).__qualname__: within(shown)}
    attributes = _attributes(value)
    return {type(value).__qualname__: within(attributes)} if attributes is not None else _as_it_prints(value)


def _attributes(value: object) -> Mapping[str, object] | None:
    """Of an object that prints only its address, or sets in no order; none of one that prints as it should."""
    kind = type(value)
    if (told := getattr(kind, "__attrs_attrs__", None)) is not None:
        return {attribute.name: getattr(value, attribute.name) for attribute in told if attribute.repr}
    prints_nothing = kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__
    if isinstance(value, SimpleNamespace) or (prints_nothing and hasattr(value, "__dict__")):
        return vars(value)
    return None


def _as_it_prints(value: object) -> str:
    text = str(value)
    if _ADDRESS.search(text):
        kind = type(value).__qualname__
        raise TypeError(f"an object of type {kind} prints an address, another in each process; give it a `__repr__`")
    return text
