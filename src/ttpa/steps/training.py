"""The two times that a run trains: before it samples, and on what it found where the policy wavers."""

from collections.abc import Sequence
from typing import TypeVar

from ttpa.errors import DialogueRefused, RunError
from ttpa.models.base import ChatTokenizer
from ttpa.records.candidates import CandidateTree
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import DecisionPoint, Instruction
from ttpa.records.pairs import PreferencePair
from ttpa.rewards import BrokenReward, ToolCallReward, reward_columns
from ttpa.runs.record_files import write_record
from ttpa.stages.train import RewardedPrompt, SftExample, build_examples
from ttpa.stages.train.remarks import find_ends
from ttpa.stages.train.stage import SftMethod
from ttpa.steps.dialects import refuse_other_dialect
from ttpa.steps.lengths import LengthAccount
from ttpa.steps.run import Account, Run

PairOrPoint = TypeVar("PairOrPoint", PreferencePair, DecisionPoint)


def fine_tune(run: Run) -> None:
    """Train instructions -> `5-train/sft`, the policy that is sampled."""
    account = Account(run, "sft", takes="instructions", gives="sequences")
    instructions = run.instructions("train")
    refuse_other_dialect(run, (point for one in instructions for point in one.decision_points()))
    base = run.parts.base
    examples, discards, lengths = _examples(run, instructions, base)
    run.reporter.tell(f"sft       {lengths.text}")
    _refuse_unread(run, lengths, base)
    if not examples:
        raise RunError(f"no training sequence is within train.max_length = {run.config.train.max_length}")
    checkpoint = _tune(run, "sft", base, examples, seed=run.config.seed)
    facts = _describe(checkpoint) | ({"too long": lengths.text} if lengths.lost else {})
    account.close(len(instructions), len(instructions) - len(discards), len(examples), discards, facts)


def align(run: Run) -> None:
    """The fine-tuned policy -> `5-train/METHOD`, and its control `sft_continued`: as many steps of SFT."""
    {"dpo": _prefer, "grpo": _reward, "probability": _raise_calls}[run.config.train.method](run)


def _prefer(run: Run) -> None:
    """Alignment on `4-pair/pairs.jsonl`."""
    account = Account(run, "align", takes="pairs", gives="pairs")
    config = run.config.train
    every_pair = run.read(run.directory.pairs, PreferencePair, "pair")
    lengths = LengthAccount("pairs", config.max_length, [made.length for made in every_pair])
    run.reporter.tell(f"align     {lengths.text}")
    pairs, discards = _within(lengths, every_pair)
    if not pairs:
        account.close(len(every_pair), 0, 0, discards, {"nothing to align on": "no pair is left"})
        return
    _refuse_unread(run, lengths, run.policy())
    _refuse_unread_control(run)
    run.reporter.start("dpo", 0)
    aligned = run.parts.load_learners().dpo(
        run.policy(),
        pairs,
        run.directory.checkpoint("dpo"),
        config,
        seed=run.config.seed,
        on_step=run.on_train_step("dpo"),
    )
    write_record(run.directory.checkpoint_record("dpo"), aligned)
    _train_control(run, aligned.steps)
    account.close(len(every_pair), len(pairs), len(pairs), discards, {"method": "dpo"} | _describe(aligned))


