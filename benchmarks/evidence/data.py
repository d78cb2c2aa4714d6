"""Instructions of a set and seed: all of them in one run; the parts of train in others, which never see the test.

A policy wavers elsewhere at what it was fine-tuned on than at what it has not seen, so that its turns are sampled at
instructions of their own.
"""

import hashlib
from collections.abc import Callable
from typing import Literal

from benchmarks.evidence.arms import Data, Sections, merge
from benchmarks.evidence.forward import as_if_forward
from benchmarks.evidence.place import SETTINGS, Place
from benchmarks.evidence.sizes import DEV_SHARE, TEST_SHARE, UNSEEN_SHARE

from ttpa.pipeline import take_steps
from ttpa.records.instructions import Instruction
from ttpa.records.messages import UserMessage
from ttpa.runs.record_files import read_records, write_records
from ttpa.steps.run import Account, Run, count_splits

Part = Literal["fine-tuning", "fresh", "dev"]
"""Of train: what the policy is fine-tuned on, where preferences are sampled, and where settings are chosen."""


def make_instructions(place: Place) -> Run:
    """The run with all instructions of this set and seed, constructed or drawn."""
    number = place.size.instances
    construct = {"instances": number, "test_share": TEST_SHARE, "unseen_share": UNSEEN_SHARE}
    more = {"plans_at_most": 3 * number}
    run = place.open(place.everything, {"construct": construct | more}, policy=place.base)
    draw = place.tools.draw
    if draw is not None:
        _keep(run, lambda: draw(place.seed, number))
    else:
        take_steps(run, ("construct",))
    return run


def make_start(place: Place, data: Data, changes: Sections | None = None) -> Run:
    """The run that is fine-tuned on its part of train, if it has one, with dev in the place of its `test`.

    `changes` are laid over the shared settings of fine-tuning, in a folder of their own where they change anything.
    """
    train = {key: value for key, value in SETTINGS["train"].items() if key not in ("dpo", "grpo")}
    changed = {key: value for key, value in (changes or {}).items() if train["sft"].get(key) != value}
    tunes = place.size.fresh_share < 1
    sections = {"train": merge(train, {"sft": changed})} if tunes else {}
    run = place.open(place.start(data, changed), sections, policy=place.base)
    _keep(run, lambda: [*_part(place, "fine-tuning", data), *_part(place, "dev", data)])
    if tunes:
        take_steps(run, ("sft",))
    return run


def make_fresh(place: Place, data: Data) -> Run:
    """The run with the part of train that the fine-tuned policy has not seen."""
    run = place.open(place.fresh(data), {}, policy=place.base)
    _keep(run, lambda: _part(place, "fresh", data))
    return run


def make_dev(place: Place) -> Run:
    """The run with dev as if it were train, for pairs that are only looked at."""
    run = place.open(place.path / "dev", {}, policy=place.base)
    _keep(run, lambda: [one.model_copy(update={"split": "train"}) for one in _part(place, "dev", "reversed")])
    return run


def part_of(instruction: Instruction, fresh_share: float) -> Part:
    """What an instruction of train is for, by a hash of the question that its dialogue begins with."""
    first = next(message.content for message in instruction.context if isinstance(message, UserMessage))
    digest = hashlib.sha256(first.encode()).digest()
    if digest[0] < 256 * DEV_SHARE:
        return "dev"
    return "fresh" if digest[1] < 256 * fresh_share else "fine-tuning"


def _part(place: Place, part: Part, data: Data) -> list[Instruction]:
    every = read_records(make_instructions(place).directory.instructions, Instruction)
    mine = [one for one in every if one.split == "train" and part_of(one, place.size.fresh_share) == part]
    if part == "dev":
        return [one.model_copy(update={"split": "test"}) for one in mine]
    return [as_if_forward(one, place.seed) for one in mine] if data == "forward" else mine


def _keep(run: Run, make: Callable[[], list[Instruction]]) -> None:
    """Makes the run's instructions in the place of construct, once."""
    if run.directory.summary("construct").exists():
        return
    account = Account(run, "construct", takes="instructions", gives="instructions", label="import")
    instructions = make()
    run.keep_config()
    write_records(run.directory.instructions, instructions)
    account.close(len(instructions), len(instructions), len(instructions), [], count_splits(instructions))
