"""Turns as each dialect writes them, mutated: what the parser makes of them is whole, and the scorer can judge it."""

import math
import random
from itertools import pairwise

from faults.names import BROKEN_NAMES, NAMES
from ttpa.dialects import DIALECTS, Dialect, TurnText
from ttpa.records.messages import AssistantMessage
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.score import CompiledTools, ScoreConfig, TurnScorer, explain
from ttpa.stages.score.stage import score_text

_TOOLS = tuple(
    ToolSpec(
        name=name,
        parameters={
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "at": {"type": "object", "properties": {"é": {"type": ["number", "null"]}}},
            },
            "required": ["city"],
        },
    )
    for name in ("find", "book_room", "x-1")
)
_VALUES = ("Lisbon", "", 'a "quoted" \\ text', "\u202ereversed\u0000", "3", "[f(x=1)]", "é" * 9)
_PIECES = (
    *('"', "'", "\\", "{", "}", "[", "]", "(", ")", ",", ":", ";", "=", "*", "**", "\n", " ", "\t", "\x00", "\ud800"),
    *("\ufeff", "\u2028", "<tool_call>", "</tool_call>", "[TOOL_CALLS]", "[ARGS]", "<|python_tag|>", "```json", "```"),
    *('{"name": "find", "arguments": ', '"parameters": {', "null", "NaN", "-0", "1e999", "9" * 500, "True", "\\ud83d"),
    *("[" * 70, '{"a":' * 70, "find(", "lambda: 0", "__import__('os')", *NAMES, *BROKEN_NAMES),
)


def try_texts(count: int, seed: int) -> int:
    """Reads and scores so many mutated turns; how many of them still held calls."""
    rng = random.Random(seed)
    read, with_calls = 0, 0
    tools = CompiledTools(_TOOLS)
    while read < count:
        dialect = rng.choice(list(DIALECTS.values()))
        calls = tuple(_call(rng) for _ in range(rng.choice((1, 1, 2, 3))))
        whole = dialect.write_turn(AssistantMessage(content=rng.choice(("", "Well.")), tool_calls=calls))
        scorer = TurnScorer(calls, tools, strings=ScoreConfig().strings)
        for _ in range(10):
            text = _mutated(whole, rng)
            try:
                with_calls += _is_read(text, dialect, scorer)
            except Exception as failure:
                raise AssertionError(f"{dialect.name} at {text!r}: {type(failure).__name__}: {failure}") from failure
            read += 1
    return with_calls


def _is_read(text: str, dialect: Dialect, scorer: TurnScorer) -> bool:
    turn = dialect.read_turn(text)
    _require_whole(text, turn)
    verdict = score_text(scorer, turn)
    assert math.isfinite(verdict.score)
    assert 0.0 <= verdict.score <= 1.0
    assert (verdict.score == 1.0) == (not verdict.errors)
    assert explain(verdict.errors)
    return bool(turn.calls)


def _require_whole(text: str, turn: TurnText) -> None:
    assert (turn.calls is None) == (turn.problem is not None)
    assert all(0 <= span.start < span.end <= len(text) for span in turn.spans)
    assert all(before.end <= after.start for before, after in pairwise(turn.spans))
    for call in turn.calls or ():
        assert ToolCall.model_validate_json(call.model_dump_json()) == call, "what was read can be kept"


def _call(rng: random.Random) -> ToolCall:
    arguments = {
        "city": rng.choice(_VALUES),
        "days": rng.choice((0, -1, 3, 10**30)),
        "tags": [rng.choice(_VALUES) for _ in range(rng.randrange(3))],
        "at": {"é": rng.choice((None, 1.5, 1e300, -0.0))},
    }
    kept = rng.sample(sorted(arguments), rng.randrange(1, 5))
    return ToolCall.model_validate(
        {"name": rng.choice(_TOOLS).name, "arguments": {name: arguments[name] for name in kept}}
    )


def _mutated(text: str, rng: random.Random) -> str:
    """The text after one to four acts of carelessness or malice."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4))):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice((1, 1, 2, 5, 20)))
        match rng.randrange(7):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:start] + rng.choice(_PIECES) + text[start:]
            case 2:
                text = text[:start] + rng.choice(_PIECES) + text[end:]
            case 3:
                text = text[:start] + text[start:end] * rng.choice((2, 3, 40)) + text[end:]
            case 4:
                text = text[:start] if rng.random() < 0.5 else text[start:]
            case 5:
                text = text[:start] + text[start:end][::-1] + text[end:]
            case _:
                text = text[:start] + chr(rng.choice((rng.randrange(128), rng.randrange(0x110000)))) + text[end:]
    return text
