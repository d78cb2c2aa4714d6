"""A tool's result on its way to the model."""

from typing import cast

from ttpa.records.tools import ToolResult
from ttpa.redaction import hide_keys

RESULT_LIMIT = 20_000
"""Characters of a result that reach the model."""


def succeeded(text: str) -> ToolResult:
    """What a call gave, cut to what a model may read; the cut is marked."""
    return ToolResult(content=cap(text), ok=True)


def failed(reason: str) -> ToolResult:
    """Why a call gave nothing."""
    return ToolResult(content=cap(reason), ok=False)


def told(error: BaseException) -> str:
    """The type and text of what went wrong, without the groups that it came in; the type alone where it has no text."""
    if isinstance(error, BaseExceptionGroup):
        return told(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:  # anybody's class, which may fail to tell its text as well
        return name
    return f"{name}: {text}" if text else name


def cap(text: str) -> str:
    """The text without keys and lone surrogates, which no UTF-8 file can hold, and at most `RESULT_LIMIT` of it."""
    text = hide_keys(text)
    text = text.encode(errors="backslashreplace").decode()
    return text if len(text) <= RESULT_LIMIT else text[:RESULT_LIMIT] + f"... [cut: {len(text)} characters]"
