"""Decision points of imported dialogues, a category for each file: a policy's errors by kind, compared over sources."""

import hashlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ttpa.errors import RunError
from ttpa.records.discards import Discard
from ttpa.records.instructions import DecisionPoint
from ttpa.records.scores import TurnScore
from ttpa.records.suites import SuiteAnswer, SuiteCase
from ttpa.stages.importing import import_dialogue, name_sources
from ttpa.stages.score import CompiledTools, ScoreConfig, Strings, TurnReader, TurnScorer, read_turn, score_text
from ttpa.suites.base import Judgement, Setting
from ttpa.suites.episodes import Ask, Ended, Episode, Item

_CUT_OFF = "cut off"
"""The note of an answer whose turn the policy did not end."""


class Sources:
    """Files in the form that `ttpa import` reads."""

    def __init__(self, files: Sequence[Path], scoring: ScoreConfig, dialect: TurnReader) -> None:
        """Raises `RunError` where no file is named, one cannot be read, or holds nothing that can be asked."""
        if not files:
            raise RunError("suites.sources.files is empty; it names files in the form that ttpa import reads")
        self._scoring = scoring
        self._dialect = dialect
        self._points: dict[str, DecisionPoint] = {}
        self.items: list[Item] = []
        self.facts = {"cut-off turns": "malformed where a call is due"}
        for name, file in zip(name_sources(files), files, strict=True):
            self._read(name, file)

    def judge(self, answers: Sequence[SuiteAnswer], folder: Path) -> Judgement:  # noqa: ARG002 - no other program judges
        return Judgement([self._judge(answer) for answer in answers])

    def _read(self, name: str, file: Path) -> None:
        try:
            content = file.read_bytes()
            lines = [line for line in content.decode().split("\n") if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"suites.sources.files: {str(file)!r} cannot be read: {error}") from error
        refused: dict[str, int] = {}
        before = len(self.items)
        for number, line in enumerate(lines, start=1):
            read = import_dialogue(line, source=name, number=number)
            if isinstance(read, Discard):
                refused[read.reason.value] = refused.get(read.reason.value, 0) + 1
                continue
            points = [point for instruction in read for point in instruction.decision_points()]
            for point in points:
                if point.id in self._points:
                    refused["duplicate"] = refused.get("duplicate", 0) + 1
                    continue
                self._points[point.id] = point
                self.items.append(self._item(point, name))
        if len(self.items) == before:
            raise RunError(f"suites.sources.files: none of {len(lines)} lines of {str(file)!r} can be asked: {refused}")
        told = ", ".join(f"{count} {reason}" for reason, count in refused.items())
        self.facts[f"file {name}"] = f"SHA-256 {hashlib.sha256(content).hexdigest()[:16]}, refused: {told or 'none'}"

    def _item(self, point: DecisionPoint, category: str) -> Item:
        return Item(id=point.id, category=category, start=lambda: _ask(point), gold=(point.reference_turn(),))

    def _judge(self, answer: SuiteAnswer) -> SuiteCase:
        point, text = self._points[answer.id], answer.said[0][0]
        ended, call_is_due = not answer.notes.get(_CUT_OFF), bool(point.reference)
        turn = read_turn(self._dialect, text, ended=ended, call_is_due=call_is_due)
        tools = CompiledTools(point.tools)

        def score(strings: Strings) -> TurnScore:
            scorer = TurnScorer(
                point.reference,
                tools,
                acceptable=point.acceptable,
                strings=strings,
                ordered=self._scoring.ordered,
                weights=self._scoring.weights,
            )
            return score_text(scorer, turn)

        verdict = score(self._scoring.strings)
        named = None if turn.calls is None else sorted(call.name for call in turn.calls)
        measures = {
            "strings folded": float(not score("folded").errors),
            "tool names right": float(named == sorted(call.name for call in point.reference)),
            "score": verdict.score,
        }
        return SuiteCase(
            id=answer.id,
            category=answer.category,
            right=not verdict.errors,
            errors=verdict.errors,
            measures=measures,
        )


@contextmanager
def open_sources(setting: Setting) -> Generator[Sources]:
    """The suite of the files that the config names."""
    yield Sources([Path(file) for file in setting.config.sources.files], setting.scoring, setting.dialect)


def _ask(point: DecisionPoint) -> Episode:
    heard = yield Ask(point.history, point.tools)
    return Ended(((heard.text,),), {} if heard.ended else {_CUT_OFF: True})
