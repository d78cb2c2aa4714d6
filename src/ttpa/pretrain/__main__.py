"""`python -m ttpa.pretrain FOLDER`: makes a policy, or goes on with one that was cut off."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import argparse
import tempfile
import tomllib
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM

from ttpa.dialects import DIALECTS
from ttpa.models.transformers_tokens import TransformersModel
from ttpa.pretrain.held_out import accuracies, generated_turns
from ttpa.pretrain.sessions import texts
from ttpa.pretrain.tokenizer import make_renderer, train_tokenizer
from ttpa.pretrain.training import PretrainConfig, Probe, pretrain
from ttpa.progress import make_reporter
from ttpa.records.evaluations import CaseResult
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
    values = tomllib.loads(options.config.read_text(encoding="utf-8")) if options.config else {}
    config = PretrainConfig.model_validate(values)
    tokenizer = _tokenizer(options.folder / "tokenizer", config)
    reporter = make_reporter()
    try:
        pretrain(
            config, tokenizer, options.folder, reporter=reporter, probe=_make_probe(tokenizer), stop_at=options.stop_at
        )
    finally:
        reporter.close()


def _tokenizer(path: Path, config: PretrainConfig) -> PreTrainedTokenizerFast:
    if not path.exists():
        made = train_tokenizer(texts(config.seed, TOKENIZER_SESSIONS, make_renderer()), config.form.vocabulary)
        made.save_pretrained(path)
    return PreTrainedTokenizerFast.from_pretrained(path)


def _make_probe(tokenizer: PreTrainedTokenizerFast) -> Probe:
    """What a model does at some held-out turns, by greedy decoding."""
    turns = generated_turns(PROBE_SEED, PROBE_TURNS)

    def probe(model: Qwen3ForCausalLM) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            loaded = TransformersModel(folder)
        outcomes = evaluate(
            [turn.point for turn in turns],
            model=loaded,
            dialect=DIALECTS["hermes"],
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
    torch.set_float32_matmul_precision("high")
    main()
