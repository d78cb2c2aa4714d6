"""Words of a text in any script: what a question says is looked for word by word."""

import re

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, kana, Han and Hangul: no space parts their words, or endings hang on them."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_BEFORE, _AFTER = rf"(?<![^\W{_UNSPACED}])", rf"(?![^\W{_UNSPACED}])"
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


def fold(text: str) -> str:
    """The text in lower case, underscores as spaces, runs of white space as one space."""
    return " ".join(text.lower().replace("_", " ").split())


def split_words(text: str) -> list[str]:
    """The words of a folded text; of a script without spaces each character is one."""
    return _WORD.findall(fold(text))


def holds(text: str, wanted: str) -> bool:
    """Whether a text holds another as whole words, whatever their case and spaces; it always holds nothing."""
    told = fold(wanted)
    if not told:
        return True
    before = "" if _IS_UNSPACED.match(told[0]) else _BEFORE
    after = "" if _IS_UNSPACED.match(told[-1]) else _AFTER
    return re.search(f"{before}{re.escape(told)}{after}", fold(text)) is not None
