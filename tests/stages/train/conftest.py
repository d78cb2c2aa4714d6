"""A tiny policy, and what it is trained on here: four dialogues that ring someone, and pairs of right and wrong who."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ttpa.models.transformers_tokenizer import TransformersTokenizer
from ttpa.records.instructions import Instruction, Step
from ttpa.records.messages import UserMessage
from ttpa.records.pairs import PreferencePair
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.train import RewardedPrompt, SftExample, build_examples
from ttpa.stages.train.stage import OnStep

WriteTinyPolicy = Callable[[Path, Sequence[Instruction], int], str]
TOOL = ToolSpec(name="ring", parameters={"type": "object", "properties": {"who": {"type": "string"}}})


def instruction(who: str) -> Instruction:
    return Instruction(
        id=who,
        source="test",
        split="train",
        tools=(TOOL,),
        context=(UserMessage(content=f"Ring {who}."),),
        steps=(Step(calls=(ToolCall(name="ring", arguments={"who": who}),)),),
    )


@pytest.fixture(scope="session")
def rings() -> list[Instruction]:
    return [instruction(who) for who in ("Ann", "Bob", "Cleo", "Dora")]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, write_tiny_policy: WriteTinyPolicy, rings: list[Instruction]) -> str:
    return write_tiny_policy(tmp_path_factory.mktemp("policy") / "base", rings, 64)


@pytest.fixture
def examples(base: str, rings: list[Instruction]) -> list[SftExample]:
    tokenizer = TransformersTokenizer(base)
    return [example for ring in rings for example in build_examples(ring, tokenizer)]


@pytest.fixture(scope="session")
def pairs(base: str, rings: list[Instruction]) -> list[PreferencePair]:
    """Right who against each wrong who, on the tokens of the policy's tokenizer."""
    tokenizer = TransformersTokenizer(base)
    made: list[PreferencePair] = []
    for number, right in enumerate(rings):
        point = right.decision_points()[0]
        prompt, chosen = tokenizer.turn_ids(point.history, point.tools, point.reference_turn())
        wrong = rings[(number + 1) % len(rings)].decision_points()[0]
        _, rejected = tokenizer.turn_ids(point.history, point.tools, wrong.reference_turn())
        shared = next(i for i, (one, other) in enumerate(zip(chosen, rejected, strict=False)) if one != other)
        made.append(
            PreferencePair(
                id=right.id,
                instruction_id=right.id,
                tree_id=point.id,
                prompt_ids=prompt,
                shared_ids=chosen[:shared],
                chosen_ids=chosen[shared:],
                rejected_ids=rejected[shared:],
                chosen_from="reference",
                slot="argument_value",
                chosen_score=1.0,
                rejected_score=0.8,
                rejected_logprob=-1.0,
                rejected_errors=(),
            )
        )
    return made


@pytest.fixture(scope="session")
def prompts(base: str, rings: list[Instruction]) -> list[RewardedPrompt]:
    """Where the dialogues ring someone; the reward is told whom."""
    tokenizer = TransformersTokenizer(base)
    points = [one.decision_points()[0] for one in rings]
    return [
        RewardedPrompt(prompt_ids=tokenizer.prompt_ids(p.history, p.tools), columns={"who": p.instruction_id})
        for p in points
    ]


@pytest.fixture
def ignore_step() -> OnStep:
    """Listens to a training and says nothing."""

    def listen(step: int, total: int, telling: str) -> None:
        del step, total, telling

    return listen
