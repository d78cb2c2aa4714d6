"""Pretraining as a whole: seeded, resumable to the bit, and of use."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from ttpa.errors import ConfigError
from ttpa.pretrain.family import FAMILIES
from ttpa.pretrain.model import FormConfig
from ttpa.pretrain.sessions import texts
from ttpa.pretrain.tokenizer import make_renderer, train_tokenizer
from ttpa.pretrain.training import Cycle, PretrainConfig, learning_rate_share, phase_at, pretrain
from ttpa.progress import SilentReporter

# The compiler is imported, if not used, and torch warns of itself there.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")

FORM = FormConfig(vocabulary=400, hidden_size=64, layers=2, heads=2, key_value_heads=1, head_size=32, feed_forward=96)
CONFIG = PretrainConfig(
    form=FORM,
    cycles=(Cycle(steps=6, decay_share=0.4), Cycle(steps=6, decay_share=0.4)),
    sessions_per_step=2,
    forward_tokens=2048,
    warmup_steps=2,
    checkpoint_steps=3,
)


@pytest.fixture(scope="module", autouse=True)
def without_compilation() -> Iterator[None]:
    with torch.compiler.set_stance("force_eager"):
        yield


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_tokenizer(texts(0, 20, make_renderer(FAMILIES["qwen3"])), 400, FAMILIES["qwen3"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> Path:
    """A training that was never cut off."""
    output = tmp_path_factory.mktemp("whole")
    train(tokenizer, output)
    return output


def train(tokenizer: PreTrainedTokenizerFast, output: Path, *, stop_at: int | None = None) -> None:
    pretrain(CONFIG, tokenizer, output, reporter=SilentReporter(), stop_at=stop_at)


def weights(output: Path) -> dict[str, torch.Tensor]:
    return AutoModelForCausalLM.from_pretrained(output / "policy").state_dict()


def test_a_training_that_was_cut_off_goes_on_to_the_same_bits(
    whole: Path, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    train(tokenizer, tmp_path, stop_at=4)
    assert not (tmp_path / "policy").exists()
    history = tmp_path / "history.jsonl"
    history.write_text(history.read_text() + '{"step": 4, "cut": "off after its checkpoint"}\n')
    train(tokenizer, tmp_path)
    assert history.read_text() == (whole / "history.jsonl").read_text()
    resumed = weights(tmp_path)
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in weights(whole).items())


def test_the_loss_falls(whole: Path) -> None:
    losses = [json.loads(line)["learned_loss"] for line in (whole / "history.jsonl").read_text().splitlines()]
    assert len(losses) == 12
    assert sum(losses[-3:]) / 3 < losses[0] - 0.3


def test_another_config_is_refused_by_name(whole: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    other = CONFIG.model_copy(update={"adam_rate": 1e-3})
    with pytest.raises(ConfigError, match=r"adam_rate: 0\.002 -> 0\.001"):
        pretrain(other, tokenizer, whole, reporter=SilentReporter())


def test_the_rate_rises_stays_and_falls_to_zero() -> None:
    config = PretrainConfig(
        cycles=(Cycle(steps=100, decay_share=0.5), Cycle(steps=50, decay_share=0.2)), warmup_steps=10
    )
    shares = [learning_rate_share(step, config) for step in range(150)]
    assert shares[0] == pytest.approx(0.1)
    assert shares[10:50] == [1.0] * 40
    assert shares[75] == pytest.approx(0.5)
    assert shares[99] == pytest.approx(0.02)
    assert shares[100:110] == shares[:10]  # the second cycle begins
    assert shares[110:140] == [1.0] * 30
    assert shares[-1] == pytest.approx(0.1)


def test_a_cycle_begins_with_what_the_last_one_would_save(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    one = CONFIG.model_copy(update={"cycles": CONFIG.cycles[:1]})
    pretrain(one, tokenizer, tmp_path / "one", reporter=SilentReporter())
    train(tokenizer, tmp_path / "two", stop_at=6)
    state = torch.load(tmp_path / "two" / "checkpoint.pt", weights_only=True)
    saved = weights(tmp_path / "one")
    state["model"] = {name: saved[name].float() for name in state["model"]}
    torch.save(state, tmp_path / "two" / "checkpoint.pt")
    train(tokenizer, tmp_path / "two")
    train(tokenizer, tmp_path / "whole")
    assert all(
        torch.equal(saved, weights(tmp_path / "whole")[name]) for name, saved in weights(tmp_path / "two").items()
    )


def test_a_phase_holds_until_the_next_one_begins() -> None:
    config = PretrainConfig()
    assert [phase_at(step, config).from_step for step in (0, 599, 600, 1399, 1400, 2000)] == [
        0,
        0,
        600,
        600,
        1400,
        1400,
    ]
    with pytest.raises(ValueError, match="no phase begins with step 0"):
        PretrainConfig(phases=config.phases[1:])


def test_a_policy_of_llamas_family_learns_and_loads_as_one(tmp_path: Path) -> None:
    family = FAMILIES["llama"]
    form = FORM.model_copy(update={"family": "llama"})
    tokenizer = train_tokenizer(texts(0, 20, make_renderer(family)), 400, family)
    pretrain(CONFIG.model_copy(update={"form": form}), tokenizer, tmp_path, reporter=SilentReporter())
    losses = [json.loads(line)["learned_loss"] for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert sum(losses[-3:]) / 3 < losses[0] - 0.3
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "policy").config.model_type == "llama"
