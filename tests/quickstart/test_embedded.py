"""The policy that comes with the package: whole, small, loadable by plain transformers, and able to read a new tool."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ttpa.dialects import DIALECTS
from ttpa.models.transformers_tokens import TransformersModel
from ttpa.pretrain.held_out import accuracies, generated_turns
from ttpa.quickstart.embedded import EMBEDDED, FOLDER, policy_path
from ttpa.records.evaluations import CaseResult
from ttpa.records.messages import AssistantMessage, UserMessage
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.evaluate import EvaluateConfig, evaluate
from ttpa.stages.score import ScoreConfig

HERMES = DIALECTS["hermes"]


@pytest.fixture(scope="module")
def policy() -> TransformersModel:
    return TransformersModel(policy_path(EMBEDDED))


def test_it_weighs_less_than_twelve_megabytes_and_carries_its_card() -> None:
    assert sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file()) < 12e6
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    for word in ("license", "make policy", "seed", "exact"):
        assert word in card
    assert "@" not in card  # a figure that was never put in


def test_plain_transformers_loads_it() -> None:
    model = AutoModelForCausalLM.from_pretrained(FOLDER)
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    assert model.config.model_type == "qwen3"
    assert model.config.max_position_embeddings >= 4096
    assert tokenizer.chat_template
    assert len(tokenizer) == model.config.vocab_size


def test_a_decoder_that_skips_special_tokens_keeps_the_tags_of_a_call() -> None:
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    text = '<tool_call>\n{"name": "ring"}\n</tool_call>'
    ids = tokenizer.encode(f"{text}<|im_end|>", add_special_tokens=False)
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_its_template_writes_what_the_dialect_reads(policy: TransformersModel) -> None:
    tool = ToolSpec(name="ring", parameters={"type": "object", "properties": {"who": {"type": "array"}}})
    turn = AssistantMessage(
        tool_calls=(
            ToolCall(name="ring", arguments={"who": ["Zoë", 'a "b"', {"c": [1, 2.5, None, True]}]}),
            ToolCall(name="ring", arguments={}),
        )
    )
    _, ids = policy.tokenizer.turn_ids([UserMessage(content="Ring them.")], [tool], turn)
    text = "".join(policy.tokenizer.pieces(ids[:-1]))
    assert text == HERMES.write_turn(turn)
    assert HERMES.read_turn(text).calls == turn.tool_calls


def test_it_calls_tools_that_it_has_never_seen(policy: TransformersModel) -> None:
    turns = generated_turns(5, 40, offered=(4,))
    outcomes = evaluate(
        [turn.point for turn in turns], model=policy, dialect=HERMES, config=EvaluateConfig(), scoring=ScoreConfig()
    )
    found = accuracies([outcome for outcome in outcomes if isinstance(outcome, CaseResult)])
    assert found.turns == 40
    assert found.tool_names is not None
    assert found.exact is not None
    assert found.tool_names > 0.75
    assert found.exact > 0.5


def test_it_still_calls_right_at_the_end_of_a_long_prompt(policy: TransformersModel) -> None:
    """The tool that is due stands among 36; the prompts have about 1,750 tokens."""
    right = 0
    for index in range(12):
        turn = generated_turns(20 + index, 1, offered=(36,))[0]
        prompt = policy.tokenizer.prompt_ids(turn.point.history, turn.point.tools)
        assert len(prompt) > 1300
        (completion,) = policy.complete([prompt], max_new_tokens=160)
        calls = HERMES.read_turn("".join(policy.tokenizer.pieces(completion.token_ids[:-1]))).calls or ()
        right += [call.name for call in calls] == [call.name for call in turn.point.reference]
    assert right >= 4  # 7 were right when the policy was made


def test_its_weights_are_finite_and_narrow() -> None:
    model = AutoModelForCausalLM.from_pretrained(FOLDER)
    assert json.loads((FOLDER / "config.json").read_text())["dtype"] == "bfloat16"
    assert all(bool(torch.isfinite(parameter).all()) for parameter in model.parameters())
