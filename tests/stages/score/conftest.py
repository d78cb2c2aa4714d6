"""Small tools and golds, and the shared data where it is there."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WEATHER = {
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
            "unit": {"type": "string", "enum": ["metric", "imperial"], "default": "metric"},
            "language": {"type": "string"},
        },
        "required": ["city", "days"],
    },
}
HOTELS = {
    "name": "get_hotels",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}
BOOKING = {
    "name": "book",
    "parameters": {
        "type": "object",
        "properties": {
            "date": {"type": "string", "format": "date"},
            "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "guests": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "age": {"type": "integer", "minimum": 0},
                        "is_member": {"type": "boolean", "default": False},
                    },
                    "required": ["name"],
                },
            },
            "price": {"type": "number"},
            "breakfast": {"type": "boolean"},
        },
        "required": ["date", "guests"],
    },
}
WEATHER_CALL = {"name": "get_weather", "arguments": {"city": "Paris", "days": 3, "unit": "imperial"}}
BOOKING_CALL = {
    "name": "book",
    "arguments": {
        "date": "2026-03-02",
        "code": "LIS",
        "guests": [{"name": "Ann", "age": 41}, {"name": "Bo", "is_member": True}],
        "price": 80.5,
    },
}


@pytest.fixture
def tools() -> list[dict[str, Any]]:
    """Three tools that offer something to every kind of error."""
    return [WEATHER, HOTELS, BOOKING]


@pytest.fixture
def weather() -> dict[str, Any]:
    """A right call of `get_weather`."""
    return WEATHER_CALL


@pytest.fixture
def booking() -> dict[str, Any]:
    """A right call of `book`, with objects inside of an array."""
    return BOOKING_CALL


@pytest.fixture(scope="session")
def converted() -> Path:
    """The folder of converted public data sets: `$TTPA_SHARED/data/converted`, by default beside the repository."""
    beside = Path(__file__).parents[3].parent / "shared"
    folder = Path(os.environ.get("TTPA_SHARED", beside)) / "data" / "converted"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there (set TTPA_SHARED)")
    return folder


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of one JSONL file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


@pytest.fixture(scope="session")
def records(converted: Path) -> dict[str, list[dict[str, Any]]]:
    """All records that have tools, by file name."""
    found = {
        path.stem: [each for each in read_records(path) if "tools" in each]
        for path in sorted(converted.glob("*.jsonl"))
    }
    return {name: each for name, each in found.items() if each}
