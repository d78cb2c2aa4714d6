"""What each process of `test_distributed.py` runs: a DPO training on the forest; the first one writes its losses."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
import sys
from pathlib import Path

from ttpa.records.pairs import PreferencePair
from ttpa.runs.record_files import read_records
from ttpa.stages.train import TrainConfig
from ttpa.stages.train.dpo import make_trainer
from ttpa.stages.train.stage import DpoConfig

base, pairs_file, output = sys.argv[1:]
config = TrainConfig.model_validate(
    {
        "precision": "float32",
        "micro_batch_size": 2,
        "checkpoint_steps": 0,
        "dpo": DpoConfig(learning_rate=1e-3, epochs=5, batch_size=4),
    }
)
trainer = make_trainer(base, read_records(Path(pairs_file), PreferencePair), Path(output), config, seed=1)
trainer.train()
if trainer.is_world_process_zero():
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    told = {"processes": trainer.args.world_size, "losses": losses}
    Path(f"{output}.json").write_text(json.dumps(told), encoding="utf-8")
