"""What each process of `test_distributed.py` runs: the forest's forward and gradients of a model whose weights the
processes share (FSDP2), against the same model whole; the first one writes how far they are apart."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch.distributed import barrier, destroy_process_group, get_rank, init_process_group
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from transformers import AutoModelForCausalLM

from ttpa.records.pairs import PreferencePair
from ttpa.runs.record_files import read_records
from ttpa.stages.train.tree import plant
from ttpa.stages.train.tree_forward import add_tree_forward
from ttpa.stages.train.weights import put_over

base, pairs_file, output = sys.argv[1:]
init_process_group("gloo")
pairs = read_records(Path(pairs_file), PreferencePair)
sequences = [[*p.prompt_ids, *p.shared_ids, *rest] for p in pairs for rest in (p.chosen_ids, p.rejected_ids)]
forest = plant(sequences)
longest = max(map(len, sequences))
labels = torch.tensor([sequence + [-100] * (longest - len(sequence)) for sequence in sequences])
labels[:, : len(pairs[0].prompt_ids)] = -100


def load() -> Any:
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    add_tree_forward(model)
    return model


whole, shared = load(), load()
mesh = init_device_mesh("cpu", (2,))
for layer in shared.model.layers:
    fully_shard(layer, mesh=mesh)
fully_shard(shared, mesh=mesh)
assert all(isinstance(parameter, DTensor) for parameter in shared.parameters())
log_probs = [model(labels=labels, forest=forest).log_probs for model in (whole, shared)]
for told in log_probs:
    told.sum().backward()
gradients = {name: parameter.grad.full_tensor() for name, parameter in shared.named_parameters()}
state = get_model_state_dict(shared, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
if get_rank() == 0:
    again = put_over(base, shared, state)
    told = {
        "log-probabilities": float((log_probs[0] - log_probs[1]).abs().max()),
        "gradients": max(
            float((gradients[name] - parameter.grad).abs().max()) for name, parameter in whole.named_parameters()
        ),
        "size of gradients": max(float(parameter.grad.abs().max()) for parameter in whole.parameters()),
        "gathered": max(
            float((one - other).abs().max()) for one, other in zip(again.parameters(), whole.parameters(), strict=True)
        ),
    }
    Path(output).write_text(json.dumps(told), encoding="utf-8")
barrier()  # gloo may abort a process that leaves while the other one is still at work
destroy_process_group()
