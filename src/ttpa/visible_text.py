"""Text from outside, made harmless to show: in a terminal and on a page no character of it acts, each is seen."""

import unicodedata

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = ("Cc", "Cs")


def visible(text: str) -> str:
    """`text` with control characters, direction marks and lone surrogates spelled out; breaks and tabs stay."""
    return "".join(_spelled(character) for character in text)


def _spelled(character: str) -> str:
    if character in "\n\t" or (character not in _BIDI and unicodedata.category(character) not in _UNSEEN):
        return character
    return f"\\u{{{ord(character):x}}}"
