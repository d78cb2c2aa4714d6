"""ToolBench as a suite: solved by a stated judge's majority; beside it measures that need no judge."""

import hashlib
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, cast

from pydantic import JsonValue

from ttpa.errors import RunError
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.messages import AssistantMessage
from ttpa.records.suites import SuiteAnswer, SuiteCase
from ttpa.records.tools import ToolCall
from ttpa.runs.record_files import read_records
from ttpa.stages.importing import name_sources
from ttpa.suites.base import Judgement, Setting
from ttpa.suites.config import ToolBenchSuiteConfig
from ttpa.suites.episodes import Episode, Item
from ttpa.suites.toolbench.answering import LONGEST, Answering
from ttpa.suites.toolbench.judge import Judge
from ttpa.suites.toolbench.queries import FINISH, Query, read_queries
from ttpa.suites.toolbench.search import MOST_ASKS, MOST_NODES, WIDTH, search_depth_first, search_one_path

_STEPS = MOST_NODES // 2 - 1
"""Turns with calls that leave room for the last one."""
Search = Callable[[Query, Answering], Episode]


class ToolBench:
    """The queries of some files, by one of the two searches."""

    def __init__(
        self,
        queries: Sequence[Query],
        answering: Answering,
        search: Search,
        judge: Judge | None,
        facts: dict[str, str],
        against: str = "",
    ) -> None:
        self._queries = {query.id: query for query in queries}
        self._judge = judge
        self._against = against
        self.facts = {**facts, **(judge.facts if judge else {"judge": "none: an answer that is given counts as right"})}
        self.items = [
            Item(
                id=query.id,
                category=query.group,
                start=lambda query=query: search(query, answering),
                gold=_gold(query),
            )
            for query in queries
        ]

    def judge(self, answers: Sequence[SuiteAnswer], folder: Path) -> Judgement:
        """The judge's majority on each answer; without a judge, whether one was given.

        An answer on which no reply of the judge can be read has no verdict. Raises `RunError` where the policy that
        answers are compared with has none yet.
        """
        if self._judge is None:
            return Judgement([self._case(answer, _is_finished(answer), {}) for answer in answers])
        others, pinned = self._others(folder)
        cases: list[SuiteCase] = []
        missing: list[Discard] = []
        for answer in answers:
            query = self._queries[answer.id]
            said = self._judge.solved(query.text, _attempt(answer)) if _is_finished(answer) else [False]
            if said:
                measures = {"judgements: solved": sum(said) / len(said)}
                measures |= self._wins(query, answer, others.get(answer.id), self._judge)
                cases.append(self._case(answer, sum(said) > len(said) / 2, measures))
            else:
                missing.append(_unread(answer))
        told = f"{self._judge.asked}, of which {self._judge.unreadable} could not be read"
        return Judgement(cases, {"judgements asked": told, **pinned}, missing=missing)

    def _case(self, answer: SuiteAnswer, right: bool, judged: dict[str, float]) -> SuiteCase:
        query = self._queries[answer.id]
        made = cast("list[dict[str, Any]]", answer.notes["made"])
        called = {str(each["call"]["name"]) for each in made}
        measures = {"finished with an answer": float(_is_finished(answer))}
        if query.relevant:
            measures["relevant APIs called"] = len(called & query.relevant) / len(query.relevant)
        if made:
            measures["calls that execute"] = sum(bool(each["gave"]["ok"]) for each in made) / len(made)
            measures["calls answered by a model"] = sum(bool(each["gave"]["simulated"]) for each in made) / len(made)
        return SuiteCase(id=answer.id, category=answer.category, right=right, measures=measures | judged)

    def _wins(self, query: Query, answer: SuiteAnswer, other: SuiteAnswer | None, judge: Judge) -> dict[str, float]:
        """The share of judgements for `answer`, asked in both orders; nothing where none can be read."""
        if other is None:
            return {}
        first, second = _attempt(answer), _attempt(other)
        ours = judge.first_is_better(query.text, first, second)
        theirs = judge.first_is_better(query.text, second, first)
        said = [*ours, *(not each for each in theirs)]
        return {f"wins against {self._against}": sum(said) / len(said)} if said else {}

    def _others(self, folder: Path) -> tuple[dict[str, SuiteAnswer], dict[str, str]]:
        """The answers that these are compared with, and what pins them."""
        if not self._against or folder.name == self._against:
            return {}, {}
        file = folder.with_name(f"{self._against}.answers.jsonl")
        if not file.exists():
            raise RunError(f"suites.toolbench.against = {self._against!r} has no answers yet; evaluate it first")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        pinned = {f"compared with the answers of {self._against}": f"SHA-256 {digest}"}
        return {answer.id: answer for answer in read_records(file, SuiteAnswer)}, pinned


def _gold(query: Query) -> tuple[AssistantMessage, ...]:
    """A way within the limits that calls every relevant API and answers; the data has neither values nor answers."""
    calls = query.solution()
    steps = [*((call,) for call in calls[: _STEPS - 1]), *([tuple(calls[_STEPS - 1 :])] if calls[_STEPS - 1 :] else [])]
    done = ToolCall(name=FINISH.name, arguments={"return_type": "give_answer", "final_answer": "It is as you wished."})
    return tuple(AssistantMessage(tool_calls=step) for step in (*steps, (done,)))


def _is_finished(answer: SuiteAnswer) -> bool:
    return answer.notes["answer"] is not None


def _unread(answer: SuiteAnswer) -> Discard:
    detail = "no reply of the judge can be read"
    return Discard(id=answer.id, stage="evaluate", reason=DiscardReason.UNREADABLE_REPLY, detail=detail)


def _attempt(answer: SuiteAnswer) -> JsonValue:
    return {"calls": answer.notes["path"], "answer": answer.notes["answer"]}


def _open(search: Search, convention: str, setting: Setting) -> AbstractContextManager[ToolBench]:
    @contextmanager
    def opened() -> Generator[ToolBench]:
        yield _read(search, convention, setting, setting.config.toolbench)

    return opened()


def _read(search: Search, convention: str, setting: Setting, config: ToolBenchSuiteConfig) -> ToolBench:
    if not config.queries:
        raise RunError("suites.toolbench.queries is empty; it names ToolBench's query files")
    files = [Path(file) for file in config.queries]
    queries = read_queries(files)
    simulator = setting.open_chat(config.simulator, config.temperature) if config.simulator else None
    judge = Judge(setting.open_chat(config.judge, config.temperature), config.judgements) if config.judge else None
    facts = {
        "search": convention,
        "cut-off turns": "end their path",
        "limits": f"{MOST_NODES} nodes a path, {MOST_ASKS} asks, {LONGEST} characters of a response",
        "responses": config.responses or "none recorded",
        "simulator": simulator.identity if simulator else "none",
        **{
            f"file {name}": f"SHA-256 {hashlib.sha256(file.read_bytes()).hexdigest()[:16]}"
            for name, file in zip(name_sources(files), files, strict=True)
        },
        **({"against": config.against} if config.against else {}),
    }
    answering = Answering(Path(config.responses) if config.responses else None, simulator)
    return ToolBench(queries, answering, search, judge, facts, config.against)


def open_react(setting: Setting) -> AbstractContextManager[ToolBench]:
    """The suite with one path a query."""
    return _open(search_one_path, "one path", setting)


def open_dfs(setting: Setting) -> AbstractContextManager[ToolBench]:
    """The suite with depth-first search."""
    return _open(search_depth_first, f"depth first, {WIDTH} turns a state", setting)
