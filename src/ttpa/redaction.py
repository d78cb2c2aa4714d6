"""Keys stay out of every artefact: what comes from outside is cleaned of the keys that this process was given."""

import base64
import json
import os
import re
from urllib.parse import quote, quote_plus

HIDDEN = "[a key]"
_KEY_NAMES = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?$", re.IGNORECASE)
_SHORTEST = 8
"""Shorter values are words that may stand anywhere."""


def hide_keys(text: str) -> str:
    """The text with every key in it replaced: values of environment variables that are named as keys are."""
    for name, value in os.environ.items():
        key = value.strip()  # what reads it from a file may leave its newline, and what sends it takes that off
        if len(key) >= _SHORTEST and _KEY_NAMES.search(name):
            text = hide_key(text, key)
    return text


def hide_key(text: str, key: str) -> str:
    """The text with one key in it replaced: as it is, as requests send it, and as Python and JSON print it."""
    errors = "surrogateescape"  # an environment may hold any bytes
    in_addresses = (quote(key, errors=errors), quote(key, safe="", errors=errors), quote_plus(key, errors=errors))
    in_json = (json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1])
    printed = (repr(key)[1:-1], repr(key.encode(errors=errors))[2:-1], *in_json)
    for form in dict.fromkeys((key, as_basic(key), *in_addresses, *printed)):
        text = text.replace(form, HIDDEN)
    return text


def as_basic(key: str) -> str:
    """`USER:PASSWORD` as basic authentication sends it."""
    return base64.b64encode(key.encode(errors="surrogateescape")).decode()
