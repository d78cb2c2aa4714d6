"""What the embedded policy does at tools it never saw: generated ones, the bundled ones, and third parties'.

`python benchmarks/policy.py [--run runs/quickstart] [--policy DIR] [--turns 1000] [--data DIR]`. The bundled tools are
those of a finished run, before any adaptation (the embedded policy) and after (its `sft` and `dpo`), on the run's
held-out turns. Third-party turns are read from the converted data beside the repository or in `$TTPA_SHARED`.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ttpa.dialects import DIALECTS
from ttpa.models.transformers_tokens import TransformersModel
from ttpa.pretrain.held_out import KINDS, OFFERED, HeldOutTurn, accuracies, generated_turns, turns_of
from ttpa.quickstart.embedded import EMBEDDED, policy_path
from ttpa.records.discards import Discard
from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import Instruction
from ttpa.runs.layout import RunDirectory
from ttpa.runs.record_files import read_records
from ttpa.stages.evaluate import EvaluateConfig, evaluate
from ttpa.stages.importing import import_dialogue
from ttpa.stages.score import ScoreConfig

SEED = 1
LONG = (24, 30, 36, 48)
THIRD_PARTY = ("bfcl_simple_python", "bfcl_multiple", "seal_dev")
CONFIG = EvaluateConfig(max_new_tokens=320)
Cases = dict[str, CaseResult]


def main() -> None:
    beside = Path(os.environ.get("TTPA_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "converted"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", default=EMBEDDED)
    parser.add_argument("--turns", type=int, default=1000, help="generated turns in all")
    parser.add_argument("--seed", type=int, default=SEED, help="of the generated tools")
    parser.add_argument("--run", type=Path, help="a finished run over the bundled tools")
    parser.add_argument("--data", type=Path, default=beside)
    options = parser.parse_args()
    model = TransformersModel(policy_path(options.policy))
    print(f"policy {options.policy}: {sum(p.numel() for p in model.model.parameters()):,} parameters; greedy decoding")
    turns = generated_turns(options.seed, -(-options.turns // len(OFFERED)))[: options.turns]
    print(f"\nGenerated tools, none of their names in training: {len(turns)} turns")
    _print_table(turns, _answer(model, turns))
    _print_long(model)
    if options.run:
        _print_bundled(options.run, {options.policy: model})
    if options.data.is_dir():
        _print_third_party(model, options.data)


def _answer(model: TransformersModel, turns: Sequence[HeldOutTurn]) -> Cases:
    """The policy's greedy turn at each point, judged; those that do not fit its context are told."""
    start = time.monotonic()
    points = [turn.point for turn in turns]
    outcomes = evaluate(points, model=model, dialect=DIALECTS["hermes"], config=CONFIG, scoring=ScoreConfig())
    discards = [outcome for outcome in outcomes if isinstance(outcome, Discard)]
    for discard in discards:
        print(f"left out {discard.id}: {discard.detail}")
    print(f"({time.monotonic() - start:.0f} s)")
    return {outcome.id: outcome for outcome in outcomes if isinstance(outcome, CaseResult)}


def _print_table(turns: Sequence[HeldOutTurn], cases: Cases) -> None:
    """One row a kind, then one a number of offered tools, where several occur, then all."""
    print("| turns | number | tool name | exact turn | values | no call |")
    print("|---|---|---|---|---|---|")
    rows: dict[str, Callable[[HeldOutTurn], bool]] = {kind: lambda turn, kind=kind: turn.kind == kind for kind in KINDS}
    if {turn.offered for turn in turns} == set(OFFERED):
        rows |= {f"{n} tools offered": lambda turn, n=n: turn.offered == n for n in OFFERED}
    for name, belongs in {**rows, "all": lambda _: True}.items():
        members = [cases[turn.point.id] for turn in turns if belongs(turn) and turn.point.id in cases]
        if members:
            group = accuracies(members)
            shares = (group.tool_names, group.exact, group.values, group.no_call)
            print(f"| {name} | {group.turns} | {' | '.join('' if s is None else f'{100 * s:.1f} %' for s in shares)} |")


def _print_long(model: TransformersModel) -> None:
    """Whether the due tools are still called when the prompt is long."""
    print("\n| tools offered | prompt tokens, mean | turns with the due tools |\n|---|---|---|")
    for offered in LONG:
        turns = [generated_turns(20 + seed, 1, offered=(offered,))[0] for seed in range(12)]
        lengths = [len(model.tokenizer.prompt_ids(turn.point.history, turn.point.tools)) for turn in turns]
        points = [turn.point for turn in turns]
        outcomes = evaluate(points, model=model, dialect=DIALECTS["hermes"], config=CONFIG, scoring=ScoreConfig())
        right = sum(outcome.names_right for outcome in outcomes if isinstance(outcome, CaseResult))
        print(f"| {offered} | {sum(lengths) // len(lengths)} | {right} of {len(turns)} |")


def _print_bundled(path: Path, models: dict[str, TransformersModel]) -> None:
    directory = RunDirectory(path)
    every = read_records(directory.instructions, Instruction)
    policies: dict[str, Callable[[], TransformersModel]] = {name: lambda m=m: m for name, m in models.items()}
    for method in ("sft", "dpo"):
        if directory.checkpoint_record(method).exists():
            checkpoint = str(directory.checkpoint(method))
            policies[method] = lambda checkpoint=checkpoint: TransformersModel(checkpoint)
    for split in ("test", "test_unseen"):
        turns = [turn for one in every if one.split == split for turn in turns_of(one)][:500]
        for name, load in policies.items():
            print(f"\nBundled tools, {split}, policy {name}: {len(turns)} turns")
            _print_table(turns, _answer(load(), turns))


def _print_third_party(model: TransformersModel, data: Path) -> None:
    for name in THIRD_PARTY:
        if not (data / f"{name}.jsonl").exists():
            print(f"\n{name}: not in {data}")
            continue
        lines = (data / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        outcomes = [import_dialogue(line, source=name, number=number) for number, line in enumerate(lines, 1)]
        turns = [t for found in outcomes if not isinstance(found, Discard) for one in found for t in turns_of(one)]
        refused = sum(isinstance(found, Discard) for found in outcomes)
        print(f"\n{name}, zero-shot: {len(turns)} turns ({refused} lines refused: their gold breaks their own schema)")
        _print_table(turns, _answer(model, turns))


if __name__ == "__main__":
    main()
