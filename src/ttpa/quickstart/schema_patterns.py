"""Texts by a pattern: classes, groups, alternatives and repetitions are drawn, what looks ahead or back is not."""

import re
import string
from collections import deque
from collections.abc import Callable
from random import Random

Draw = Callable[[Random, int], str]
"""Draws a text; where the pattern allows any number of something, at most so many more than it must."""

_TOKEN = re.compile(r"\((?:\?:|\?P?<\w+>)?|\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|\{\d+(?:,\d*)?\}|.", re.DOTALL)
_TIMES = {"?": (0, 1), "*": (0, None), "+": (1, None)}
_USUAL, _OTHERS = string.ascii_letters + string.digits, f" {string.punctuation}"
_TRIES = 64


def draw_match(rng: Random, pattern: str, fits: Callable[[str], bool]) -> str | None:
    """A text that is drawn by the pattern and that `fits`; none where no such text is found."""
    try:
        draw = _Pattern(pattern).read()
    except (re.error, IndexError):  # a part that this does not know, or that is cut off
        return None
    drawn = (draw(rng, 4 + longer) for longer in range(_TRIES))
    return next((text for text in drawn if text.strip() and fits(text)), None)


class _Pattern:
    """A pattern that is read from left to right."""

    def __init__(self, pattern: str) -> None:
        self._tokens = deque(_TOKEN.findall(pattern))

    def read(self) -> Draw:
        """Alternatives, up to the end of the group that they stand in."""
        branches = [self._branch()]
        while self._next_is("|"):
            self._tokens.popleft()
            branches.append(self._branch())
        return lambda rng, more: rng.choice(branches)(rng, more)

    def _branch(self) -> Draw:
        parts: list[Draw] = []
        while self._tokens and not self._next_is("|", ")"):
            parts.append(self._part())
        return lambda rng, more: "".join(part(rng, more) for part in parts)

    def _part(self) -> Draw:
        token = self._tokens.popleft()
        if token.startswith("("):
            part = self.read()
            self._tokens.popleft()
        else:
            part = _character(token)
        if not self._next_is(*_TIMES) and not (self._tokens and re.match(r"\{\d", self._tokens[0])):
            return part
        few, most = _bounds(self._tokens.popleft())
        if self._next_is("?"):
            self._tokens.popleft()  # as few as will do, which makes no difference here

        def repeat(rng: Random, more: int) -> str:
            longest = few + more if most is None else min(most, few + more)
            return "".join(part(rng, more) for _ in range(rng.randint(few, longest)))

        return repeat

    def _next_is(self, *tokens: str) -> bool:
        return bool(self._tokens) and self._tokens[0] in tokens


def _bounds(times: str) -> tuple[int, int | None]:
    if times in _TIMES:
        return _TIMES[times]
    few, comma, most = times.strip("{}").partition(",")
    return int(few), int(most) if most else None if comma else int(few)


def _character(token: str) -> Draw:
    """One of the characters that a token matches, a letter or digit where it can be; `^` and `$` match none."""
    matches = re.compile(token).fullmatch
    some = [one for one in _USUAL if matches(one)] or [one for one in (*_OTHERS, token) if matches(one)]
    return lambda rng, _: rng.choice(some) if some else ""
