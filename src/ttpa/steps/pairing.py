"""Scored turns -> preference pairs, read and written one after another: no step holds all of them."""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial

from ttpa.assemble import Parts
from ttpa.errors import DialogueRefused
from ttpa.models.base import ChatTokenizer
from ttpa.records.candidates import CandidateTree
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import DecisionPoint
from ttpa.records.pairs import PreferencePair
from ttpa.records.scores import ScoredTurn
from ttpa.runs.record_files import writing
from ttpa.stages.pair import PairConfig, pair
from ttpa.steps.joining import TREES_TOGETHER, beside_points, beside_turns
from ttpa.steps.run import Account, Run, batched

Scored = tuple[CandidateTree, ScoredTurn, DecisionPoint]


def pair_candidates(run: Run) -> None:
    """`3-score/turns.jsonl` -> `4-pair/pairs.jsonl`."""
    account = Account(run, "pair", takes="scored turns", gives="pairs")
    trees = run.stream(run.directory.trees, CandidateTree, "sample")
    turns = run.stream(run.directory.scored, ScoredTurn, "score")
    run.reporter.start("pair", run.count("score"))
    counts: Counter[str] = Counter()
    joined = beside_points(beside_turns(trees, turns), run.stream_points("train"))
    batches = batched(((tree, turn, point) for (tree, turn), point in joined), TREES_TOGETHER)
    open_worker = partial(_open_pairer, run.parts, run.policy(), run.config.pair, run.config.score.ordered)
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
    facts = {"turns with pairs": str(counts["paired"]), "chosen by the policy itself": str(counts["own"])}
    account.close(counts["turns"], counts["paired"], counts["pairs"], None, facts)


@contextmanager
def _open_pairer(
    parts: Parts, policy: str, config: PairConfig, ordered: bool
) -> Generator[Callable[[Sequence[Scored]], list[list[PreferencePair] | Discard]]]:
    tokenizer = parts.load_tokenizer(policy)

    def work(scored: Scored) -> list[PreferencePair] | Discard:
        tree, turn, point = scored
        try:
            return pair(tree, turn, lambda: _say(point, tokenizer), config, ordered=ordered)
        except DialogueRefused as error:
            return Discard(id=tree.id, stage="pair", reason=DiscardReason.REFUSED_BY_TEMPLATE, detail=str(error))

    yield lambda scored: [work(one) for one in scored]


def _say(point: DecisionPoint, tokenizer: ChatTokenizer) -> tuple[int, ...]:
    """The tokens of the reference turn; none where the data holds no text for it."""
    reference = point.reference_turn()
    if not reference.tool_calls and not reference.content:
        return ()
    return tokenizer.turn_ids(point.history, point.tools, reference)[1]
