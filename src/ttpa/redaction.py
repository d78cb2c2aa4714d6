"""Keys stay out of every artefact: what comes from outside is cleaned of the keys that this process was given.

Addresses are told without the parts that may hold one.
"""

import base64
import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
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


_IN_HTML: tuple[Mapping[str, str], ...] = (
    {},
    {"&quot;": "&#34;", "&#x27;": "&#39;"},
    {"&#x27;": "&#039;"},
    {"=": "&#x3D;", "`": "&#x60;"},
    {"=": "&#x3D;", "`": "&#x60;", "/": "&#x2F;", "&#x27;": "&#39;"},
)
"""Where what writes HTML writes a mark otherwise than Python: nowhere, Jinja, PHP, Handlebars, Mustache."""


def hide_keys(text: str) -> str:
    """The text with every key in it replaced: values of environment variables that are named as keys are.

    In a worker process those of all variables that its config gives it, too.
    """
    given = os.environ.get(NAMED, "").split(",")
    return hide_values(text, [value for name, value in os.environ.items() if name in given or _KEY_NAMES.search(name)])


def hide_values(text: str, values: Iterable[str]) -> str:
    """The text with the values of variables replaced, and with the password alone where a value is an address."""
    return hide(text, [key for value in values for key in keys_in(value)])


def keys_in(value: str) -> list[str]:
    """What is to be hidden of a variable's value: itself and the password in it, where they are no mere words."""
    value = value.strip()  # what reads it from a file may leave its newline, and what sends it takes that off
    return [key for key in (value, *_passwords(value)) if len(key) >= _SHORTEST]


def hide(text: str, keys: Iterable[str]) -> str:
    """The text with all keys in it replaced, in whatever form; of those that overlap no part is left."""
    forms = {form for key in keys if key for form in _forms(key)}
    found = sorted(place for form in forms for place in _places(text, form))
    if not found:
        return text
    hidden: list[tuple[int, int]] = []
    for begin, end in found:
        if hidden and begin < hidden[-1][1]:
            hidden[-1] = (hidden[-1][0], max(end, hidden[-1][1]))
        else:
            hidden.append((begin, end))
    ends = [0, *(end for _, end in hidden)]
    begins = [*(begin for begin, _ in hidden), len(text)]
    return HIDDEN.join(text[end:begin] for end, begin in zip(ends, begins, strict=True))


def _places(text: str, form: str) -> Iterator[tuple[int, int]]:
    begin = text.find(form)
    while begin >= 0:
        yield begin, begin + len(form)
        begin = text.find(form, begin + len(form))


@lru_cache(maxsize=256)
def _forms(key: str) -> frozenset[str]:
    """The key as it is, as requests send it, and as programs print it."""
    errors = "surrogateescape"  # an environment may hold any bytes
    in_addresses = (quote(key, errors=errors), quote(key, safe="", errors=errors), quote_plus(key, errors=errors))
    in_json = (json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1])
    by_php = [form.replace("/", "\\/") for form in in_json]
    printed = (repr(key)[1:-1], repr(key.encode(errors=errors))[2:-1], *in_json, *by_php)
    in_html = [_replace(html.escape(key), marks) for marks in _IN_HTML]
    return frozenset((key, as_basic(key), *in_addresses, *printed, *in_html))


def _replace(text: str, marks: Mapping[str, str]) -> str:
    for mark, written in marks.items():
        text = text.replace(mark, written)
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
