"""The two times that a run trains: before it samples, and on the pairs it found."""

from collections.abc import Sequence

from ttpa.errors import RunError
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.records.pairs import PreferencePair
from ttpa.runs.record_files import write_record
from ttpa.stages.train import SftExample, build_examples
from ttpa.steps.run import Account, Run


def fine_tune(run: Run) -> None:
    """Train instructions -> `5-train/sft`, the policy that is sampled."""
    account = Account(run, "sft", takes="sequences", gives="sequences")
    run.reporter.start("sft", 0)
    instructions = run.instructions("train")
    base = run.config.policy.base
    if base == "scratch":
        base = str(run.directory.base)
        run.parts.make_base(instructions, run.directory.base)
    examples, discards = _examples(run, instructions, base)
    checkpoint = run.parts.load_learners().sft(
        base,
        examples,
        run.directory.checkpoint("sft"),
        run.config.train,
        method="sft",
        steps=None,
        seed=run.config.seed,
        on_step=run.on_train_step("sft"),
    )
    write_record(run.directory.checkpoint_record("sft"), checkpoint)
    account.close(len(examples) + len(discards), len(examples), discards, _describe(checkpoint))


def align(run: Run) -> None:
    """`4-pair/pairs.jsonl` -> `5-train/dpo`, and its control `5-train/sft_continued`: as many steps of SFT."""
    account = Account(run, "dpo", takes="pairs", gives="pairs")
    config = run.config.train
    every_pair = run.read(run.directory.pairs, PreferencePair, "pair")
    lengths = [
        len(made.prompt_ids) + len(made.shared_ids) + max(len(made.chosen_ids), len(made.rejected_ids))
        for made in every_pair
    ]
    pairs = [made for made, length in zip(every_pair, lengths, strict=True) if length <= config.max_length]
    discards = [
        _too_long(made.id, length, config.max_length)
        for made, length in zip(every_pair, lengths, strict=True)
        if length > config.max_length
    ]
    if not pairs:
        raise RunError("there is no pair to train on: the policy made no mistake where it was sampled")
    base = run.policy()
    learners = run.parts.load_learners()
    run.reporter.start("dpo", 0)
    aligned = learners.dpo(
        base,
        pairs,
        run.directory.checkpoint("dpo"),
        config,
        seed=run.config.seed,
        on_step=run.on_train_step("dpo"),
    )
    write_record(run.directory.checkpoint_record("dpo"), aligned)
    seen = aligned.steps * config.dpo.batch_size
    examples, _ = _examples(run, run.instructions("train")[-seen:], base)
    run.reporter.start("control", 0)
    control = learners.sft(
        base,
        examples,
        run.directory.checkpoint("sft_continued"),
        config,
        method="sft_continued",
        steps=aligned.steps,
        seed=run.config.seed + 1,
        on_step=run.on_train_step("control"),
    )
    write_record(run.directory.checkpoint_record("sft_continued"), control)
    account.close(len(every_pair), len(pairs), discards, _describe(aligned))


def _examples(run: Run, instructions: Sequence[Instruction], base: str) -> tuple[list[SftExample], list[Discard]]:
    """The training sequences that are short enough, and a discard for each that is not."""
    tokenizer = run.parts.load_tokenizer(base)
    limit = run.config.train.max_length
    examples: list[SftExample] = []
    discards: list[Discard] = []
    for instruction in instructions:
        for example in build_examples(instruction, tokenizer):
            if len(example.token_ids) <= limit:
                examples.append(example)
            else:
                discards.append(_too_long(instruction.id, len(example.token_ids), limit))
    if not examples:
        raise RunError(f"none of {len(discards)} training sequences is within train.max_length = {limit}")
    return examples, discards


def _too_long(item_id: str, length: int, limit: int) -> Discard:
    detail = f"{length} tokens; train.max_length is {limit}"
    return Discard(id=item_id, stage="train", reason=DiscardReason.CONTEXT_OVERFLOW, detail=detail)


def _describe(checkpoint: Checkpoint) -> dict[str, str]:
    return {
        "steps": str(checkpoint.steps),
        "tokens": str(checkpoint.tokens),
        "trained parameters": str(checkpoint.trainable_parameters),
        "loss": f"{checkpoint.history[-1].loss:.3f}" if checkpoint.history else "not logged",
    }
