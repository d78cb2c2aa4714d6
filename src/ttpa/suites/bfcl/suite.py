"""BFCL as a suite: the package's items and classes, its program's verdicts, our error kinds over the same answers."""

import json
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import JsonValue, TypeAdapter

from ttpa.errors import RunError
from ttpa.records.scores import CallError, ErrorKind
from ttpa.records.suites import SuiteAnswer, SuiteCase
from ttpa.records.tools import ToolCall
from ttpa.stages.score import Strings, TurnReader, score_turn
from ttpa.suites.base import Judgement, Setting
from ttpa.suites.bfcl.environment import VERSION, BfclEnvironment, BfclWorker
from ttpa.suites.bfcl.items import ENDLESS, BfclItem, make_item, permit
from ttpa.suites.bfcl.official import score_officially, write_step, write_turn
from ttpa.suites.config import BFCL_CATEGORIES, BfclConfig

_ITEMS = TypeAdapter(list[BfclItem])


class Bfcl:
    """The chosen categories of the benchmark."""

    def __init__(
        self, config: BfclConfig, environment: BfclEnvironment, worker: BfclWorker, dialect: TurnReader
    ) -> None:
        """Reads the items. Raises `RunError` for a category that is not known."""
        unknown = next((name for name in config.categories if name not in BFCL_CATEGORIES), None)
        if unknown is not None:
            raise RunError(f"suites.bfcl.categories has {unknown!r}; it can have {', '.join(BFCL_CATEGORIES)}")
        self._environment = environment
        self._worker = worker
        self._dialect = dialect
        self._told = {
            category: {item.id: item for item in _ITEMS.validate_python(worker.ask(op="items", category=category))}
            for category in config.categories
        }
        self.items = [
            make_item(told, category, worker) for category, items in self._told.items() for told in items.values()
        ]
        self.facts = {"bfcl-eval": VERSION, "categories": ", ".join(config.categories)}

    def judge(self, answers: Sequence[SuiteAnswer], folder: Path) -> Judgement:
        """The official verdicts; beside them ours. Everything the official program reads and says lies in `folder`.

        It would execute calls that do not end once more, so it gets no such answer: these are wrong.
        """
        results: dict[str, dict[str, JsonValue]] = {category: {} for category in self._told}
        judged = [answer for answer in answers if answer.notes.get("ended") != ENDLESS]
        for answer in judged:
            results[answer.category][answer.id] = self._result(answer)
        partial = len(judged) < len(self.items)
        scores = score_officially(self._environment, folder, results, partial=partial)
        chosen = {answer.id for answer in answers}
        refused = [item_id for item_id in self._refused_golds() if item_id in chosen]
        figures = {**scores.figures, **({"counted": "answered items alone"} if partial else {})}
        if endless := len(answers) - len(judged):
            figures["not counted"] = f"{endless} with calls that do not end, wrong here"
        right = {answer.id for answer in judged} - scores.wrong
        return Judgement([self._case(answer, answer.id in right) for answer in answers], figures, tuple(refused))

    def _result(self, answer: SuiteAnswer) -> JsonValue:
        told = self._told[answer.category][answer.id]
        if not told.is_dialogue:
            text = answer.said[0][0]
            return write_turn(text, self._dialect.read_turn(text))
        executable = told.executable()
        turns: list[JsonValue] = [
            [write_step(permit(self._dialect.read_turn(text).calls or (), executable)) for text in steps]
            for steps in answer.said
        ]
        # The package cuts a dialogue off at its step limit by leaving out the turns that would follow; one cut off in
        # its last turn it scores as it stands.
        return turns

    def _case(self, answer: SuiteAnswer, right: bool) -> SuiteCase:
        told = self._told[answer.category][answer.id]
        strict = self._errors(told, answer, "exact")
        measures = {} if strict is None else {"no error": float(not strict)}
        if strict is not None:
            measures["no error, strings folded"] = float(not self._errors(told, answer, "folded"))
        return SuiteCase(
            id=answer.id,
            category=answer.category,
            right=right,
            errors=tuple(strict or ()),
            measures=measures,
        )

    def _errors(self, told: BfclItem, answer: SuiteAnswer, strings: Strings) -> list[CallError] | None:
        """Our errors; of a dialogue turn by turn, its steps taken together. None where the form cannot be judged."""
        said = [[self._dialect.read_turn(text) for text in steps] for steps in answer.said]
        golds = told.gold_calls()
        if golds is None and answer.category == "live_relevance":  # any call is right there
            return [] if said[0][0].calls else [CallError(kind=ErrorKind.NO_CALL)]
        if not told.is_dialogue:
            gold, functions, acceptable = (golds or [()])[0], told.functions, told.acceptable()
            verdict = score_turn(
                answer.said[0][0], gold, functions, dialect=self._dialect, acceptable=acceptable, strings=strings
            )
            return list(verdict.errors)
        errors: list[CallError] = []
        functions = list(told.functions)
        for index, gold in enumerate(golds or []):
            functions.extend(told.turns[index].added_functions)
            steps = said[index] if index < len(said) else []
            calls: list[ToolCall] = [call for step in steps for call in step.calls or ()]
            errors.extend(score_turn(calls, gold, functions, strings=strings).errors)
        return errors

    def _refused_golds(self) -> list[str]:
        """Items whose gold the official program does not count as correct; asked once, then kept beside it."""
        folder = self._environment.folder / "golds"
        refused: list[str] = []
        for category in self._told:
            kept = folder / f"{category}.json"
            if not kept.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(json.dumps(self._judge_golds(category, folder / category)), encoding="utf-8")
            refused.extend(json.loads(kept.read_text(encoding="utf-8")))
        return refused

    def _judge_golds(self, category: str, folder: Path) -> list[str]:
        rows: Mapping[str, JsonValue] = {
            item.id: self._gold_result(item.id, category) for item in self.items if item.category == category
        }
        wrong = score_officially(self._environment, folder, {category: rows}, partial=False).wrong
        return [item_id for item_id in rows if item_id in wrong]

    def _gold_result(self, item_id: str, category: str) -> JsonValue:
        told = self._told[category][item_id]
        golds = told.gold_calls()
        if told.is_dialogue:
            return [[write_step(calls)] for calls in golds or []]
        if golds is not None:
            return write_step(golds[0])
        any_call = [ToolCall(name=tool.name, arguments={}) for tool in told.tools[:1]]
        return write_step(any_call) if category == "live_relevance" else ""


@contextmanager
def open_bfcl(setting: Setting) -> Generator[Bfcl]:
    """The suite, its environment made where it is not there yet."""
    environment = BfclEnvironment(find_environment(setting.config.bfcl))
    environment.prepare(setting.tell)
    with environment.start_worker() as worker:
        yield Bfcl(setting.config.bfcl, environment, worker, setting.dialect)


def find_environment(config: BfclConfig) -> Path:
    """The folder of the benchmark's environment: as the config says, else in the user's cache."""
    if config.environment:
        return Path(config.environment)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "ttpa" / f"bfcl-eval-{VERSION}"
