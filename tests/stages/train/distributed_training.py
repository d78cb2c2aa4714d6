"""What each process of `test_distributed.py` runs: DPO on the forest, then calls' probabilities; the losses of both."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
import sys
from pathlib import Path

from ttpa.records.pairs import PreferencePair
from ttpa.runs.record_files import read_records
from ttpa.stages.train import SftExample, TrainConfig
from ttpa.stages.train.dpo import make_trainer
from ttpa.stages.train.sft import train_sft
from ttpa.stages.train.stage import DpoConfig, ProbabilityConfig

base, pairs_file, examples_file, output = sys.argv[1:]
config = TrainConfig.model_validate(
    {
        "precision": "float32",
        "micro_batch_size": 2,
        "checkpoint_steps": 0,
        "dpo": DpoConfig(learning_rate=1e-3, epochs=5, batch_size=4),
        "method": "probability",
        "probability": ProbabilityConfig(learning_rate=1e-3, epochs=5, batch_size=4),
    }
)
trainer = make_trainer(base, read_records(Path(pairs_file), PreferencePair), Path(output), config, seed=1)
trainer.train()
examples = read_records(Path(examples_file), SftExample)
raised = train_sft(
    base, examples, Path(output), config, method="probability", seed=1, on_step=lambda step, total, telling: None
)
if trainer.is_world_process_zero():
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    losses += [step.loss for step in raised.history]
    told = {"processes": trainer.args.world_size, "losses": losses}
    Path(f"{output}.json").write_text(json.dumps(told), encoding="utf-8")