def _reward(run: Run) -> None:
    """Alignment on turns that are drawn at the decision points of `2-sample/trees.jsonl`.

    Raises `RunError` where the reward would teach something else than the references.
    """
    account = Account(run, "align", takes="turns", gives="turns")
    config = run.config.train
    points = {point.id: point for point in run.points("train")}
    sampled = [points[tree.id] for tree in run.stream(run.directory.trees, CandidateTree, "sample")]
    tokenizer = run.parts.load_tokenizer(run.policy())
    prompts = {point.id: rewarded_prompt(point, tokenizer) for point in sampled}
    longest = [len(prompts[point.id].prompt_ids) + config.grpo.max_new_tokens for point in sampled]
    lengths = LengthAccount("turns", config.max_length, longest)
    run.reporter.tell(f"align     {lengths.text}")
    short, discards = _within(lengths, sampled)
    if not short:
        account.close(len(sampled), 0, 0, discards, {"nothing to align on": "no turn is left"})
        return
    _refuse_unread(run, lengths, run.policy(), drawn=config.grpo.max_new_tokens)
    _refuse_unread_control(run)
    scoring = run.config.score
    reward = ToolCallReward(
        shape=config.grpo.reward,
        dialect=run.config.policy.dialect,
        strings=scoring.strings,
        ordered=scoring.ordered,
        weights=scoring.weights,
    )
    try:
        tried = reward.check((prompts[point.id].columns for point in short), seed=run.config.seed)
    except BrokenReward as error:
        raise RunError(f"the reward {config.grpo.reward!r} cannot be trained on: {error}") from error
    run.reporter.start("grpo", 0)
    aligned = run.parts.load_learners().grpo(
        run.policy(),
        [prompts[point.id] for point in short],
        run.directory.checkpoint("grpo"),
        config,
        reward=reward,
        rewarded_by=reward.settings,
        seed=run.config.seed,
        on_step=run.on_train_step("grpo"),
    )
    write_record(run.directory.checkpoint_record("grpo"), aligned)
    _train_control(run, aligned.steps)
    facts = {"method": "grpo", "reward": f"{config.grpo.reward}, right on {tried} turns"} | _describe(aligned)
    account.close(len(sampled), len(short), len(short), discards, facts)


def _raise_calls(run: Run) -> None:
    """Alignment on the instructions of train once more, by the probability of each due call."""
    account = Account(run, "align", takes="instructions", gives="sequences")
    instructions = run.instructions("train")
    examples, discards, lengths = _examples(run, instructions, run.policy())
    run.reporter.tell(f"align     {lengths.text}")
    _refuse_unread(run, lengths, run.policy())
    if not any(any(example.calls) for example in examples):
        used = len(instructions) - len(discards)
        account.close(len(instructions), used, 0, discards, {"nothing to align on": "no call is due within the length"})
        return
    seed = run.config.seed + 1
    aligned = _tune(run, "probability", run.policy(), examples, seed=seed)
    _tune(run, "sft_continued", run.control(), examples, steps=aligned.steps, seed=seed)  # but for the objective alike
    facts = {"method": "probability"} | _describe(aligned) | ({"too long": lengths.text} if lengths.lost else {})
    account.close(len(instructions), len(instructions) - len(discards), len(examples), discards, facts)


def rewarded_prompt(point: DecisionPoint, tokenizer: ChatTokenizer) -> RewardedPrompt:
    """A decision point as GRPO draws turns there: its prompt's tokens, and what the turns are judged by."""
    return RewardedPrompt(prompt_ids=tokenizer.prompt_ids(point.history, point.tools), columns=reward_columns(point))


def _refuse_unread(run: Run, lengths: LengthAccount, base: str, *, drawn: int = 0) -> None:
    """Raises `RunError` where what the limit keeps is longer than what the policy reads.

    `drawn` is how many of the tokens are yet to be drawn. Every training asks before it starts: the advice can be
    followed as long as no step of the run has begun that reads the limit.
    """
    context = run.parts.read_context(base)
    if context is None or lengths.longest_kept <= context:
        return
    room = drawn - (lengths.longest_kept - context)
    advice = f"train.grpo.max_new_tokens = {room}" if room > 0 else f"train.max_length = {context}"
    raise RunError(
        f"the longest of the {lengths.noun} has {lengths.longest_kept} tokens, and the policy reads {context} at most: "
        f"set {advice}"
    )


def _refuse_unread_control(run: Run) -> None:
    """The same for the control's sequences, before the alignment; fine-tuning, where there is any, has asked it."""
    if not run.config.train.sft:
        _, _, lengths = _examples(run, run.instructions("train"), run.control())
        _refuse_unread(run, lengths, run.control())


