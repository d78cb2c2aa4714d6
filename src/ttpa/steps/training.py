"""The two times that a run trains: before it samples, and on the pairs it found."""

import random
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
    account = Account(run, "sft", takes="instructions", gives="sequences")
    run.reporter.start("sft", 0)
    instructions = run.instructions("train")
    base = run.parts.base
    examples, discards, left_out = _examples(run, instructions, base)
    if not examples:
        raise RunError(f"no training sequence is within train.max_length = {run.config.train.max_length}")
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
    facts = _describe(checkpoint) | ({"sequences left out": str(left_out)} if left_out else {})
    account.close(len(instructions), len(instructions) - len(discards), len(examples), discards, facts)


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
        account.close(len(every_pair), 0, 0, discards, {"nothing to align on": "no pair is left"})
        return
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
    instructions = run.instructions("train")
    random.Random(f"{run.config.seed}/control").shuffle(instructions)
    examples, _, _ = _examples(run, instructions[: aligned.steps * config.dpo.batch_size], base)
    if examples:  # else every sequence is too long, and there is no control to train
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
    account.close(len(every_pair), len(pairs), len(pairs), discards, _describe(aligned))


def _examples(run: Run, instructions: Sequence[Instruction], base: str) -> tuple[list[SftExample], list[Discard], int]:
    """The training sequences that are short enough, discards, and how many sequences of kept instructions are left out.

    A discard is an instruction that gives no sequence at all.
    """
    tokenizer = run.parts.load_tokenizer(base)
    limit = run.config.train.max_length
    examples: list[SftExample] = []
    discards: list[Discard] = []
    left_out = 0
    for instruction in instructions:
        built = build_examples(instruction, tokenizer)
        short = [example for example in built if len(example.token_ids) <= limit]
        examples.extend(short)
        if not built:
            detail = "no turn calls a tool or says anything"
            reason = DiscardReason.NOTHING_TO_LEARN
            discards.append(Discard(id=instruction.id, stage="train", reason=reason, detail=detail))
        elif not short:
            longest = max(len(example.token_ids) for example in built)
            discards.append(_too_long(instruction.id, longest, limit))
        else:
            left_out += len(built) - len(short)
    return examples, discards, left_out


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
