"""A whole DPO step on the token forest against TRL's own on padded pairs, arms interleaved in one run.

`python benchmarks/training.py [--rounds 5] [--prompts 512 1024]`. Random weights in the embedded policy's form; the
pairs of one decision point share their prompt, those of a dialogue a history that grows. The token limit is what the
batch itself allows: tokens of all sequences over nodes of the forest.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import torch

from ttpa.pretrain.model import FormConfig, make_model
from ttpa.quickstart.embedded import FOLDER
from ttpa.records.pairs import PreferencePair
from ttpa.stages.train.dpo import make_trainer
from ttpa.stages.train.run_trainer import load_tokenizer
from ttpa.stages.train.stage import DpoConfig, TrainConfig
from ttpa.stages.train.tree import plant

TURN = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompts", type=int, nargs="*", default=[512, 1024])
    options = parser.parse_args()
    print(f"one thread, medians of {options.rounds} steps, forward, backward and optimiser; policy and reference\n")
    print("| batch | sequences | tokens | nodes | token limit | padded pairs, s | forest, s | faster |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        base = write_base(Path(folder) / "base")
        for prompt in options.prompts:
            measure(f"one turn, prompt {prompt}, 4 rejected", base, dialogue(1, prompt, 4), options.rounds, folder)
        measure("dialogue of 4 turns, 4 rejected", base, dialogue(4, 256, 4), options.rounds, folder)
        measure("dialogue of 6 turns, 4 rejected", base, dialogue(6, 256, 4), options.rounds, folder)


def write_base(path: Path) -> str:
    tokenizer = load_tokenizer(str(FOLDER))
    make_model(FormConfig(), tokenizer, seed=0).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return str(path)


def dialogue(turns: int, prompt: int, rejected: int) -> list[PreferencePair]:
    """Pairs whose rejected turns part from the chosen one somewhere in its middle."""
    rng = Random(turns * 1000 + prompt)

    def words(count: int) -> tuple[int, ...]:
        return tuple(rng.randrange(10, 1900) for _ in range(count))

    said = words(prompt)
    pairs: list[PreferencePair] = []
    for turn in range(turns):
        chosen = words(TURN)
        for number in range(rejected):
            shared = rng.randrange(TURN // 4, 3 * TURN // 4)
            rest = words(TURN - shared)
            while rest[0] == chosen[shared]:
                rest = words(TURN - shared)
            pairs.append(
                PreferencePair(
                    id=f"{turn}/{number}",
                    instruction_id="one",
                    tree_id=str(turn),
                    prompt_ids=said,
                    shared_ids=chosen[:shared],
                    chosen_ids=chosen[shared:],
                    rejected_ids=rest,
                    chosen_from="candidate",
                    slot="argument_value",
                    chosen_score=1.0,
                    rejected_score=0.5,
                    rejected_logprob=-1.0,
                    rejected_errors=(),
                )
            )
        said = (*said, *chosen, *words(30))
    return pairs


def measure(name: str, base: str, pairs: list[PreferencePair], rounds: int, folder: str) -> None:
    sequences = [[*p.prompt_ids, *p.shared_ids, *rest] for p in pairs for rest in (p.chosen_ids, p.rejected_ids)]
    forest = plant(sequences)
    steps = {packing: step_of(base, pairs, packing, Path(folder) / packing) for packing in ("pairs", "tree")}
    seconds: dict[str, list[float]] = {packing: [] for packing in steps}
    losses: dict[str, list[float]] = {packing: [] for packing in steps}
    for number in range(rounds + 1):
        for packing, step in steps.items():
            start = time.perf_counter()
            losses[packing].append(step())
            if number:  # the first warms up
                seconds[packing].append(time.perf_counter() - start)
    naive, ours = (statistics.median(seconds[packing]) for packing in ("pairs", "tree"))
    tokens, nodes = forest.sequence_tokens, len(forest.token_ids)
    assert abs(losses["pairs"][0] - losses["tree"][0]) < 1e-2, losses
    numbers = f"{len(sequences)} | {tokens} | {nodes} | {tokens / nodes:.2f}x"
    print(f"| {name} | {numbers} | {naive:.2f} | {ours:.2f} | {naive / ours:.2f}x |", flush=True)


def step_of(base: str, pairs: list[PreferencePair], packing: str, output: Path) -> Any:
    """One whole optimiser step on all pairs, as the trainer takes it; what it calls gives the loss."""
    config = TrainConfig.model_validate(
        {"packing": packing, "micro_batch_size": len(pairs), "dpo": DpoConfig(batch_size=len(pairs), epochs=1000)}
    )
    trainer = make_trainer(base, pairs, output, config, seed=0)
    rows = [trainer.train_dataset[index] for index in range(len(pairs))]
    batch = trainer.data_collator(rows)
    optimiser = torch.optim.AdamW(trainer.model.parameters(), lr=1e-6)
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()

    def step() -> float:
        loss = trainer.training_step(trainer.model, dict(batch))
        optimiser.step()
        optimiser.zero_grad()
        return float(loss.detach())

    return step


if __name__ == "__main__":
    main()
