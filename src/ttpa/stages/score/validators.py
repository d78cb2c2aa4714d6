"""The validation library, bounded: it reads nothing from elsewhere, and no pattern takes long."""

import re
from datetime import datetime
from functools import lru_cache

import jsonschema_rs

from ttpa.records.record import JsonObject, JsonValue


def compile_validator(schema: JsonObject) -> jsonschema_rs.Draft202012Validator:
    """A validator that reads nothing from elsewhere and whose patterns take bounded time. Raises `ValueError`."""
    return jsonschema_rs.Draft202012Validator(
        schema,
        validate_formats=True,
        formats={"time": _is_time, "date-time": _is_date_time},
        retriever=_refuse,
        pattern_options=jsonschema_rs.FancyRegexOptions(
            backtrack_limit=20_000, size_limit=1_000_000, dfa_size_limit=1_000_000
        ),
    )


_TIME = r"\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|z|[+-]\d{2}:?\d{2})?"
_IS_TIME = re.compile(_TIME, re.ASCII)
_IS_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]" + _TIME, re.ASCII)
_LEAP_SECOND = re.compile(r"(:\d{2}):60")


def _is_time(value: str) -> bool:
    """`10:30` counts: schemas for tools say `time` and seldom mean RFC 3339 with its offset."""
    return _IS_TIME.fullmatch(value) is not None and _is_possible(f"2000-01-01T{value}")


def _is_date_time(value: str) -> bool:
    return _IS_DATE_TIME.fullmatch(value) is not None and _is_possible(value)


def _is_possible(date_time: str) -> bool:
    """Whether there is such a day and such a time of the day."""
    try:
        datetime.fromisoformat(_LEAP_SECOND.sub(r"\1:59", date_time.upper()))
    except ValueError:
        return False
    return True


def _refuse(uri: str) -> JsonValue:
    raise ValueError(f"{uri} is not part of the schema")


@lru_cache(maxsize=4096)
def has_pattern(text: str, pattern: str) -> bool:
    """Whether `pattern` is found in `text`; not where looking for it takes too long."""
    return compile_validator({"pattern": pattern}).is_valid(text)


def has_type(value: JsonValue, types: str | list[str]) -> bool:
    """Whether the JSON type of `value` is among `types` (3.0 is an integer, a boolean is none)."""
    return jsonschema_rs.Draft202012Validator({"type": types}).is_valid(value)
