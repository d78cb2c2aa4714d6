"""From the policy's wavering to preference pairs: sample, score, pair."""

from collections import Counter
from collections.abc import Mapping, Sequence

from ttpa.records.candidates import CandidateTree
from ttpa.records.discards import Discard
from ttpa.records.instructions import DecisionPoint
from ttpa.records.pairs import PreferencePair
from ttpa.records.scores import ScoredTurn
from ttpa.records.strict_json import canonical_json
from ttpa.runs.outcomes import Outcomes
from ttpa.runs.record_files import write_records
from ttpa.stages.pair import pair
from ttpa.stages.sample import sample
from ttpa.stages.score import CompiledTools, fits_schemas, score
from ttpa.steps.run import Account, Run, batched


def sample_trees(run: Run) -> None:
    """Train decision points -> `2-sample/trees.jsonl`."""
    account = Account(run, "sample", takes="turns", gives="trees")
    config = run.config.sample
    every_point = run.points("train")
    rng = run.rng("sample")
    drawn = sorted(rng.sample(range(len(every_point)), min(config.points, len(every_point))))
    points = [every_point[index] for index in drawn]
    outcomes = Outcomes(run.directory.trees, CandidateTree)
    waiting = [point for point in points if point.id not in outcomes.by_id]
    run.reporter.start("sample", len(waiting))
    if waiting:
        model = run.parts.load_model(run.policy())
        for batch in batched(waiting, config.batch):
            trees = sample(batch, model=model, dialect=run.parts.dialect, config=config, seed=run.config.seed)
            outcomes.add(trees)
            run.reporter.advance(len(batch))
    trees, discards = outcomes.in_order([point.id for point in points])
    write_records(run.directory.trees, trees)
    facts = {
        "of": f"{len(every_point)} in train",
        "forks": str(sum(len(tree.forks) for tree in trees)),
        "candidates": str(sum(len(tree.leaves) for tree in trees)),
        "tokens prefilled": str(sum(tree.cost.prefilled for tree in trees)),
        "decoded": str(sum(tree.cost.decoded for tree in trees)),
    }
    account.close(len(points), len(trees), len(trees), discards, facts)
    outcomes.clear()


def score_candidates(run: Run) -> None:
    """`2-sample/trees.jsonl` -> `3-score/turns.jsonl`."""
    account = Account(run, "score", takes="trees", gives="scored turns")
    points = {point.id: point for point in run.points("train")}
    trees = run.read(run.directory.trees, CandidateTree, "sample")
    run.reporter.start("score", len(trees))
    turns: list[ScoredTurn] = []
    for tree in trees:
        turns.append(score(tree, points[tree.id], run.config.score, dialect=run.parts.dialect))
        run.reporter.advance(1)
    write_records(run.directory.scored, turns)
    candidates = [candidate for turn in turns for candidate in turn.candidates]
    kinds = Counter(error.kind.value for candidate in candidates for error in candidate.errors)
    facts = {
        "candidates": str(len(candidates)),
        "distinct and fitting their schemas": str(_count_fitting(turns, points)),
        "right": str(sum(not candidate.errors for candidate in candidates)),
        "errors": str(kinds.total()),
        "most": ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(3)) or "none",
    }
    account.close(len(trees), len(turns), len(turns), [], facts)


def _count_fitting(turns: Sequence[ScoredTurn], points: Mapping[str, DecisionPoint]) -> int:
    """Candidates that make calls which fit their tools' schemas, each set of calls of a turn counted once."""
    number = 0
    for turn in turns:
        tools = CompiledTools(points[turn.tree_id].tools)
        made = {
            canonical_json([call.model_dump(mode="json") for call in c.calls]): c.calls
            for c in turn.candidates
            if c.calls
        }
        number += sum(fits_schemas(calls, tools) for calls in made.values())
    return number


def pair_candidates(run: Run) -> None:
    """`3-score/turns.jsonl` -> `4-pair/pairs.jsonl`."""
    account = Account(run, "pair", takes="scored turns", gives="pairs")
    points = {point.id: point for point in run.points("train")}
    trees = {tree.id: tree for tree in run.read(run.directory.trees, CandidateTree, "sample")}
    turns = run.read(run.directory.scored, ScoredTurn, "score")
    tokenizer = run.parts.load_tokenizer(run.policy())
    run.reporter.start("pair", len(turns))
    pairs: list[PreferencePair] = []
    discards: list[Discard] = []
    for turn in turns:
        point = points[turn.tree_id]
        reference = point.reference_turn()
        reference_ids: tuple[int, ...] = ()
        if reference.tool_calls or reference.content:
            _, reference_ids = tokenizer.turn_ids(point.history, point.tools, reference)
        made = pair(trees[turn.tree_id], turn, reference_ids, run.config.pair)
        if isinstance(made, Discard):
            discards.append(made)
        else:
            pairs.extend(made)
        run.reporter.advance(1)
    write_records(run.directory.pairs, pairs)
    own = sum(made.chosen_from == "candidate" for made in pairs)
    paired = len({made.tree_id for made in pairs})
    account.close(len(turns), paired, len(pairs), discards, {"chosen by the policy itself": str(own)})
