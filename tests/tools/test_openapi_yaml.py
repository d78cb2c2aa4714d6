"""YAML as OpenAPI has it: what is a text there stays one."""

import json

import pytest
import yaml

from ttpa.tools.openapi_yaml import read_yaml


def test_what_only_old_yaml_takes_for_something_else_is_a_text() -> None:
    texts = [
        "NO",
        "on",
        "off",
        "yes",
        "10:30",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "0x1F",
        "010",
        "1_000",
        "=",
        ".inf",
    ]
    assert read_yaml(f"[{', '.join(texts)}]") == texts


def test_other_values_are_those_of_json() -> None:
    told = read_yaml("[null, ~, true, False, 1, -3, 0, 1.5, -0.25, 1e3, 'NO', \"1\", {a: }]")
    assert json.dumps(told) == json.dumps(
        [None, None, True, False, 1, -3, 0, 1.5, -0.25, 1000.0, "NO", "1", {"a": None}]
    )


def test_keys_are_texts_and_what_is_merged_stays() -> None:
    assert read_yaml("{on: 1, 200: 2, 1.10: 3, null: 4}") == {"on": 1, "200": 2, "1.10": 3, "null": 4}
    assert read_yaml("{a: &a {no: 1, b: 2}, c: {<<: *a, b: 3}}") == {"a": {"no": 1, "b": 2}, "c": {"no": 1, "b": 3}}


@pytest.mark.parametrize("text", ["!!timestamp 2024-01-01", "&a [*a]", "!!python/name:os.system x", "{[a]: 1}"])
def test_what_json_has_not_is_refused(text: str) -> None:
    with pytest.raises((yaml.YAMLError, TypeError, ValueError)):
        read_yaml(text)
