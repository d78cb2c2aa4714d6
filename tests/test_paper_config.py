"""The paper's setting: its config is whole, and a model of that architecture goes through all of it at tiny width."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import re
from pathlib import Path

import pytest

from ttpa.assemble import assemble
from ttpa.cli import main
from ttpa.config import load_config
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.quickstart.embedded import FOLDER
from ttpa.records.pairs import PreferencePair
from ttpa.runs.record_files import read_records
from ttpa.steps.run import Run

PAPER = str(Path(__file__).parents[1] / "configs" / "paper.toml")
TEMPLATE = Path(__file__).parent / "stages" / "sample" / "templates" / "hermes.jinja"


def write_apis(folder: Path, number: int) -> None:
    """So many APIs in the layout of ToolBench."""
    apis = [
        {
            "name": f"find {index}",
            "description": f"Finds thing {index}.",
            "required_parameters": [{"name": "place", "type": "STRING", "description": "where"}],
            "optional_parameters": [],
        }
        for index in range(number)
    ]
    file = folder / "tools" / "Things" / "finder.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"tool_name": "Finder", "title": "Finder", "api_list": apis}), encoding="utf-8")


def test_a_dry_run_says_what_the_papers_setting_would_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_apis(tmp_path / "toolenv", 40)
    words = ["ttpa", "run", PAPER, "--dry-run", "--set", f"tools.toolbench.folder={tmp_path / 'toolenv'}"]
    monkeypatch.setattr("sys.argv", [*words, "--set", f"runs={tmp_path}"])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    assert (ended.value.code or 0, printed.err) == (0, "")
    assert "construct, sft, sample, score, pair, align, evaluate, report" in printed.out
    assert re.search(r"construct: 3895 instances over \d+ tools, about ", printed.out)
    assert not (tmp_path / "paper").exists()


@pytest.mark.heavy
def test_a_random_model_of_that_architecture_goes_through_the_whole_setting(tmp_path: Path) -> None:
    base = write_qwen(tmp_path / "qwen")
    tiny = {
        "runs": str(tmp_path), "policy.base": base, "policy.engine": "local", "policy.batch_size": 8,
        "tools.source": "python", "generator.kind": "offline", "construct.instances": 12, "construct.tools_shown": 10,
        "construct.tools_offered": 4, "sample.points": 3, "sample.max_new_tokens": 64, "train.sft.batch_size": 8,
        "train.dpo.batch_size": 4, "evaluate.points": 2, "evaluate.max_new_tokens": 16, "evaluate.resamples": 20,
    }  # fmt: skip
    config = load_config(PAPER, [f"{key}={value}" for key, value in tiny.items()])
    assert config.train.parameters == "lora"
    assert config.train.packing == "tree"
    run = Run(config, assemble(config), SilentReporter())
    take_steps(run)
    assert read_records(run.directory.pairs, PreferencePair)
    assert run.directory.checkpoint_record("dpo").exists()
    assert run.directory.report.exists()


def write_qwen(path: Path) -> str:
    """Qwen2.5-7B's form (its ratios and everything that is no width), with random weights and a small tokenizer."""
    import torch
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    tokenizer = PreTrainedTokenizerFast.from_pretrained(FOLDER)
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    tokenizer.chat_template = TEMPLATE.read_text(encoding="utf-8")
    end, padding = tokenizer.eos_token_id, tokenizer.pad_token_id
    assert isinstance(end, int)
    assert isinstance(padding, int)
    torch.manual_seed(5)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=112,
        intermediate_size=592,
        num_hidden_layers=2,
        num_attention_heads=7,
        num_key_value_heads=1,
        max_position_embeddings=32768,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        rms_norm_eps=1e-6,
        tie_word_embeddings=False,
        use_sliding_window=False,
        eos_token_id=end,
        pad_token_id=padding,
    )
    Qwen2ForCausalLM(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return str(path)
