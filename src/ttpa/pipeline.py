"""The method on one page: what follows what, and where a run goes on.

tools --construct--> instructions --sft--> policy --sample--> candidate trees --score--> errors and scores
      --pair--> preference pairs --align--> aligned policy --evaluate--> before and after --report--> one page

With `rounds` the aligned policy is sampled, scored, paired and aligned again before it is evaluated.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from ttpa.config import changed_keys, read_stored, with_defaults
from ttpa.errors import RunError
from ttpa.records.checkpoints import AlignMethod
from ttpa.runs.layout import STEPS, Step
from ttpa.steps.construction import construct_instructions
from ttpa.steps.construction_check import check_construction
from ttpa.steps.evaluation import evaluate_policies
from ttpa.steps.importing import keep_instructions, read_dialogues
from ttpa.steps.pairing import pair_candidates
from ttpa.steps.report import write_report
from ttpa.steps.rounds import rounds_are_due, take_rounds
from ttpa.steps.run import Run
from ttpa.steps.sampling import sample_trees
from ttpa.steps.scoring import score_candidates
from ttpa.steps.training import align, fine_tune

TAKE: dict[Step, Callable[[Run], None]] = {
    "construct": construct_instructions,
    "sft": fine_tune,
    "sample": sample_trees,
    "score": score_candidates,
    "pair": pair_candidates,
    "align": align,
    "rounds": take_rounds,
    "evaluate": evaluate_policies,
    "report": write_report,
}

SECTIONS: dict[Step, tuple[str, ...]] = {
    "construct": (
        "seed",
        "tools",
        "construct",
        "import",
        "generator.kind",
        "generator.model",
        "generator.temperature",
        "generator.max_tokens",
    ),
    "sft": (
        "policy.base",
        "policy.chat_template_kwargs",
        "train.parameters",
        "train.lora",
        "train.sft",
        "train.max_length",
        "train.precision",
        "train.micro_batch_size",
    ),
    "sample": ("policy.base", "policy.chat_template_kwargs", "policy.dialect", "train.sft", "sample"),
    "score": ("score",),
    "pair": ("pair",),
    "align": ("policy.base", "train", "score"),
    "rounds": ("rounds",),
    "evaluate": ("policy.base", "policy.chat_template_kwargs", "policy.dialect", "score", "evaluate"),
    "report": ("report",),
}
"""What each step reads of the config, besides what the steps read that it cannot do without."""

_SAMPLING: tuple[Step, ...] = ("sample", "score", "pair")
_LEARNS_FROM: dict[AlignMethod, Step] = {"dpo": "pair", "grpo": "sample", "probability": "construct"}
"""The step that makes what each alignment learns from."""
_READS: dict[Step, tuple[Step, ...]] = {
    "construct": (),
    "sft": ("construct",),
    "sample": ("construct", "sft"),
    "score": ("construct", "sample"),
    "pair": ("construct", "sft", "sample", "score"),
    "align": ("construct", "sft"),
    "rounds": ("construct", "sft", "pair", "align"),
    "evaluate": ("construct", "sft"),
    "report": ("construct", *_SAMPLING),
}
"""The steps whose records each step reads, where the run takes them; an alignment reads what it learns from, too."""
_WITHOUT_EFFECT = ("train.launch", "train.report_to", "train.checkpoint_steps", "train.activation_checkpointing")
"""What may change in the middle of a run: none of it decides what comes out."""


def take_steps(run: Run, steps: Sequence[Step] = STEPS, *, redo: Step | None = None) -> None:
    """Takes those of `steps` that are not done yet, in order; with `redo`, from that step on again.

    Raises `RunError` when the run is in use, and what `check_steps` raises; what is refused changes nothing on disk.
    """
    coming = _find_coming(run, steps, redo=redo)
    run.directory.refuse_held()  # whoever comes second is told at once, not after all that is looked at
    run.parts.check(coming, asks_hub=True)
    check_steps(run, steps, redo=redo)
    with run.directory.lock():
        _find_coming(run, steps, redo=redo)  # another process may have taken steps before it left the run
        if redo is not None:
            run.directory.clear_from(redo)
        run.keep_config()
        run.directory.remove_drafts()
        for step in STEPS:
            if step in steps and step in due_steps(run):
                for later in STEPS[STEPS.index(step) + 1 :]:
                    run.directory.clear(later)  # whatever stands there was made of something older
                TAKE[step](run)


def check_steps(run: Run, steps: Sequence[Step] = STEPS, *, redo: Step | None = None) -> list[Step]:
    """The steps that would be taken now, once all is asked that may stop them before the first; a dry run asks no less.

    Raises `RunError` when the run has begun with another config, lacks what a step reads, or does without what is asked
    for, and what `check_construction` raises where a construction is to come.
    """
    coming = _find_coming(run, steps, redo=redo)
    if "construct" in coming:
        check_construction(run)
    return coming


def take_import(run: Run, files: Sequence[Path]) -> None:
    """Makes the run's instructions from dialogue files, in the place of construct.

    Raises `RunError` when the run has instructions already, or a file cannot be read; then nothing is written.
    """
    _refuse_second_import(run)
    read = read_dialogues(run, files)
    with run.directory.lock():
        _refuse_second_import(run)
        run.keep_config()
        keep_instructions(run, read)


def train_steps(run: Run, *, redo: bool = False) -> tuple[Step, ...]:
    """What `ttpa train` takes: fine-tuning where the config asks for it, and alignment once there is what it needs.

    With `redo` what was sampled of the policy that is fine-tuned again does not count: it is dropped.
    """
    steps: tuple[Step, ...] = ("sft",) if run.config.train.sft else ()
    needed = _LEARNS_FROM[run.config.train.method]
    is_dropped = redo and needed in _SAMPLING and bool(steps)
    return (*steps, "align") if run.directory.summary(needed).exists() and not is_dropped else steps


def asked_steps(run: Run) -> list[Step]:
    """The steps that the config asks for, in order; without `train.sft` the policy is sampled as it is.

    Nothing is sampled where the alignment learns from the instructions alone.
    """
    asked: dict[Step, bool] = {"sft": bool(run.config.train.sft), "rounds": run.config.rounds > 1}
    asked |= dict.fromkeys(_SAMPLING, run.config.train.samples)
    return [step for step in STEPS if asked.get(step, True)]


def coming_steps(run: Run, steps: Sequence[Step], *, redo: Step | None = None) -> list[Step]:
    """Those of `steps` that would be taken now: what is not done yet or taken again, and what follows the first."""
    due = due_steps(run)
    asked: list[Step] = [step for step in asked_steps(run) if step in steps]
    again = () if redo is None else STEPS[STEPS.index(redo) :]
    first = next((place for place, step in enumerate(asked) if step in due or step in again), len(asked))
    return asked[first:]


def due_steps(run: Run) -> list[Step]:
    """Those of them that are not done yet."""
    done = {step: run.directory.summary(step).exists() for step in STEPS} | {"rounds": not rounds_are_due(run)}
    return [step for step in asked_steps(run) if not done[step]]


def refuse_idle_steps(run: Run, steps: Sequence[Step], *, redo: Step | None = None) -> None:
    """Raises `RunError` where all of `steps`, or `redo`, are of a sampling that the run's alignment does without."""
    asked = [redo] if redo else steps
    if asked and not run.config.train.samples and set(asked) <= set(_SAMPLING):
        raise RunError(
            f"train.method = 'probability' learns from the instructions alone: run {run.config.name!r} has no step "
            f"{asked[0]!r}"
        )


