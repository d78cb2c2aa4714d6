"""What the tests of suites share: a run whose policies say what a script says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.models.base import TokenModel
from ttpa.models.scripted import CharacterTokenizer
from ttpa.progress import SilentReporter
from ttpa.steps.run import Run

MakeRun = Callable[..., Run]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """A run with these policies, by name; `base` is there in any case."""

    def make(model: TokenModel | None = None, sections: Mapping[str, object] | None = None) -> Run:
        values: dict[str, object] = {"name": "scripted", "runs": str(tmp_path), "suites": {"resamples": 50}}
        config = make_config({**values, **(sections or {})})

        def load_tokenizer(_: str) -> CharacterTokenizer:
            return CharacterTokenizer()

        def load_model(_: str) -> TokenModel:
            assert model is not None, "this policy is not to be asked"
            return model

        parts = replace(assemble(config), load_tokenizer=load_tokenizer, load_model=load_model)
        return Run(config, parts, SilentReporter())

    return make
