"""Keys stay out of every artefact: what comes from outside is cleaned of the keys that this process was given."""

import os
import re

HIDDEN = "[a key]"
_KEY_NAMES = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?$", re.IGNORECASE)
_SHORTEST = 8
"""Shorter values are words that may stand anywhere."""


def hide_keys(text: str) -> str:
    """The text with every key in it replaced: values of environment variables that are named as keys are."""
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST and value in text and _KEY_NAMES.search(name):
            text = text.replace(value, HIDDEN)
    return text
