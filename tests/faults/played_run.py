"""A whole run over the bundled tools with a policy that follows a script: `python -m faults.played_run FOLDER ITEMS`.

Its generator is the one at `OPENAI_BASE_URL`, or none at all with `--offline`; workers may be given last. It takes
construct, sample, score, pair and evaluate, and goes on where the folder stands.
"""

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ttpa.assemble import Parts, assemble
from ttpa.cli.failures import explain
from ttpa.config import RunConfig, make_config
from ttpa.dialects import DIALECTS
from ttpa.models.scripted import CharacterTokenizer, ScriptedTokenModel
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.records.instructions import Instruction
from ttpa.runs.layout import Step
from ttpa.runs.record_files import read_records
from ttpa.steps.run import Run

STEPS: tuple[Step, ...] = ("construct", "sample", "score", "pair", "evaluate")
WORKERS = 8
HERMES = DIALECTS["hermes"]


def make_run(folder: Path, items: int, *, offline: bool, workers: int = WORKERS, **sections: object) -> Run:
    """A run in `folder`: so many instructions, all of them sampled or evaluated."""
    generator: dict[str, object] = {"kind": "openai", "model": "played", "workers": workers}
    if offline:
        generator = {"kind": "offline", "workers": workers}
    config = make_config(
        {
            "name": folder.name,
            "runs": str(folder.parent),
            "generator": generator,
            "construct": {"instances": items, "max_calls": 2, "test_share": 0.5},
            "sample": {"points": items, "batch": 4, "max_new_tokens": 1000},
            "train": {"sft": False, "parameters": "full", "max_length": 100_000},
            "evaluate": {"points": items, "batch": 4, "resamples": 20, "max_new_tokens": 1000},
            **sections,
        }
    )
    return Run(config, _parts(config), SilentReporter())


def take(run: Run) -> None:
    """Takes all steps but training and the report."""
    take_steps(run, STEPS)


def records(run: Run) -> dict[str, str]:
    """The SHA-256 of every record file, by its name; accounts hold seconds and so are left out."""
    folder = run.directory.path
    files = [path for path in sorted(folder.rglob("*.json*")) if not path.name.endswith(".summary.json")]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.name != "config.json"
    }


def _parts(config: RunConfig) -> Parts:
    run_folder = config.path

    def load_model(_: str) -> ScriptedTokenModel:
        tokenizer = CharacterTokenizer()
        gold: dict[str, str] = {}
        for instruction in read_records(run_folder / "1-construct" / "instructions.jsonl", Instruction):
            for point in instruction.decision_points():
                prompt = "".join(map(chr, tokenizer.prompt_ids(point.history, point.tools)))
                gold[prompt] = HERMES.write_turn(point.reference_turn())

        def turns(prompt: str) -> Mapping[str, float]:
            right = gold[prompt]
            wrong = right.replace('": "', '": "x', 2).replace('"name": "x', '"name": "', 1)
            return {right: 0.4, wrong: 0.6} if wrong != right else {right: 1.0}

        return ScriptedTokenModel(turns)

    def load_tokenizer(_: str) -> CharacterTokenizer:
        return CharacterTokenizer()

    return replace(assemble(config), load_model=load_model, load_tokenizer=load_tokenizer)


def surroundings() -> dict[str, str]:
    """The environment of a process that finds the kit and the package."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}


def main() -> None:
    """As the command line does it: a failure that a person can act on is one line."""
    try:
        workers = int(sys.argv[-1]) if sys.argv[-1].isdigit() and len(sys.argv) > 3 else WORKERS
        take(make_run(Path(sys.argv[1]), int(sys.argv[2]), offline="--offline" in sys.argv, workers=workers))
    except Exception as failure:
        told = explain(failure)
        if told is None:
            raise
        sys.exit(f"error: {told}")


if __name__ == "__main__":
    main()
