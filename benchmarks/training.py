"""A whole DPO step on the token forest against TRL's own on padded pairs, arms interleaved in one run.

`python benchmarks/training.py [--rounds 5] [--only 512/4 2048/4 "dialogue 6x4"] [--without padded memory]`.
Random weights in the embedded policy's form, or with `--form 0.6B` in that of Qwen3-0.6B but for its vocabulary. On a
GPU FlexAttention is an arm of its own. The pairs of one decision point share their prompt, those of a dialogue a
history that grows. The token limit is what the batch itself allows: tokens of all sequences over nodes of the forest.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import argparse
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import torch

from ttpa.pretrain.model import FormConfig, make_model
from ttpa.quickstart.embedded import FOLDER
from ttpa.records.pairs import PreferencePair
from ttpa.runs.layout import RunDirectory
from ttpa.runs.record_files import read_records
from ttpa.stages.train import count_shared
from ttpa.stages.train.dpo import TokenDpoTrainer, make_trainer
from ttpa.stages.train.run_trainer import load_tokenizer
from ttpa.stages.train.stage import DpoConfig, TrainConfig
from ttpa.stages.train.tree import Forest, Part, plant

TURN = 40
FORMS = {
    "embedded": FormConfig(),
    "0.6B": FormConfig(hidden_size=1024, layers=28, heads=16, key_value_heads=8, head_size=128, feed_forward=3072),
}
ON_GPU = torch.cuda.is_available()
DEVICE = torch.cuda.get_device_name() if ON_GPU else "one thread"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=sorted(BATCHES), nargs="*", default=sorted(BATCHES))
    parser.add_argument("--without", choices=["padded", "separate", "memory"], nargs="*", default=[])
    parser.add_argument("--form", choices=sorted(FORMS), default="embedded")
    parser.add_argument("--run", type=Path, help="a run's folder: its own pairs and policy, in place of made-up ones")
    parser.add_argument("--batches", type=int, default=3, help="of the run that are measured, spread over all")
    parser.add_argument("--peak-of", choices=["padded", "separate", "forest"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.run:
            measure_run(options, Path(folder))
            return
        base = write_base(Path(folder) / "base", FORMS[options.form])
        if options.peak_of:
            print(peak_of(options.peak_of, base, BATCHES[options.only[0]], Path(folder)))
            return
        print(f"{DEVICE}, medians of {options.rounds} steps: forward, backward and optimiser; policy and reference\n")
        print(
            "| batch | sequences | tokens | nodes | token limit | padded pairs, s | sequences alone, s | forest, s |",
            end="",
        )
        print(" forest, reference carried, s | forest by FlexAttention, s |", end="")
        print(" over padded | over alone | of the limit | carried | flex |")
        print("|" + "---|" * 15)
        for name in options.only:
            measure(name, base, BATCHES[name], options, Path(folder))
    if "memory" not in options.without:
        print(
            "\n| batch | peak above the start: one padded pair at a time, MB | two sequences alone, MB | forest, MB |",
            end="",
        )
        print(" over padded | over alone |\n|---|---|---|---|---|---|")
        for name in options.only:
            padded, alone, ours = (peak_in_process(name, arm) for arm in ("padded", "separate", "forest"))
            print(f"| {name} | {padded:.0f} | {alone:.0f} | {ours:.0f} | {ours / padded:.2f}x | {ours / alone:.2f}x |")


def measure_run(options: argparse.Namespace, folder: Path) -> None:
    """All batches of a run's pairs in tokens, some in time: whole DPO steps, padded pairs against the forest."""
    directory = RunDirectory(options.run)
    pairs = sorted(read_records(directory.pairs, PreferencePair), key=lambda pair: pair.instruction_id)
    size = DpoConfig().batch_size
    tokens, nodes = count_shared(pairs, size)
    print(f"{len(pairs)} pairs in batches of {size}: {tokens} tokens, {nodes} nodes, {tokens / nodes:.2f}x")
    batches = [pairs[start : start + size] for start in range(0, len(pairs) - size + 1, size)]
    seconds = {"padded": 0.0, "forest": 0.0}
    measured = batches[:: max(1, len(batches) // options.batches)][: options.batches]
    for number, batch in enumerate(measured):
        steps = {arm: step_of(str(directory.checkpoint("sft")), batch, arm, folder / str(number)) for arm in seconds}
        for step in steps.values():
            step()  # warms up
        for arm, step in steps.items():
            took: list[float] = []
            for _ in range(options.rounds):
                start = time.perf_counter()
                step()
                took.append(time.perf_counter() - start)
            seconds[arm] += statistics.median(took)
    count = count_shared([pair for batch in measured for pair in batch], size)
    ratio = seconds["padded"] / seconds["forest"]
    print(f"{len(measured)} batches measured ({count[0] / count[1]:.2f}x in tokens): padded pairs ", end="")
    print(f"{seconds['padded']:.2f} s, forest {seconds['forest']:.2f} s, {ratio:.2f}x faster")


def write_base(path: Path, form: FormConfig) -> str:
    tokenizer = load_tokenizer(str(FOLDER))
    make_model(form, tokenizer, seed=0).save_pretrained(path)
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


BATCHES = {
    "512/4": dialogue(1, 512, 4),
    "2048/4": dialogue(1, 2048, 4),
    "dialogue 4x4": dialogue(4, 256, 4),
    "dialogue 6x4": dialogue(6, 256, 4),
}
"""Prompt tokens / rejected turns of one decision point; turns x rejected turns of a dialogue."""


def measure(name: str, base: str, pairs: list[PreferencePair], options: argparse.Namespace, folder: Path) -> None:
    arms = ["padded", "separate", "forest", "carried", *(["flex"] if ON_GPU else [])]
    arms = [arm for arm in arms if arm not in options.without]
    steps = {arm: step_of(base, pairs, arm, folder / arm) for arm in arms}
    seconds: dict[str, list[float]] = {arm: [] for arm in steps}
    losses: dict[str, float] = {}
    for number in range(options.rounds + 1):
        for arm, step in steps.items():
            start = time.perf_counter()
            loss = step()
            losses.setdefault(arm, loss)
            if number:  # the first warms up
                seconds[arm].append(time.perf_counter() - start)
    exact = step_of(base, pairs, "forest", folder / "exact", precision="float32")()
    errors = {arm: abs(loss - exact) for arm, loss in losses.items()}
    took = {arm: statistics.median(all_seconds) for arm, all_seconds in seconds.items()}
    forest = plant(sequences_of(pairs))
    tokens, nodes = forest.sequence_tokens, len(forest.token_ids)
    shown = [f"{took[arm]:.3f}" if arm in took else "-" for arm in ("padded", "separate", "forest", "carried", "flex")]
    padded, alone = (took[arm] / took["forest"] if arm in took else None for arm in ("padded", "separate"))
    ratios = [
        f"{padded:.2f}x" if padded else "-",
        f"{alone:.2f}x" if alone else "-",
        f"{100 * alone * nodes / tokens:.0f} %" if alone else "-",
        f"{took['forest'] / took['carried']:.2f}x",
        f"{took['forest'] / took['flex']:.2f}x" if "flex" in took else "-",
    ]
    numbers = [len(sequences_of(pairs)), tokens, nodes, f"{tokens / nodes:.2f}x"]
    print("| " + " | ".join(map(str, [name, *numbers, *shown, *ratios])) + " |", flush=True)
    # TRL's own means round to bf16 (3 parts in 1,000); the forest may be no further from float32 than they are.
    assert all(error < 1e-2 for arm, error in errors.items() if arm != "padded"), errors
    assert max(errors["forest"], errors.get("flex", 0.0)) <= 1.2 * errors.get("padded", 1e-2), errors


def sequences_of(pairs: list[PreferencePair]) -> list[list[int]]:
    return [[*p.prompt_ids, *p.shared_ids, *rest] for p in pairs for rest in (p.chosen_ids, p.rejected_ids)]


def step_of(
    base: str, pairs: list[PreferencePair], arm: str, output: Path, *, precision: str = "bf16"
) -> Callable[[], float]:
    """One whole optimiser step on all pairs; what it calls gives the loss.

    `padded` is TRL's own; `separate` is the best that shares nothing: no padding, a causal kernel, each sequence by
    itself; `carried` takes the reference's log-probabilities as known from the time of sampling; `flex` attends by
    FlexAttention.
    """
    packing = "pairs" if arm == "padded" else "tree"
    config = TrainConfig.model_validate(
        {
            "packing": packing,
            "attention": "flex" if arm == "flex" else "sdpa",
            "precision": precision,
            "micro_batch_size": len(pairs),
            "dpo": DpoConfig(batch_size=len(pairs), epochs=1000),
        }
    )
    trainer = make_trainer(base, pairs, output, config, seed=0)
    batch = trainer.data_collator([trainer.train_dataset[index] for index in range(len(pairs))])
    if arm == "separate":
        batch["forest"] = apart(batch["forest"], batch["input_ids"], batch["attention_mask"])
    if packing == "tree":
        batch["forest"] = batch["forest"].to(trainer.model.device)
    if arm == "carried":
        carry_reference(trainer, batch)
    optimiser = torch.optim.AdamW(trainer.model.parameters(), lr=1e-6)
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()

    def step() -> float:
        loss = trainer.training_step(trainer.model, dict(batch))
        optimiser.step()
        optimiser.zero_grad()
        if ON_GPU:
            torch.cuda.synchronize()
        return float(loss.detach())

    return step


def carry_reference(trainer: TokenDpoTrainer, batch: dict[str, Any]) -> None:
    """Computes the reference once, outside of what is timed, and drops its model."""
    labels = batch["input_ids"].masked_fill(batch["completion_mask"] == 0, -100).to(trainer.model.device)
    with torch.no_grad():  # in the precision that the trainer itself reads it in
        told = trainer.ref_model(labels=labels, forest=batch["forest"]).log_probs.sum(dim=1)
    batch["ref_chosen_logps"], batch["ref_rejected_logps"] = told.chunk(2)
    trainer.precompute_ref_logps = True
    trainer.ref_model = None


def apart(shared: Forest, input_ids: torch.Tensor, mask: torch.Tensor) -> Forest:
    """A forest whose sequences share nothing, each a tree of its own."""
    lengths = mask.sum(dim=1).tolist()
    trees = [plant([row[:length].tolist()]) for row, length in zip(input_ids, lengths, strict=True)]
    starts = [sum(lengths[:number]) for number in range(len(lengths))]
    paths = torch.zeros_like(shared.paths)
    for number, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        paths[number, :length] = torch.arange(start, start + length)
    return Forest(
        token_ids=torch.cat([tree.token_ids for tree in trees]),
        positions=torch.cat([tree.positions for tree in trees]),
        subtree_ends=torch.cat([tree.subtree_ends + start for tree, start in zip(trees, starts, strict=True)]),
        parents=torch.cat(
            [torch.where(tree.parents < 0, -1, tree.parents + start) for tree, start in zip(trees, starts, strict=True)]
        ),
        paths=paths,
        parts=tuple(Part(start, start + length, start + length) for start, length in zip(starts, lengths, strict=True)),
        sequence_tokens=sum(lengths),
    )


def peak_of(arm: str, base: str, pairs: list[PreferencePair], folder: Path) -> float:
    """The most memory above that of the start, in MB: of the whole batch as a forest, else of its largest pair."""
    largest = max(pairs, key=lambda pair: len(pair.prompt_ids))
    step = step_of(base, pairs if arm == "forest" else [largest], arm, folder / arm)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = memory("VmRSS")
    step()
    return memory("VmHWM") - before


def memory(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def peak_in_process(name: str, arm: str) -> float:
    command = [sys.executable, __file__, "--only", name, "--peak-of", arm]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


if __name__ == "__main__":
    main()
