"""What a training leaves: one whole model, adapters merged, however its weights were held while it was trained."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Any

from peft import PeftModel, get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from torch.distributed.tensor import DTensor
from transformers import AutoModelForCausalLM, PreTrainedModel, Trainer

from ttpa.stages.train.merging import merge_adapters


def gather_model(trainer: Trainer, base: str) -> PreTrainedModel | None:
    """The trained model with its adapters merged; none in other processes than the first where they share its weights.

    Weights that are shared among processes or quantised are not saved as they are: the trained ones are put over those
    of `base`. All processes have to ask.
    """
    model: Any = trainer.accelerator.unwrap_model(trainer.model)
    is_shared = any(isinstance(parameter, DTensor) for parameter in model.parameters())
    if not is_shared and not getattr(model, "is_quantized", False):
        return merge_adapters(model) if isinstance(model, PeftModel) else model
    state = trainer.accelerator.get_state_dict(trainer.model)
    return put_over(base, model, state) if trainer.is_world_process_zero() else None


def put_over(base: str, model: Any, state: dict[str, Any]) -> PreTrainedModel:
    """`base` with what `model` has trained, of which `state` holds the whole weights by name."""
    whole: Any = AutoModelForCausalLM.from_pretrained(base, dtype=model.config.dtype, use_safetensors=True)
    if not isinstance(model, PeftModel):
        whole.load_state_dict(state, strict=False)  # tied weights may have one name only
        return whole
    adapted: Any = get_peft_model(whole, model.peft_config["default"])
    set_peft_model_state_dict(adapted, get_peft_model_state_dict(model, state_dict=state))
    return merge_adapters(adapted)
