"""Adapters merged into bfloat16 weights, rounded to the nearest and stochastically, both arms in one run.

`python benchmarks/merging.py --run runs/quickstart [--epochs 1 3 10] [--rate 1e-5]`. Made-up weights and updates of a
7B model's size first. Then DPO with adapters on a run's own pairs, as on a GPU: bfloat16 weights below float32
adapters. The limit is the trained policy itself, its sum with the adapters left in float32; all are asked in float32.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from transformers import AutoModelForCausalLM
from transformers.trainer_callback import PrinterCallback

from ttpa.records.pairs import PreferencePair
from ttpa.runs.layout import RunDirectory
from ttpa.runs.record_files import read_records
from ttpa.stages.train.dpo import make_trainer
from ttpa.stages.train.merging import merge_adapters, round_stochastically
from ttpa.stages.train.run_trainer import without_known_warnings
from ttpa.stages.train.stage import DpoConfig, TrainConfig

WEIGHTS = 0.02
UPDATES = (5e-6, 1e-5, 2e-5, 5e-5, 1e-4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("runs/quickstart"), help="a finished run with pairs")
    parser.add_argument("--epochs", type=float, nargs="*", default=[1.0, 3.0, 10.0])
    parser.add_argument("--rate", type=float, default=1e-5)
    options = parser.parse_args()
    measure_made_up()
    directory = RunDirectory(options.run)
    pairs = read_records(directory.pairs, PreferencePair)
    print(f"\nDPO with adapters on {len(pairs)} pairs of {options.run.name}, rate {options.rate:g}")
    print("| steps | size of the update | kept: nearest | stochastic | ratio |", end="")
    print(" gain of log-probability, trained | nearest | stochastic | off per pair: nearest | stochastic |")
    print("|" + "---|" * 10)
    for epochs in options.epochs:
        measure_training(str(directory.checkpoint("sft")), pairs, epochs, options.rate)


def measure_made_up() -> None:
    print(f"Weights of size {WEIGHTS}, made up (root mean square)")
    print("| size of the update | kept: nearest | stochastic | ratio | off by: nearest | stochastic |")
    print("|" + "---|" * 6)
    generator = torch.Generator().manual_seed(0)
    before = (torch.randn(1024, 3584, generator=generator) * WEIGHTS).bfloat16().float()
    for size in UPDATES:
        update = torch.randn(1024, 16, generator=generator) @ torch.randn(16, 3584, generator=generator)
        update *= size / update.square().mean().sqrt()
        sums = before + update
        changes = [sums.bfloat16().float() - before, round_stochastically(sums, generator).float() - before]
        nearest, ours = (float((change * update).sum() / update.square().sum()) for change in changes)
        off = " | ".join(f"{float((change - update).norm() / before.norm()):.2e}" for change in changes)
        print(f"| {size:.0e} | {nearest:.2f} | {ours:.2f} | {ours / nearest:.2f}x | {off} |")


@without_known_warnings()
def measure_training(base: str, pairs: Sequence[PreferencePair], epochs: float, rate: float) -> None:
    config = TrainConfig(parameters="lora", dpo=DpoConfig(epochs=epochs, learning_rate=rate), checkpoint_steps=0)
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(base, pairs, Path(folder) / "dpo", config, seed=0)
        model: Any = trainer.model
        for name, parameter in model.named_parameters():
            if "lora_" not in name:
                parameter.data = parameter.data.bfloat16()
        trainer.remove_callback(PrinterCallback)
        trainer.train()

    def again() -> Any:
        whole = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
        adapted: Any = get_peft_model(whole, model.peft_config["default"])
        set_peft_model_state_dict(adapted, get_peft_model_state_dict(model))
        return adapted

    before, trained = again().unload().float(), again().float().merge_and_unload()
    arms = (again().merge_and_unload().float(), merge_adapters(again()).float())
    update = difference(trained, before)
    kept = [float(difference(arm, before) @ update / update.square().sum()) for arm in arms]
    margins = [margins_of(model, pairs) for model in (before, trained, *arms)]
    gains = [margin - margins[0] for margin in margins[1:]]
    print(f"| {trainer.state.global_step} | {update[update != 0].square().mean().sqrt():.1e} ", end="")
    print(f"| {kept[0]:.2f} | {kept[1]:.2f} | {kept[1] / kept[0]:.1f}x | ", end="")
    print(" | ".join(f"{float(gain.mean()):.3f}" for gain in gains), end=" | ")
    print(" | ".join(f"{float((gain - gains[0]).square().mean().sqrt()):.3f}" for gain in gains[1:]), "|", flush=True)


def difference(model: Any, before: Any) -> torch.Tensor:
    """All weights of the one less those of the other."""
    both = zip(model.parameters(), before.parameters(), strict=True)
    return torch.cat([(one.detach() - other.detach()).flatten() for one, other in both])


@torch.no_grad()
def margins_of(model: Any, pairs: Sequence[PreferencePair]) -> torch.Tensor:
    """How much more log-probability the model gives the chosen turn of each pair than the rejected one."""

    def log_probability(pair: PreferencePair, rest: Sequence[int]) -> float:
        ids = torch.tensor([[*pair.prompt_ids, *pair.shared_ids, *rest]])
        log_probs = model(input_ids=ids).logits[0, -len(rest) - 1 : -1].float().log_softmax(-1)
        return float(log_probs.gather(1, ids[0, -len(rest) :, None]).sum())

    return torch.tensor([log_probability(p, p.chosen_ids) - log_probability(p, p.rejected_ids) for p in pairs])


if __name__ == "__main__":
    main()
