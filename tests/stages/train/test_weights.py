"""Weights that cannot be saved as they are held: what was trained is put over the base's own."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from ttpa.stages.train.run_trainer import without_known_warnings
from ttpa.stages.train.weights import put_over


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


def test_a_whole_model_is_put_over_under_the_names_of_its_weights(base: str) -> None:
    trained = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with torch.no_grad():
        for parameter in trained.parameters():
            parameter.add_(1)
    ours = put_over(base, trained, trained.state_dict()).state_dict()
    assert all(torch.equal(ours[name], weights) for name, weights in trained.state_dict().items())