def refuse_another_config(run: Run, *, redo: Step | None = None) -> None:
    """Raises `RunError` where a step that has begun was told something else than it would be told now.

    With `redo`, that step and those after it are not asked: they are taken again.
    """
    if not run.directory.config.exists():
        return
    before = with_defaults(read_stored(run.directory.config))
    changed = changed_keys(before, run.config.as_json())
    for step in STEPS[: STEPS.index(redo)] if redo else STEPS:
        sections = ("seed", "import") if step == "construct" and run.is_imported else SECTIONS[step]
        mine = [c for c in changed if _is_within(c, sections) and not _is_within(c, _without_effect(run, step))]
        if step == "rounds" and isinstance(before["rounds"], int) and run.config.rounds > before["rounds"]:
            continue  # what was asked for before stays, and more of it is taken
        if mine and run.directory.has_begun(step):
            raise RunError(
                f"run {run.config.name!r} has begun the step {step!r} with another config ({'; '.join(mine)}); "
                f"give this one another name, or take the run again from there with --redo {step}"
            )


def _find_coming(run: Run, steps: Sequence[Step], *, redo: Step | None) -> list[Step]:
    """The steps that would be taken now. Raises `RunError` where the run's folder says that they cannot be."""
    refuse_idle_steps(run, steps, redo=redo)
    refuse_another_config(run, redo=redo)
    if redo == "construct" and run.is_imported:
        raise RunError(
            f"the instructions of run {run.config.name!r} were imported; import them into another run instead"
        )
    coming = coming_steps(run, steps, redo=redo)
    due = due_steps(run)
    if redo is not None and (lacking := _find_lacking(run, redo, due)):
        can_take_them = set(lacking) <= set(steps)
        raise _not_yet(run, redo, lacking, "leave --redo out" if can_take_them else "")
    for step in coming:
        if not set(lacking := _find_lacking(run, step, due)) <= set(coming):
            raise _not_yet(run, step, lacking)
    return coming


def _refuse_second_import(run: Run) -> None:
    if run.directory.summary("construct").exists():
        raise RunError(
            f"run {run.config.name!r} has instructions already; import all files at once, or into another run"
        )


def _find_lacking(run: Run, step: Step, due: Sequence[Step]) -> list[Step]:
    """The steps that have to be taken before this one can be, in order."""
    reads = (*_READS[step], _LEARNS_FROM[run.config.train.method]) if step == "align" else _READS[step]
    lacking: set[Step] = {before for before in due if before in reads}
    for before in tuple(lacking):
        lacking.update(_find_lacking(run, before, due))
    return [before for before in due if before in lacking]


def _not_yet(run: Run, step: Step, lacking: Sequence[Step], advice: str = "") -> RunError:
    return RunError(
        f"run {run.config.name!r} has not come to {step!r} yet: it lacks {', '.join(lacking)}; "
        + (advice or f"the step {lacking[0]!r} comes first")
    )


def _without_effect(run: Run, step: Step) -> tuple[str, ...]:
    """What may change once this step has begun; the micro-batches only where they do no more than round."""
    train = run.config.train
    is_tuned = step == "sft" and run.directory.summary("sft").exists()  # the alignment may have others
    is_held = train.hangs_on_micro_batches("sft" if step == "sft" else train.method) and not is_tuned
    return _WITHOUT_EFFECT if is_held else (*_WITHOUT_EFFECT, "train.micro_batch_size")


def _is_within(change: str, sections: Sequence[str]) -> bool:
    key = change.partition(":")[0]
    return any(key == section or key.startswith(f"{section}.") for section in sections)
