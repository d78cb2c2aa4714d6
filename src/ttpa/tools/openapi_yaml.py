"""YAML as OpenAPI has it: that of version 1.2, of whose tags only those of JSON are allowed.

To YAML 1.1, which PyYAML reads, `NO` and `on` are booleans, `10:30` is a number, and dates are objects.
"""

import json
import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader
else:
    try:
        from yaml import CSafeLoader as SafeLoader  # many times faster, where PyYAML was built with it
    except ImportError:
        from yaml import SafeLoader

_TAG = "tag:yaml.org,2002:"
_NO_TEXTS = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"-?(?:0|[1-9][0-9]*)",
    "float": r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?",
    "merge": r"<<",
}
"""What is no text where it stands without quotes, by its tag; the first that matches holds."""


def read_yaml(text: str) -> object:
    """The value in the text, as JSON gives it.

    Raises `yaml.YAMLError` where it is no YAML, and `TypeError`, `ValueError` or `RecursionError` where it holds what
    JSON has not: a value of another kind, or one that holds itself.
    """
    return json.loads(json.dumps(yaml.load(text, _Loader)))  # noqa: S506 - it is a safe one


class _Loader(SafeLoader):
    """Knows no other values, and takes every key as a text."""

    yaml_implicit_resolvers = {
        None: [(f"{_TAG}{name}", re.compile(rf"^(?:{form})\Z")) for name, form in _NO_TEXTS.items()]
    }

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != f"{_TAG}merge":
                key.tag = f"{_TAG}str"
        super().flatten_mapping(node)
