"""Keys stay out of every artefact: what comes from outside is cleaned of the keys that this process was given.

Addresses are told without the parts that may hold one.
"""

import base64
import json
import os
import re
from urllib.parse import quote, quote_plus, unquote

HIDDEN = "[a key]"
NAMED = "TTPA_NAMED_KEYS"
"""The variable that tells a worker process the names, with commas between them, of those that its config gives it."""
_KEY_NAMES = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?$", re.IGNORECASE)
_SHORTEST = 8
"""Shorter values are words that may stand anywhere."""
_PASSWORDS = (
    re.compile(r"^[\w+.-]+://[^/?#:@]*:([^/?#]+)@"),
    re.compile(r"^[\w+.-]+://[^/?#:@\[]*:(?!\d*[/?#])(.+)@", re.DOTALL),
)
"""In an address: as it should stand there, and with marks in it that should have been encoded."""
_ADDRESS = re.compile(
    r"""
    (?P<scheme> \b[a-z][a-z0-9+.-]*:// )
    (?: [^\s/?\#"<>`]* @ | [^\s/?\#:@\["<>`]* : (?!\d*[/?\#]) [^\s"<>`]* @ )?
    (?P<place> (?: [^\s?\#"'<>`] | '(?=\w) )* )
    (?: [?\#] (?: [^\s"'<>`] | '(?=\w) )* )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""It ends where a text goes on: at a space, a bracket or a quote, but not at an apostrophe within a word."""


def hide_keys(text: str) -> str:
    """The text with every key in it replaced: values of environment variables that are named as keys are.

    In a worker process those of all variables that its config gives it, too.
    """
    given = os.environ.get(NAMED, "").split(",")
    for name, value in os.environ.items():
        if name in given or _KEY_NAMES.search(name):
            text = hide_value(text, value)
    return text


def hide_value(text: str, value: str) -> str:
    """The text with the value of a variable replaced, and with the password alone where the value is an address."""
    value = value.strip()  # what reads it from a file may leave its newline, and what sends it takes that off
    for key in (value, *_passwords(value)):
        if len(key) >= _SHORTEST:
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


def cut_addresses(text: str) -> str:
    """The text with every address in it cut to scheme, host and path: what stands around them may be a key."""
    return _ADDRESS.sub(r"\g<scheme>\g<place>", text)


def _passwords(value: str) -> tuple[str, ...]:
    """The password in an address, as it stands there and as it is used; nothing in what is none or has none."""
    found = next((match[1] for match in (form.match(value) for form in _PASSWORDS) if match), "")
    return (found, unquote(found, errors="surrogateescape"))


def as_basic(key: str) -> str:
    """`USER:PASSWORD` as basic authentication sends it."""
    return base64.b64encode(key.encode(errors="surrogateescape")).decode()
