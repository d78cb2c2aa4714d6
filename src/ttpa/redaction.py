"""Keys stay out of every artefact: what comes from outside is cleaned of the keys that this process was given."""

import base64
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
        if len(value) >= _SHORTEST and _KEY_NAMES.search(name):
            text = hide_key(text, value)
    return text


def hide_key(text: str, key: str) -> str:
    """The text with one key in it replaced, as it is and as requests send it: in base64 and in addresses."""
    errors = "surrogateescape"  # an environment may hold any bytes
    in_addresses = (quote(key, errors=errors), quote(key, safe="", errors=errors), quote_plus(key, errors=errors))
    for form in (key, as_basic(key), *in_addresses):
        text = text.replace(form, HIDDEN)
    return text


def as_basic(key: str) -> str:
    """`USER:PASSWORD` as basic authentication sends it."""
    return base64.b64encode(key.encode(errors="surrogateescape")).decode()
