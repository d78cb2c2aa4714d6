"""`python -m ttpa.pretrain FOLDER`: makes a policy, or goes on with one that was cut off."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import argparse
import os
import sys
import tempfile
import tomllib
from pathlib import Path

import torch
from pydantic import ValidationError
from transformers import PreTrainedTokenizerFast

from ttpa.dialects import DIALECTS, Dialect
from ttpa.errors import ConfigError, TtpaError
from ttpa.models.transformers_tokens import TransformersModel
from ttpa.pretrain.family import FAMILIES, SmallModel
from ttpa.pretrain.folder import keep_tokenizer
from ttpa.pretrain.held_out import accuracies, generated_turns
from ttpa.pretrain.sessions import texts
from ttpa.pretrain.tokenizer import make_renderer, train_tokenizer
from ttpa.pretrain.training import PretrainConfig, Probe, pretrain
from ttpa.progress import make_reporter
from ttpa.records.evaluations import CaseResult
from ttpa.runs.lock import hold
from ttpa.stages.evaluate import EvaluateConfig, evaluate
from ttpa.stages.score import ScoreConfig

TOKENIZER_SESSIONS = 6000
PROBE_SEED, PROBE_TURNS = 77, 30
"""Held-out turns that are looked at during training; the ones that are reported have another seed."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ttpa.pretrain", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--config", type=Path, help="a TOML file with what differs from the embedded policy's recipe")
    parser.add_argument("--stop-at", type=int, help="pause after this step; the same command goes on")
    options = parser.parse_args()
    try:
        _run(options.folder, _read_config(options.config), options.stop_at)
    except TtpaError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the same command goes on from the last checkpoint\n")
        sys.exit(130)


def _run(folder: Path, config: PretrainConfig, stop_at: int | None) -> None:
    reporter = make_reporter()
    with hold(folder, f"pretraining {str(folder)!r}"):
        tokenizer = keep_tokenizer(lambda: _make_tokenizer(config), folder)
        try:
            pretrain(
                config,
                tokenizer,
                folder,
                reporter=reporter,
                probe=_make_probe(tokenizer, DIALECTS[FAMILIES[config.form.family].dialect]),
                stop_at=stop_at,
            )
        finally:
            reporter.close()


def _read_config(path: Path | None) -> PretrainConfig:
    """Raises `ConfigError` that names the key that is wrong."""
    if path is None:
        return PretrainConfig()
    try:
        return PretrainConfig.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"config {str(path)!r} cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"config {str(path)!r} is no TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{'.'.join(map(str, first['loc']))} = {first['input']!r}: {first['msg']}") from error


def _make_tokenizer(config: PretrainConfig) -> PreTrainedTokenizerFast:
    family = FAMILIES[config.form.family]
    sessions = texts(config.seed, TOKENIZER_SESSIONS, make_renderer(family))
    return train_tokenizer(sessions, config.form.vocabulary, family)


def _make_probe(tokenizer: PreTrainedTokenizerFast, dialect: Dialect) -> Probe:
    """What a model does at some held-out turns, by greedy decoding."""
    turns = generated_turns(PROBE_SEED, PROBE_TURNS)

    def probe(model: SmallModel) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            loaded = TransformersModel(folder)
        outcomes = evaluate(
            [turn.point for turn in turns],
            model=loaded,
            dialect=dialect,
            config=EvaluateConfig(),
            scoring=ScoreConfig(),
        )
        found = accuracies([outcome for outcome in outcomes if isinstance(outcome, CaseResult)])
        shares = {
            "tool_names": found.tool_names,
            "exact": found.exact,
            "values": found.values,
            "no_call": found.no_call,
        }
        return {name: share for name, share in shares.items() if share is not None}

    return probe


if __name__ == "__main__":
    # Of the whole process: the tails of the optimisers' averages would slow every product.
    torch.set_flush_denormal(True)
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(mode=True)
    main()
