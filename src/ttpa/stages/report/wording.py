"""How numbers, calls and untrusted text are worded in the report; escaping markup is Jinja's part."""

import math
from collections.abc import Sequence

from pydantic import JsonValue

from ttpa.records.scores import CallError
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolCall
from ttpa.visible_text import visible

NOTHING = "\N{EN DASH}"
"""Stands where there is no number."""

_BREAKS = {"\n": "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "\r": "\N{LEFTWARDS ARROW}", "\t": "\N{RIGHTWARDS ARROW}"}


def count(number: int) -> str:
    """`number` with thousands set apart: `3,895`."""
    return f"{number:,}"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A count with its noun: `1 pair`, `8,550 pairs`."""
    return f"{count(number)} {singular if number == 1 else plural or singular + 's'}"


def percent(share: float, digits: int = 1) -> str:
    """A share as a percentage: `86.0 %`."""
    return f"{100 * share:.{digits}f} %" if math.isfinite(share) else NOTHING


def points(difference: float) -> str:
    """A difference of shares in percentage points, always with its sign: `+4.2`."""
    return signed(100 * difference, 1)


def signed(number: float, digits: int) -> str:
    """`number` with its sign, a true minus."""
    if not math.isfinite(number):
        return NOTHING
    rounded = round(number, digits)
    sign = "+" if rounded > 0 else "\N{MINUS SIGN}" if rounded < 0 else "\N{PLUS-MINUS SIGN}"
    return f"{sign}{abs(rounded):.{digits}f}"


def decimal(number: float, digits: int = 3) -> str:
    """`number` with a fixed number of digits; small and large ones in powers of ten."""
    if not math.isfinite(number):
        return NOTHING
    if number and not 10**-digits <= abs(number) < 10**6:
        return f"{number:.1e}".replace("-", "\N{MINUS SIGN}")
    return f"{number:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def probability(logprob: float) -> float:
    """exp(`logprob`), held in [0, 1]; not a number stays one."""
    return math.exp(min(logprob, 0.0)) if not math.isnan(logprob) else math.nan


def odds(logprob: float) -> str:
    """A log-probability in nats as a percentage, `62 %`; very small ones as `< 0.1 %`."""
    share = probability(logprob)
    if math.isnan(share):
        return NOTHING
    if share < 0.001:
        return "< 0.1 %"
    return percent(share, 1 if share < 0.1 or 0.99 <= share < 1 else 0)


def duration(seconds: float | None) -> str:
    """Seconds as people say them: `4.2 s`, `3 min 20 s`, `2 h 5 min`; empty where they are not known."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def width(share: float) -> str:
    """A share as a CSS percentage from 0 to 100."""
    return f"{100 * min(max(share, 0.0), 1.0):.2f}%" if math.isfinite(share) else "0%"


def words(name: str) -> str:
    """An identifier as words: `wrong_value` -> `wrong value`."""
    return visible(name.replace("_", " "))


def piece(text: str) -> str:
    """A token's text on one line: line breaks and tabs as arrows, outer spaces as dots, no text as an empty box."""
    if not text:
        return "\N{WHITE SMALL SQUARE}"
    line = visible("".join(_BREAKS.get(character, character) for character in text))
    body = line.strip(" ")
    before = len(line) - len(line.lstrip(" "))
    after = len(line) - before - len(body)
    return "\N{MIDDLE DOT}" * before + body + "\N{MIDDLE DOT}" * after


def clipped(text: str, limit: int) -> str:
    """`text`, made visible and cut to `limit` characters, with a note of what was cut."""
    rest = len(text) - limit
    return visible(text) if rest <= 0 else f"{visible(text[:limit])} ... [{counted(rest, 'more character')} not shown]"


def call_text(call: ToolCall) -> str:
    """A call as a line of code: `get_weather(city="Paris", days=3)`."""
    arguments = ", ".join(f"{name}={canonical_json(value)}" for name, value in call.arguments.items())
    return clipped(f"{call.name}({arguments})", 1200)


def calls_text(calls: Sequence[ToolCall]) -> str:
    """Calls on a line each."""
    return "\n".join(call_text(call) for call in calls)


def error_place(error: CallError) -> str:
    """Where an error is: `call 1, $.city`."""
    place = [f"call {error.call}"] if error.call is not None else []
    return visible(", ".join([*place, error.path] if error.path is not None else place))


def value_text(value: JsonValue) -> str:
    """A JSON value as short text; empty for null, which stands for nothing to say."""
    return "" if value is None else clipped(canonical_json(value), 160)
