"""Where everything of one set and seed lies, and how a run is opened there."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from benchmarks.evidence.arms import Data, Sections, merge
from benchmarks.evidence.sets import ToolSet
from benchmarks.evidence.sizes import Size

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.progress import SilentReporter
from ttpa.quickstart.embedded import EMBEDDED
from ttpa.runs.layout import RunDirectory
from ttpa.stages.train import TrainConfig
from ttpa.steps.run import Run

SETTINGS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("settings.toml").read_text(encoding="utf-8"))


class Place:
    """The folder of one set and seed: what is done there is not done twice."""

    def __init__(
        self, root: Path, tools: ToolSet, seed: int, size: Size, *, base: str = EMBEDDED, dialect: str = "hermes"
    ) -> None:
        self.path = root / tools.name / f"seed-{seed}"
        self.tools, self.seed, self.size, self.base, self.dialect = tools, seed, size, base, dialect

    @property
    def everything(self) -> Path:
        """The run that constructs; the test lies here and nowhere else before `--final`."""
        return self.path / "data"

    def start(self, data: Data, changes: Sections) -> Path:
        """The run with train, and dev as its held-out split, and the policy fine-tuned there, with changed settings."""
        return self.path / (f"start-{data}" + (f".{slug(changes)}" if changes else ""))

    def fresh(self, data: Data) -> Path:
        """The run with the instructions whose turns are sampled."""
        return self.path / f"fresh-{data}"

    def unit(self, arm: str, budget: str) -> Path:
        """What one arm comes to with one budget."""
        return self.path / "arms" / arm / budget

    def open(self, folder: Path, sections: Sections, *, policy: str) -> Run:
        """A run in `folder` whose policy is taken as it is, unless `sections` ask for fine-tuning."""
        values: dict[str, Any] = {"name": folder.name, "runs": str(folder.parent), "seed": self.seed}
        values["policy"] = {"base": policy, "dialect": self.dialect}
        values["train"] = {"sft": False}
        values["evaluate"] = {"points": self.size.held_out, "resamples": self.size.resamples}
        values["suites"] = {"limit": self.size.tasks, "resamples": self.size.resamples}
        config = make_config(merge(merge(values, self.tools.sections or {}), sections))
        return Run(config, assemble(config), SilentReporter())


def train_config(section: str, changes: Sections) -> TrainConfig:
    """The shared settings of training, with an arm's changes in one section of it."""
    train = SETTINGS["train"]
    return TrainConfig.model_validate(train | {section: merge(train.get(section, {}), changes)})


def link_step(source: RunDirectory, target: RunDirectory, folder: str) -> None:
    """Gives a run what another has made in one folder; the files are written anew and never changed, so links do."""
    (target.path / folder).mkdir(parents=True, exist_ok=True)
    files = [file for file in (source.path / folder).iterdir() if file.suffix in (".json", ".jsonl")]
    for file in sorted(files, key=lambda file: file.name.endswith(".summary.json")):  # what says `done` comes last
        place = target.path / folder / file.name
        if not place.exists():
            os.link(file, place)


def slug(sections: Sections) -> str:
    """Settings as a folder's name."""
    flat = [f"{key}-{_inline(value)}" for key, value in sorted(sections.items())]
    return re.sub(r"[^\w.-]+", "-", ".".join(flat)) or "default"


def _inline(value: Any) -> str:
    return slug(cast("Sections", value)) if isinstance(value, Mapping) else str(value)
