"""The ways of training, each for about so many tokens as it is given: more fine-tuning, pairs, rewards."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Literal

from benchmarks.evidence.arms import Arm
from benchmarks.evidence.budget import count_tokens
from benchmarks.evidence.objectives import reference_turns
from benchmarks.evidence.place import train_config

from ttpa.models.base import ChatTokenizer
from ttpa.records.candidates import CandidateTree
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.instructions import DecisionPoint
from ttpa.records.pairs import PreferencePair
from ttpa.records.scores import ScoredTurn
from ttpa.rewards import ToolCallReward
from ttpa.stages.train import SftExample, build_examples
from ttpa.stages.train.stage import GrpoConfig
from ttpa.steps.run import Run
from ttpa.steps.training import rewarded_prompt


def train_examples(run: Run) -> list[SftExample]:
    """The dialogues of train as sequences."""
    tokenizer = run.parts.load_tokenizer(run.policy())
    return [one for instruction in run.instructions("train") for one in build_examples(instruction, tokenizer)]


def point_turns(points: Sequence[DecisionPoint], tokenizer: ChatTokenizer) -> list[SftExample]:
    """The reference turn of each point, one sequence a turn."""
    return [_said_after(one.prompt_ids, one.turns[0]) for one in reference_turns(points, tokenizer)]


def own_right_turns(scored: Run) -> list[SftExample]:
    """What the policy said at sampled points and got right, each turn once."""
    trees = {tree.id: tree for tree in scored.read(scored.directory.trees, CandidateTree, "sample")}
    found: list[SftExample] = []
    for turn in scored.read(scored.directory.scored, ScoredTurn, "score"):
        tree = trees[turn.tree_id]
        for candidate in turn.candidates:
            leaf = tree.leaves[candidate.leaf]
            if candidate.errors or not leaf.finished or leaf.origin == "reference":
                continue
            found.append(_said_after(tree.prompt_ids, tree.token_ids(candidate.leaf)))
    return list(dict.fromkeys(found))


def chosen_turns(pairs: Sequence[PreferencePair]) -> list[SftExample]:
    """The chosen sides of the pairs, each turn once."""
    said = (_said_after(pair.prompt_ids, (*pair.shared_ids, *pair.chosen_ids)) for pair in pairs)
    return list(dict.fromkeys(said))


def _said_after(prompt: tuple[int, ...], turn: tuple[int, ...]) -> SftExample:
    """A sequence of which the turn is learned."""
    learned = (False,) * len(prompt) + (True,) * len(turn)
    return SftExample(token_ids=(*prompt, *turn), is_learned=learned)


def tune(
    run: Run,
    arm: Arm,
    policy: str,
    examples: Sequence[SftExample],
    tokens: int,
    output: Path,
    method: Literal["sft_continued", "probability"] = "sft_continued",
) -> Checkpoint:
    """More fine-tuning, at the alignment's batch size and, unless the arm says another, its learning rate."""
    config = train_config("dpo" if method == "sft_continued" else method, arm.train)
    if method == "probability":
        config = config.model_copy(update={"method": method})
    epoch = -(-len(examples) // config.alignment.batch_size)
    steps = max(1, round(epoch * tokens / sum(len(one.token_ids) for one in examples)))
    return run.parts.load_learners().sft(
        policy, examples, output, config, method=method, steps=steps, seed=run.config.seed, on_step=_unheard
    )


def prefer(run: Run, arm: Arm, policy: str, pairs: Sequence[PreferencePair], tokens: int, output: Path) -> Checkpoint:
    """DPO from `policy`, which is the reference model."""
    epoch = -(-len(pairs) // train_config("dpo", arm.train).dpo.batch_size)
    steps = max(1, round(epoch * tokens / count_tokens(pairs)))
    config = train_config("dpo", {**arm.train, "epochs": (steps - 0.5) / epoch})  # the trainer rounds up to whole steps
    config = config.model_copy(update={"parameters": arm.parameters})
    return run.parts.load_learners().dpo(policy, pairs, output, config, seed=run.config.seed, on_step=_unheard)


def reward(
    run: Run, arm: Arm, policy: str, points: Sequence[DecisionPoint], tokens: int, output: Path, *, with_drawing: bool
) -> Checkpoint:
    """GRPO at `points` for about so many tokens of training, or `with_drawing` of both.

    How many tokens it will say is reckoned by the reference turns.
    """
    tokenizer = run.parts.load_tokenizer(policy)
    prompts = [rewarded_prompt(point, tokenizer) for point in points]
    turns = [tokenizer.turn_ids(point.history, point.tools, point.reference_turn())[1] for point in points]
    config = train_config("grpo", arm.train)
    grpo: GrpoConfig = config.grpo
    prompt, turn = fmean(len(one.prompt_ids) for one in prompts), fmean(map(len, turns))
    a_point = grpo.completions * (prompt + turn)
    if with_drawing:
        a_point += prompt + grpo.completions * turn
    # Fewer points than a step has would be drawn twice in it, which the trainer does not do.
    epochs = max(tokens / a_point, min(grpo.batch_size, len(points))) / len(points)
    config = config.model_copy(update={"method": "grpo", "grpo": grpo.model_copy(update={"epochs": epochs})})
    judge = ToolCallReward(shape=grpo.reward, dialect=run.config.policy.dialect)
    judge.check((prompt.columns for prompt in prompts), seed=run.config.seed)
    return run.parts.load_learners().grpo(
        policy,
        prompts,
        output,
        config,
        reward=judge,
        rewarded_by=judge.settings,
        seed=run.config.seed,
        on_step=_unheard,
    )


def drawing_cost(checkpoint: Checkpoint, grpo: GrpoConfig) -> tuple[int, int]:
    """At how many points GRPO drew turns, and the tokens of it: a prompt is read once, for all of its turns."""
    together = min(grpo.batch_size, checkpoint.examples)
    length = fmean(step.metrics["completions/mean_length"] for step in checkpoint.history)  # not every step is logged
    said = length * checkpoint.steps * together * grpo.completions
    return checkpoint.steps * together, round((checkpoint.tokens - said) / grpo.completions + said)


def _unheard(step: int, total: int, telling: str) -> None:
    """Listens to a training and says nothing."""
