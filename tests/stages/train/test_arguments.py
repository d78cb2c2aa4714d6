"""What a config asks for that an environment lacks is told in words."""

from importlib.util import find_spec

import pytest
import torch

from ttpa.errors import ModelError
from ttpa.stages.train import TrainConfig
from ttpa.stages.train.arguments import peft_config, quantization, refuse_unable

QLORA = TrainConfig(parameters="qlora")


@pytest.mark.skipif(find_spec("bitsandbytes") is not None, reason="bitsandbytes is there")
def test_four_bits_without_bitsandbytes_name_it() -> None:
    with pytest.raises(ModelError, match="'qlora' needs it in this environment: pip install bitsandbytes"):
        refuse_unable(QLORA)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_four_bits_without_a_gpu_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ttpa.stages.train.arguments.find_spec", str)  # as if it were installed
    with pytest.raises(ModelError, match="needs a GPU; on CPUs take 'lora'"):
        refuse_unable(QLORA)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_flex_attention_without_a_gpu_is_refused() -> None:
    with pytest.raises(ModelError, match="needs a GPU: on CPUs it has no gradients"):
        refuse_unable(TrainConfig(attention="flex"))


def test_a_tracker_that_there_is_not_is_named() -> None:
    with pytest.raises(ModelError, match=r"train.report_to = 'no_such_tracker' is none of .* wandb"):
        refuse_unable(TrainConfig(report_to=("no_such_tracker",)))


def test_adapters_lie_over_four_bits_and_nothing_is_quantised_otherwise() -> None:
    assert peft_config(QLORA) is not None
    assert quantization(TrainConfig(parameters="lora")) is None
    assert quantization(TrainConfig()) is None
