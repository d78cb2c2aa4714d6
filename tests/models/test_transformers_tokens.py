"""The local engine, on a tiny untrained policy: on shared caches it decodes what it would decode from scratch."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import MistralConfig, MistralForCausalLM, Qwen3Config, Qwen3ForCausalLM

from ttpa.errors import ModelError
from ttpa.models.base import Branch, Completion, Growth
from ttpa.models.transformers_tokenizer import TransformersTokenizer
from ttpa.models.transformers_tokens import TransformersModel
from ttpa.records.instructions import Instruction, Step
from ttpa.records.messages import AssistantMessage, UserMessage
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.stages.sample.dialogues import join_turns

WriteTinyPolicy = Callable[[Path, Sequence[Instruction], int], str]
CALL = ToolCall(name="find_hotels", arguments={"city": "Zürich", "guests": [{"name": "Ann"}], "nights": 3})
TOOL = ToolSpec(
    name="find_hotels",
    description="Finds hotels.",
    parameters={
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "guests": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
            "nights": {"type": "integer", "default": 1},
            "board": {"enum": ["none", "full"]},
        },
        "required": ["city"],
    },
)
INSTRUCTION = Instruction(
    id="i",
    source="test",
    split="train",
    tools=(TOOL,),
    context=(UserMessage(content="Where can Ann sleep in Zürich for 3 nights?"),),
    steps=(Step(calls=(CALL,), results=(ToolResult(content='["Adler"]', ok=True),)),),
    answer="At the Adler.",
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, write_tiny_policy: WriteTinyPolicy) -> TransformersModel:
    return TransformersModel(write_tiny_policy(tmp_path_factory.mktemp("policy"), [INSTRUCTION], 32), batch_size=3)


def greedy_from_scratch(model: TransformersModel, ids: list[int], limit: int) -> list[int]:
    """Token by token, without cache, padding or batch."""
    new: list[int] = []
    with torch.inference_mode():
        while len(new) < limit and (not new or new[-1] not in model.tokenizer.end_ids):
            logits = model.model(input_ids=torch.tensor([ids + new])).logits[0, -1]
            new.append(int(logits.argmax()))
    return new


def prompts_of(model: TransformersModel) -> list[tuple[int, ...]]:
    points = INSTRUCTION.decision_points()
    prompts = [model.tokenizer.prompt_ids(point.history, point.tools) for point in points]
    return [*prompts, prompts[0][:20], prompts[1][5:], prompts[0][3:50]]


def everywhere(_: int, branch: Branch | None, said: Completion) -> list[Branch]:
    """Every runner-up at each third token of a trunk."""
    return [
        Branch(position, (token_id,), (logprob,))
        for position, top in enumerate(said.top)
        for token_id, logprob in top[1:]
        if position % 3 == 0 and branch is None and token_id != said.token_ids[position]
    ]


def nowhere(_: int, __: Branch | None, ___: Completion) -> list[Branch]:
    """No branch at all."""
    return []


def equal_from_scratch(
    model: TransformersModel, prompts: Sequence[Sequence[int]], growths: Sequence[Growth], limit: int
) -> int:
    """Compares every branch with its greedy continuation from scratch; how many there are."""
    branches = 0
    for prompt, growth in zip(prompts, growths, strict=True):
        for branch, completion in growth.branches:
            forced = [*prompt, *growth.trunk.token_ids[: branch.position], *branch.token_ids]
            is_end = branch.token_ids[-1] in model.tokenizer.end_ids
            left = limit - branch.position - len(branch.token_ids)
            expected = [] if is_end else greedy_from_scratch(model, forced, left)
            assert list(completion.token_ids) == [*branch.token_ids, *expected]
            branches += 1
    return branches


def test_greedy_turns_in_a_padded_batch_equal_those_from_scratch(model: TransformersModel) -> None:
    prompts = prompts_of(model)
    completions = model.complete(prompts, max_new_tokens=12)
    for prompt, completion in zip(prompts, completions, strict=True):
        assert list(completion.token_ids) == greedy_from_scratch(model, list(prompt), 12)


def test_prompts_of_one_dialogue_are_read_once(model: TransformersModel, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, *_ = prompts_of(model)
    assert second[: len(first)] == first
    read: list[int] = []
    forward = model.model.forward

    def counted(**inputs: torch.Tensor) -> object:
        read.append(inputs["input_ids"].numel())
        return forward(**inputs)

    monkeypatch.setattr(model.model, "forward", counted)
    model.complete([second, first[:20], first], max_new_tokens=1)
    assert sum(read) == len(second)
    growths = model.grow([second, first[:20], first], nowhere, max_new_tokens=1, top_k=2)
    assert [growth.prefilled for growth in growths] == [len(second) - len(first), 20, len(first) - 20]
    assert sum(read) == 2 * len(second)


def test_branches_on_the_shared_cache_equal_those_from_scratch(model: TransformersModel) -> None:
    prompts = prompts_of(model)

    growths = model.grow(prompts, everywhere, max_new_tokens=10, top_k=3)
    assert equal_from_scratch(model, prompts, growths, 10) >= 30


def test_branches_on_branches_equal_those_from_scratch(model: TransformersModel) -> None:
    prompts = prompts_of(model)

    def twice(_: int, branch: Branch | None, said: Completion) -> list[Branch]:
        if branch is None:
            return [Branch(place, (said.top[place][1][0],), (said.top[place][1][1],)) for place in (0, 2)]
        if len(branch.token_ids) > 1 or len(said.token_ids) < 4:
            return []
        other, logprob = said.top[3][1]
        return [Branch(branch.position, (*said.token_ids[:3], other), (*said.logprobs[:3], logprob))]

    growths = model.grow(prompts, twice, max_new_tokens=10, top_k=2)
    assert any(len(branch.token_ids) == 4 for growth in growths for branch, _ in growth.branches)
    assert equal_from_scratch(model, prompts, growths, 10) >= 12


def test_given_turns_are_seen_as_they_would_be_token_by_token_and_branch_from_there(model: TransformersModel) -> None:
    """Both turns of the dialogue lie in one sequence, beside another dialogue of another length."""
    points = INSTRUCTION.decision_points()
    turns = [model.tokenizer.turn_ids(point.history, point.tools, point.reference_turn()) for point in points]
    prompt, turn = turns[0]
    dialogues = join_turns([*turns, (prompt[5:], turn)])
    assert [len(dialogue.turns) for dialogue in dialogues] == [2, 1]
    prompts = [*(prompt for prompt, _ in turns), prompt[5:]]
    growths = model.grow_along(dialogues, everywhere, max_new_tokens=60, top_k=3)
    for prefix, growth in zip(prompts, growths, strict=True):
        for place, token_id in enumerate(growth.trunk.token_ids):
            with torch.inference_mode():
                ids = torch.tensor([[*prefix, *growth.trunk.token_ids[:place]]])
                logprobs = torch.log_softmax(model.model(input_ids=ids).logits[0, -1].float(), dim=-1)
            assert growth.trunk.logprobs[place] == pytest.approx(float(logprobs[token_id]), abs=1e-5)
            best = torch.topk(logprobs, 3)
            assert [value for _, value in growth.trunk.top[place]] == pytest.approx(best.values.tolist(), abs=1e-5)
            entropy = -float((logprobs.exp() * logprobs).sum())
            assert growth.trunk.entropies[place] == pytest.approx(entropy, abs=1e-4)
    assert equal_from_scratch(model, prompts, growths, 60) >= 30
    whole = sum(len(dialogue.token_ids) for dialogue in dialogues)
    assert sum(growth.prefilled for growth in growths) == whole


def test_drawn_turns_depend_on_their_seed_alone_and_cold_ones_are_greedy(model: TransformersModel) -> None:
    prompts = prompts_of(model)
    seeds = [f"seed {number}" for number in range(len(prompts))]

    def draw(some: Sequence[int], temperature: float) -> list[list[Completion]]:
        return model.draw(
            [prompts[i] for i in some], 3, temperature=temperature, seeds=[seeds[i] for i in some], max_new_tokens=8
        )

    every = draw(range(len(prompts)), 1.5)
    assert [[one.token_ids for one in found] for found in draw([3, 1], 1.5)] == [
        [one.token_ids for one in every[i]] for i in (3, 1)
    ]
    assert any(len({one.token_ids for one in found}) > 1 for found in every)
    greedy = model.complete(prompts, max_new_tokens=8)
    for found, one in zip(draw(range(len(prompts)), 1e-4), greedy, strict=True):
        assert [cold.token_ids for cold in found] == [one.token_ids] * 3
        assert found[0].logprobs == pytest.approx(one.logprobs, abs=1e-4)


def test_top_tokens_are_sorted_and_start_with_the_chosen_one(model: TransformersModel) -> None:
    [growth] = model.grow(prompts_of(model)[:1], nowhere, max_new_tokens=5, top_k=4)
    for token_id, logprob, top in zip(growth.trunk.token_ids, growth.trunk.logprobs, growth.trunk.top, strict=True):
        assert top[0] == (token_id, logprob)
        assert [value for _, value in top] == sorted((value for _, value in top), reverse=True)


def test_a_turn_continues_its_prompt_and_ends_with_the_end_token(model: TransformersModel) -> None:
    first, last = INSTRUCTION.decision_points()
    for point in (first, last):
        _, turn = model.tokenizer.turn_ids(point.history, point.tools, point.reference_turn())
        assert turn[-1] in model.tokenizer.end_ids
        assert not set(turn[:-1]) & model.tokenizer.end_ids
    shown = "".join(model.tokenizer.pieces(model.tokenizer.prompt_ids(last.history, last.tools)))
    assert shown.endswith("<|im_start|>assistant\n")
    assert '{"name": "find_hotels", "arguments": {"city": "Zürich"' in shown


def test_the_template_shows_every_parameter_with_type_and_default(model: TransformersModel) -> None:
    point = INSTRUCTION.decision_points()[0]
    shown = "".join(model.tokenizer.pieces(model.tokenizer.prompt_ids(point.history, point.tools)))
    signature = 'city: string, guests?: {name?: string}[], nights?: integer = 1, board?: "none"|"full"'
    assert f"// Finds hotels.\nfind_hotels({signature})\n" in shown


def test_pieces_add_up_to_the_text_though_characters_come_in_parts(model: TransformersModel) -> None:
    text = "naïve 東京 🏨!"
    ids = model.tokenizer.tokenizer.encode(text, add_special_tokens=False)
    pieces = model.tokenizer.pieces(ids)
    assert len(pieces) == len(ids) > len(text)
    assert "".join(pieces) == text


def test_a_path_without_a_model_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no tokenizer can be loaded"):
        TransformersTokenizer(str(tmp_path))


def test_a_policy_whose_window_slides_is_refused(model: TransformersModel, tmp_path: Path) -> None:
    config = MistralConfig(
        vocab_size=400,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        sliding_window=8,
    )
    MistralForCausalLM(config).save_pretrained(tmp_path)
    model.tokenizer.tokenizer.save_pretrained(tmp_path)
    with pytest.raises(
        ModelError,
        match="'local' needs full attention in all layers; this model has sliding_attention: take 'vllm'",
    ):
        TransformersModel(str(tmp_path))


def test_a_policy_reads_as_much_as_its_config_says_and_any_length_where_positions_are_stretched(
    model: TransformersModel,
) -> None:
    assert model.max_length == 4096
    rope = {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0, "original_max_position_embeddings": 512}
    sizes: dict[str, Any] = {"vocab_size": 400, "hidden_size": 16, "num_hidden_layers": 1, "head_dim": 8}
    config = Qwen3Config(**sizes, max_position_embeddings=512, rope_parameters=rope)
    stretched = TransformersModel.holding(Qwen3ForCausalLM(config), model.tokenizer, batch_size=1)
    assert stretched.max_length > 2048


def test_a_checkpoint_opens_with_plain_transformers(model: TransformersModel) -> None:
    assert type(model.model).__name__ == "Qwen3ForCausalLM"
    assert model.tokenizer.turn_ids((UserMessage(content="Hi"),), (), AssistantMessage(content="Hello."))[1]
