"""Words of a text in any script: what a question or a result says is looked for word by word."""

import re
from decimal import Decimal

from pydantic import JsonValue

from ttpa.records.json_shapes import leaves
from ttpa.records.strict_json import InvalidJson, read_json

_CHARACTERS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, kana and Han: no space parts their words."""
_UNSPACED = rf"{_CHARACTERS}\uac00-\ud7af"
"""These, and Hangul, where endings hang on the words."""
_WORD = re.compile(rf"[{_CHARACTERS}]|[^\W{_CHARACTERS}]+")
_CHARACTER = re.compile(f"[{_CHARACTERS}]")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_NUMBER = re.compile(rf"(?:(?<![^\W{_UNSPACED}])(?<!\d[{_UNSPACED}])-)?\d+(?:,\d{{3}})*(?:\.\d+)?")
"""A hyphen after a digit, its unit or a letter of a script with spaces is no minus: `3-5 nights`, `3日-5日`."""
_IS_SPACED = re.compile(rf"[^\W{_UNSPACED}]")


def fold(text: str) -> str:
    """The text in lower case, underscores as spaces, runs of white space as one space."""
    return " ".join(text.lower().replace("_", " ").split())


def split_words(text: str) -> list[str]:
    """The words of a folded text; of a script without spaces each character is one."""
    return _WORD.findall(fold(text))


def is_character(word: str) -> bool:
    """Whether a word is but a character, as `split_words` gives them of a script without spaces."""
    return _CHARACTER.match(word) is not None


def tells(text: str, value: JsonValue) -> bool:
    """Whether a text tells a text, a number or null: texts as whole words, numbers by value; null needs no telling."""
    if isinstance(value, int | float):
        read = Decimal if isinstance(value, int) else float  # a float would round a long integer
        return any(read(number.replace(",", "")) == value for number in _NUMBER.findall(text))
    return value is None or holds(text, str(value))


def read_result(content: str) -> JsonValue:
    """What a tool's result spells: a JSON value, else its text."""
    try:
        return read_json(content)
    except InvalidJson:
        return content


def told_by(content: str) -> str:
    """The text in which a result's values are looked up: as it stands, and its texts without JSON's escapes."""
    return "\n".join([content, *(leaf for _, leaf in leaves(read_result(content)) if isinstance(leaf, str))])


def holds(text: str, wanted: str) -> bool:
    """Whether a text holds another as whole words, whatever their case and spaces; it always holds nothing."""
    told, inside = fold(wanted), fold(text)
    start = inside.find(told)
    while start >= 0 and told:
        end = start + len(told)
        if not _goes_on(told[0], inside[start - 1 : start]) and not _goes_on(told[-1], inside[end : end + 1]):
            return True
        start = inside.find(told, start + 1)
    return not told


def _goes_on(edge: str, beside: str) -> bool:
    """Whether a word goes on beyond its edge; beside is nothing at the end of the text."""
    return _IS_SPACED.match(beside) is not None and _IS_UNSPACED.match(edge) is None
