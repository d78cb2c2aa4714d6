"""Candidate trees -> scored turns, read and written one after another: no step holds all of them."""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial

from ttpa.dialects import Dialect
from ttpa.records.candidates import CandidateTree
from ttpa.records.instructions import DecisionPoint
from ttpa.records.scores import ScoredTurn
from ttpa.runs.record_files import writing
from ttpa.stages.score import CompiledTools, ScoreConfig, fits_schemas, score
from ttpa.steps.joining import TREES_TOGETHER, beside_points
from ttpa.steps.run import Account, Run, batched

Sampled = tuple[CandidateTree, DecisionPoint]


def score_candidates(run: Run) -> None:
    """`2-sample/trees.jsonl` -> `3-score/turns.jsonl`."""
    account = Account(run, "score", takes="trees", gives="scored turns")
    trees = run.stream(run.directory.trees, CandidateTree, "sample")
    run.reporter.start("score", run.count("sample"))
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    batches = batched(beside_points(trees, run.stream_points("train")), TREES_TOGETHER)
    open_worker = partial(_open_scorer, run.parts.dialect, run.config.score)
    with writing(run.directory.scored) as write:
        for turns in run.parts.pure_engine.map(open_worker, batches):
            for turn, fitting in turns:
                write(turn)
                right = sum(not candidate.errors for candidate in turn.candidates)
                counts.update(turns=1, candidates=len(turn.candidates), right=right, fitting=fitting)
                kinds.update(error.kind.value for candidate in turn.candidates for error in candidate.errors)
            run.reporter.advance(len(turns))
    facts = {
        "candidates": str(counts["candidates"]),
        "distinct and fitting their schemas": str(counts["fitting"]),
        "right": str(counts["right"]),
        "errors": str(kinds.total()),
        "most": ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(3)) or "none",
    }
    account.close(counts["turns"], counts["turns"], counts["turns"], [], facts)


@contextmanager
def _open_scorer(
    dialect: Dialect, config: ScoreConfig
) -> Generator[Callable[[Sequence[Sampled]], list[tuple[ScoredTurn, int]]]]:
    def work(sampled: Sequence[Sampled]) -> list[tuple[ScoredTurn, int]]:
        scored: list[tuple[ScoredTurn, int]] = []
        for tree, point in sampled:
            tools = CompiledTools(point.tools)
            turn = score(tree, point, config, dialect=dialect, tools=tools)
            scored.append((turn, _count_fitting(turn, tools)))
        return scored

    yield work


def _count_fitting(turn: ScoredTurn, tools: CompiledTools) -> int:
    """Candidates that make calls which fit their tools' schemas, each set of calls of a turn counted once."""
    made = {
        tuple(sorted(call.identity() for call in candidate.calls)): candidate.calls
        for candidate in turn.candidates
        if candidate.calls
    }
    return sum(fits_schemas(calls, tools) for calls in made.values())