def _train_control(run: Run, steps: int) -> None:
    """`5-train/sft_continued`; none where every training sequence is too long."""
    config = run.config.train
    instructions = run.instructions("train")
    run.rng("control").shuffle(instructions)
    examples, _, _ = _examples(run, instructions[: steps * config.alignment.batch_size], run.control())
    if examples:
        _tune(run, "sft_continued", run.control(), examples, steps=steps, seed=run.config.seed + 1)


def _tune(
    run: Run, method: SftMethod, base: str, examples: Sequence[SftExample], *, steps: int | None = None, seed: int
) -> Checkpoint:
    """A training on sequences -> `5-train/METHOD`, and its record."""
    label = "control" if method == "sft_continued" else method
    run.reporter.start(label, 0)
    checkpoint = run.parts.load_learners().sft(
        base,
        examples,
        run.directory.checkpoint(method),
        run.config.train,
        method=method,
        steps=steps,
        seed=seed,
        on_step=run.on_train_step(label),
    )
    write_record(run.directory.checkpoint_record(method), checkpoint)
    return checkpoint


def _within(account: LengthAccount, items: Sequence[PairOrPoint]) -> tuple[list[PairOrPoint], list[Discard]]:
    """The items that the account keeps, and discards of the others."""
    limit = account.limit
    measured = list(zip(items, account.lengths, strict=True))
    short = [item for item, length in measured if length <= limit]
    return short, [_too_long(item.id, length, limit) for item, length in measured if length > limit]


def _examples(
    run: Run, instructions: Sequence[Instruction], base: str
) -> tuple[list[SftExample], list[Discard], LengthAccount]:
    """The training sequences that are short enough, discards, and the account of all sequences' lengths.

    A discard is an instruction that gives no sequence at all.
    """
    tokenizer = run.parts.load_tokenizer(base)
    limit = run.config.train.max_length
    examples: list[SftExample] = []
    discards: list[Discard] = []
    lengths: list[int] = []
    for instruction in instructions:
        try:
            built = build_examples(instruction, tokenizer)
        except DialogueRefused as error:
            reason = DiscardReason.REFUSED_BY_TEMPLATE
            discards.append(Discard(id=instruction.id, stage="train", reason=reason, detail=str(error)))
            continue
        lengths.extend(len(example.token_ids) for example in built)
        short = [example for example in built if len(example.token_ids) <= limit]
        examples.extend(short)
        if not built:
            detail = "no turn calls a tool or says anything"
            reason = DiscardReason.NOTHING_TO_LEARN
            discards.append(Discard(id=instruction.id, stage="train", reason=reason, detail=detail))
        elif not short:
            longest = max(len(example.token_ids) for example in built)
            discards.append(_too_long(instruction.id, longest, limit))
    return examples, discards, LengthAccount("sequences", limit, lengths)


def _too_long(item_id: str, length: int, limit: int) -> Discard:
    detail = f"{length} tokens; train.max_length is {limit}"
    return Discard(id=item_id, stage="train", reason=DiscardReason.CONTEXT_OVERFLOW, detail=detail)


def _describe(checkpoint: Checkpoint) -> dict[str, str]:
    facts = {
        "steps": str(checkpoint.steps),
        "tokens": str(checkpoint.tokens),
        "trained parameters": str(checkpoint.trainable_parameters),
        **({"beware": "; ".join(checkpoint.remarks)} if checkpoint.remarks else {}),
    }
    rewards = [step.metrics["reward"] for step in checkpoint.history if "reward" in step.metrics]
    if rewards:
        return facts | {"mean reward": _course(rewards)}
    return facts | {"loss": _course([step.loss for step in checkpoint.history])}


def _course(values: Sequence[float]) -> str:
    ends = find_ends(values)
    return f"{ends[0]:.3f} -> {ends[1]:.3f}" if ends else "not logged"
