"""Instructions of a set and seed: all of them in one run, train and dev in another that never sees the test."""

import hashlib
from collections.abc import Callable

from benchmarks.evidence.arms import Data
from benchmarks.evidence.forward import as_if_forward
from benchmarks.evidence.place import SETTINGS, Place
from benchmarks.evidence.sizes import DEV_SHARE, TEST_SHARE, UNSEEN_SHARE
from benchmarks.evidence.worlds import draw_instructions

from ttpa.pipeline import take_steps
from ttpa.records.instructions import Instruction
from ttpa.runs.record_files import read_records, write_records
from ttpa.steps.run import Account, Run, count_splits


def make_instructions(place: Place) -> Run:
    """The run with all instructions of this set and seed, constructed or drawn."""
    number = place.size.instances
    construct = {"instances": number, "test_share": TEST_SHARE, "unseen_share": UNSEEN_SHARE}
    more = {"plans_at_most": 3 * number}
    run = place.open(place.everything, {"construct": construct | more}, policy=place.base)
    if place.tools.sections is None:
        _keep(run, lambda: draw_instructions(place.seed, number))
    else:
        take_steps(run, ("construct",))
    return run


def make_start(place: Place, data: Data) -> Run:
    """The run that is fine-tuned on train, with dev in the place of its `test`."""
    everything = make_instructions(place)
    train = {key: value for key, value in SETTINGS["train"].items() if key not in ("dpo", "grpo")}
    run = place.open(place.start(data), {"train": train}, policy=place.base)

    def divide() -> list[Instruction]:
        known = read_records(everything.directory.instructions, Instruction)
        mine = [one for one in known if one.split == "train"]
        return [
            one.model_copy(update={"split": "test"})
            if is_dev(one)
            else as_if_forward(one, place.seed)
            if data == "forward"
            else one
            for one in mine
        ]

    _keep(run, divide)
    take_steps(run, ("sft",))
    return run


def is_dev(instruction: Instruction) -> bool:
    """Whether a training instruction is held out to choose settings on: by a hash of its question."""
    digest = hashlib.sha256(instruction.question.encode()).digest()
    return digest[0] < 256 * DEV_SHARE


def _keep(run: Run, make: Callable[[], list[Instruction]]) -> None:
    """Makes the run's instructions in the place of construct, once."""
    if run.directory.summary("construct").exists():
        return
    account = Account(run, "construct", takes="instructions", gives="instructions", label="import")
    instructions = make()
    run.keep_config()
    write_records(run.directory.instructions, instructions)
    account.close(len(instructions), len(instructions), len(instructions), [], count_splits(instructions))
