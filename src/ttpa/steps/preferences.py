"""From the policy's wavering to preference pairs: sample, score, pair.

Records are read one after another beside the decision points that they belong to, so that no step holds all of them.
"""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial

from ttpa.assemble import Parts
from ttpa.config import RunConfig
from ttpa.dialects import Dialect
from ttpa.errors import DialogueRefused
from ttpa.models.base import ChatTokenizer
from ttpa.records.candidates import CandidateTree
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import DecisionPoint
from ttpa.records.pairs import PreferencePair
from ttpa.records.scores import ScoredTurn
from ttpa.records.strict_json import canonical_json
from ttpa.runs.outcomes import Outcomes
from ttpa.runs.record_files import writing
from ttpa.stages.pair import PairConfig, pair
from ttpa.stages.sample import sample
from ttpa.stages.score import CompiledTools, ScoreConfig, fits_schemas, score
from ttpa.steps.dialects import refuse_other_dialect
from ttpa.steps.joining import beside_points, beside_turns
from ttpa.steps.run import Account, Run, batched

_TOGETHER = 32
"""Trees that are handed to a worker at once: one is scored in about a millisecond."""

Sampled = tuple[CandidateTree, DecisionPoint]
Scored = tuple[CandidateTree, ScoredTurn, DecisionPoint]


def sample_trees(run: Run) -> None:
    """Train decision points -> `2-sample/trees.jsonl`."""
    account = Account(run, "sample", takes="turns", gives="trees")
    config = run.config.sample
    refuse_other_dialect(run, run.stream_points("train"))
    every_id = [point.id for point in run.stream_points("train")]
    drawn = sorted(run.rng("sample").sample(range(len(every_id)), min(config.points, len(every_id))))
    ids = [every_id[index] for index in drawn]
    outcomes = Outcomes(run.directory.trees, CandidateTree)
    waiting = {point_id for point_id in ids if point_id not in outcomes.by_id}
    run.reporter.start("sample", len(waiting))
    if waiting:
        points = (point for point in run.stream_points("train") if point.id in waiting)
        open_worker = partial(_open_sampler, run.parts, run.policy(), run.config)
        for trees in run.parts.engine.map(open_worker, batched(points, config.batch)):
            outcomes.add(trees)
            run.reporter.advance(len(trees))
    counts: Counter[str] = Counter()
    with writing(run.directory.trees) as write, account.discarding() as give_up:
        for tree in outcomes.ordered(ids):
            if isinstance(tree, Discard):
                give_up(tree)
                continue
            write(tree)
            counts.update(trees=1, forks=len(tree.forks), candidates=len(tree.leaves))
            counts.update(prefilled=tree.cost.prefilled, decoded=tree.cost.decoded)
    facts = {
        "of": f"{len(every_id)} in train",
        "forks": str(counts["forks"]),
        "candidates": str(counts["candidates"]),
        "tokens prefilled": str(counts["prefilled"]),
        "decoded": str(counts["decoded"]),
    }
    account.close(len(ids), counts["trees"], counts["trees"], None, facts)
    outcomes.clear()


@contextmanager
def _open_sampler(
    parts: Parts, policy: str, config: RunConfig
) -> Generator[Callable[[Sequence[DecisionPoint]], list[CandidateTree | Discard]]]:
    model = parts.load_model(policy)
    yield lambda points: sample(points, model=model, dialect=parts.dialect, config=config.sample, seed=config.seed)


def score_candidates(run: Run) -> None:
    """`2-sample/trees.jsonl` -> `3-score/turns.jsonl`."""
    account = Account(run, "score", takes="trees", gives="scored turns")
    trees = run.stream(run.directory.trees, CandidateTree, "sample")
    run.reporter.start("score", run.count("sample"))
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    batches = batched(beside_points(trees, run.stream_points("train")), _TOGETHER)
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
        tuple(sorted(canonical_json(call.model_dump(mode="json")) for call in candidate.calls)): candidate.calls
        for candidate in turn.candidates
        if candidate.calls
    }
    return sum(fits_schemas(calls, tools) for calls in made.values())


def pair_candidates(run: Run) -> None:
    """`3-score/turns.jsonl` -> `4-pair/pairs.jsonl`."""
    account = Account(run, "pair", takes="scored turns", gives="pairs")
    trees = run.stream(run.directory.trees, CandidateTree, "sample")
    turns = run.stream(run.directory.scored, ScoredTurn, "score")
    run.reporter.start("pair", run.count("score"))
    counts: Counter[str] = Counter()
    joined = beside_points(beside_turns(trees, turns), run.stream_points("train"))
    batches = batched(((tree, turn, point) for (tree, turn), point in joined), _TOGETHER)
    open_worker = partial(_open_pairer, run.parts, run.policy(), run.config.pair)
    with writing(run.directory.pairs) as write, account.discarding() as give_up:
        for outcomes in run.parts.pure_engine.map(open_worker, batches):
            for made in outcomes:
                if isinstance(made, Discard):
                    give_up(made)
                    continue
                own = sum(one.chosen_from == "candidate" for one in made)
                counts.update(paired=1, pairs=len(made), own=own)
                for one in made:
                    write(one)
            counts.update(turns=len(outcomes))
            run.reporter.advance(len(outcomes))
    facts = {"chosen by the policy itself": str(counts["own"])}
    account.close(counts["turns"], counts["paired"], counts["pairs"], None, facts)


@contextmanager
def _open_pairer(
    parts: Parts, policy: str, config: PairConfig
) -> Generator[Callable[[Sequence[Scored]], list[list[PreferencePair] | Discard]]]:
    tokenizer = parts.load_tokenizer(policy)

    def work(scored: Scored) -> list[PreferencePair] | Discard:
        tree, turn, point = scored
        try:
            return pair(tree, turn, lambda: _say(point, tokenizer), config)
        except DialogueRefused as error:
            return Discard(id=tree.id, stage="pair", reason=DiscardReason.REFUSED_BY_TEMPLATE, detail=str(error))

    yield lambda scored: [work(one) for one in scored]


def _say(point: DecisionPoint, tokenizer: ChatTokenizer) -> tuple[int, ...]:
    """The tokens of the reference turn; none where the data holds no text for it."""
    reference = point.reference_turn()
    if not reference.tool_calls and not reference.content:
        return ()
    return tokenizer.turn_ids(point.history, point.tools, reference)[1]
