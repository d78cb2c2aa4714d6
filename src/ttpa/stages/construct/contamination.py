"""Questions of benchmarks that training data must not hold: read from their files, compared word by word."""

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from ttpa.errors import ConfigError
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.records.json_shapes import objects_in
from ttpa.records.record import JsonValue
from ttpa.records.words import is_character, split_words

_RUN = 10
"""Words in a row that two questions have in common only where one was written after the other.

A character of a script without spaces counts as half a word.
"""
_FEW = 4
"""Fewer words, a greeting or a yes, stand in many dialogues that have nothing else in common."""
_QUESTION_KEYS = ("question", "query", "instruction", "user_query", "prompt")


class BenchmarkQuestions:
    """All questions of some files, by their words."""

    def __init__(self, files: Sequence[str]) -> None:
        """Reads JSON or JSON lines of any shape: what users say in messages, texts under `question` and such.

        Raises `ConfigError` where a file cannot be read, or holds no question.
        """
        self._whole: dict[tuple[str, ...], str] = {}
        self._runs: dict[tuple[str, ...], str] = {}
        for file in files:
            count = 0
            for question in _questions(file):
                words = tuple(split_words(question))
                if words:
                    count += 1
                    self._whole.setdefault(words, file)
                    for run in _runs(words):
                        self._runs.setdefault(run, file)
            if not count:
                raise ConfigError(f"construct.avoid: {file!r} holds no question")

    def find(self, question: str) -> str | None:
        """The file in which the question stands, or a run of its words; none where it stands in none."""
        words = tuple(split_words(question))
        found = self._whole.get(words)
        return found or next((self._runs[run] for run in _runs(words) if run in self._runs), None)

    def find_dialogue(self, said: Sequence[str]) -> str | None:
        """The file in which something stands that the user of a dialogue says; none where it stands in none.

        A message of few words tells nothing by itself, but where everything that is said stands in the files.
        """
        found = [(text, self.find(text)) for text in said]
        telling = next((file for text, file in found if file and len(split_words(text)) >= _FEW), None)
        return telling or (found[0][1] if found and all(file for _, file in found) else None)


def drop_overlap(
    instructions: Sequence[Instruction], benchmarks: BenchmarkQuestions
) -> tuple[list[Instruction], list[Discard]]:
    """The instructions that no benchmark holds, in their order, and a discard for each of the others."""
    kept: list[Instruction] = []
    discards: list[Discard] = []
    for instruction in instructions:
        file = benchmarks.find(instruction.question)
        if file is None:
            kept.append(instruction)
        else:
            reason = DiscardReason.BENCHMARK_OVERLAP
            discards.append(Discard(id=instruction.id, stage="construct", reason=reason, detail=f"as in {file}"))
    return kept, discards


def _questions(file: str) -> Iterator[str]:
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"construct.avoid: {file!r} cannot be read: {error}") from error
    try:
        rows: list[JsonValue] = [json.loads(text)]
    except ValueError:
        try:
            rows = [json.loads(line) for line in text.split("\n") if line.strip()]
        except ValueError as error:
            raise ConfigError(f"construct.avoid: {file!r} is neither JSON nor JSON lines: {error}") from error
    for row in rows:
        yield from _said(row)


def _said(value: JsonValue) -> Iterator[str]:
    """What users say anywhere in a value."""
    if isinstance(value, list):
        for item in value:
            yield from _said(item)
    elif isinstance(value, dict):
        if value.get("role") == "user":
            yield _content(value.get("content"))
        for key, item in value.items():
            if key in _QUESTION_KEYS and isinstance(item, str):
                yield item
            elif isinstance(item, dict | list):
                yield from _said(item)


def _content(content: JsonValue) -> str:
    """A message's text, which may stand in parts."""
    if isinstance(content, list):
        return "\n".join(text for part in objects_in(content) if isinstance(text := part.get("text"), str))
    return content if isinstance(content, str) else ""


def _runs(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """From each word on as many as make a run; none where too few follow."""
    before = list(accumulate((0.5 if is_character(word) else 1.0 for word in words), initial=0.0))
    ends = (bisect_left(before, weight + _RUN) for weight in before)
    return (words[start:end] for start, end in enumerate(ends) if end < len(before))
