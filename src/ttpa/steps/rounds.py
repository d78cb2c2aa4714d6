"""The rounds after the first: the aligned policy is sampled, scored, paired and aligned again.

A round's records and checkpoints lie in `rounds/NUMBER`, as those of the first round lie in the run; its policy is the
one that the round before has aligned, which is its reference model too, and it samples turns that are drawn anew. Its
control goes on from the control before, so that it has been trained for as many steps as the aligned policy.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ttpa.records.summaries import StepSummary
from ttpa.runs.layout import ROUND_STEPS, Step
from ttpa.runs.record_files import read_record
from ttpa.steps.pairing import pair_candidates
from ttpa.steps.run import Account, Run
from ttpa.steps.sampling import sample_trees
from ttpa.steps.scoring import score_candidates
from ttpa.steps.training import align

_TAKE: Mapping[Step, Callable[[Run], None]] = MappingProxyType(
    {"sample": sample_trees, "score": score_candidates, "pair": pair_candidates, "align": align}
)


def take_rounds(run: Run) -> None:
    """The aligned policy -> `rounds/2` and on, up to the number of rounds that the config asks for.

    What a round has done already is not done again.
    """
    account = Account(run, "rounds", takes="rounds", gives="policies")
    numbers = range(2, run.config.rounds + 1)
    for number in numbers:
        _take_round(run.in_round(number))
    pairs = [read_record(run.in_round(n).directory.summary("pair"), StepSummary) for n in (1, *numbers)]
    aligned = [read_record(run.in_round(n).directory.summary("align"), StepSummary) for n in numbers]
    facts = {"pairs by round": ", ".join(str(summary.records_out) for summary in pairs)}
    account.close(len(numbers), len(numbers), sum(summary.records_out > 0 for summary in aligned), [], facts)


def rounds_are_due(run: Run) -> bool:
    """Whether the config asks for rounds that the run has not taken yet."""
    last = run.directory.in_round(run.config.rounds)
    return run.config.rounds > 1 and not (run.directory.summary("rounds").exists() and last.summary("align").exists())


def _take_round(run: Run) -> None:
    run.directory.remove_drafts()
    for place, step in enumerate(ROUND_STEPS):
        if run.directory.summary(step).exists():
            continue
        for later in ROUND_STEPS[place + 1 :]:
            run.directory.clear(later)  # whatever stands there was made of something older
        _TAKE[step](run)
