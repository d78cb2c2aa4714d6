"""Weights that cannot be saved as they are held: what was trained is put over the base's own."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

from ttpa.stages.train.run_trainer import without_known_warnings
from ttpa.stages.train.weights import gather_model, put_over


@without_known_warnings()
def test_adapters_are_put_over_the_base_as_merging_them_in_place_does(base: str) -> None:
    torch.manual_seed(1)
    plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    before = {name: weights.clone() for name, weights in plain.state_dict().items()}
    lora = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted = get_peft_model(plain, lora)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    ours = put_over(base, adapted, adapted.state_dict()).state_dict()
    theirs = adapted.merge_and_unload().state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert not all(torch.equal(ours[name], before[name]) for name in before)


@without_known_warnings()
@pytest.mark.parametrize("held", ["as it is", "otherwise"])
def test_bfloat16_weights_have_on_average_the_update_that_was_trained(base: str, tmp_path: Path, held: str) -> None:
    plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
    before = {name: weights.float() for name, weights in plain.state_dict().items()}
    lora = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    torch.manual_seed(1)
    adapted: Any = get_peft_model(plain, lora)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=2e-5)
    exact = deepcopy(adapted).float().merge_and_unload().state_dict()
    trained = {name: weights - before[name] for name, weights in exact.items()}
    of_nearest = _share_kept(trained, before, {name: weights.bfloat16() for name, weights in exact.items()})
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to=[])
    model = gather_model(Trainer(adapted, arguments), base) if held == "as it is" else None
    model = model or put_over(base, adapted, adapted.state_dict())
    assert of_nearest < 0.5
    assert _share_kept(trained, before, model.state_dict()) == pytest.approx(1, abs=0.1)


def _share_kept(trained: dict[str, Any], before: dict[str, Any], merged: dict[str, Any]) -> float:
    """The projection of the merged update on the trained one: 1 where nothing is lost on average."""
    kept = sum(float(((merged[name].float() - before[name]) * trained[name]).sum()) for name in trained)
    return kept / sum(float(update.square().sum()) for update in trained.values())


def test_a_whole_model_is_put_over_under_the_names_of_its_weights(base: str) -> None:
    trained = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with torch.no_grad():
        for parameter in trained.parameters():
            parameter.add_(1)
    ours = put_over(base, trained, trained.state_dict()).state_dict()
    assert all(torch.equal(ours[name], weights) for name, weights in trained.state_dict().items())
