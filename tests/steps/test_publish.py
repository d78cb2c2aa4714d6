"""A policy for others: a folder of plain data with a card, and a hub that is asked to keep it private."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.test_pipeline import FEW, make_run
from transformers import AutoModelForCausalLM, AutoTokenizer

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.errors import RunError
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.instructions import Instruction
from ttpa.records.summaries import StepSummary
from ttpa.runs.manifest import find_damage, write_manifest
from ttpa.runs.record_files import read_record, write_record
from ttpa.steps.publish import publish
from ttpa.steps.run import Run

WriteTinyPolicy = Callable[[Path, Sequence[Instruction], int], str]


class ScriptedHub:
    """Keeps what it is given, and says whether for all to see."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bool, set[str]]] = []

    def upload(self, folder: Path, name: str, *, public: bool, message: str) -> str:
        self.taken.append((name, public, {path.name for path in folder.iterdir()}))
        return f"https://hub.example/{name}"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run whose checkpoints hold weights by name."""
    run = make_run(tmp_path_factory.mktemp("publish"), construct=FEW)
    take_steps(run)
    for name in run.directory.trained:
        folder = run.directory.checkpoint(name)
        (folder / "model.safetensors").write_text(name)
        (folder / "checkpoint.json").write_text(f'"{folder}"')
        write_manifest(folder, identity="scripted")
        record = read_record(run.directory.checkpoint_record(name), Checkpoint)
        told = {"data_sha256": "5" * 64, "remarks": ("it fell",) if name == "dpo" else ()}
        write_record(run.directory.checkpoint_record(name), record.model_copy(update=told))
    return run


def moved(trained: Run, tmp_path: Path) -> Run:
    shutil.copytree(trained.directory.path, tmp_path / "scripted")
    return make_run(tmp_path, construct=FEW)


def test_a_folder_holds_the_aligned_policy_its_card_and_a_manifest(trained: Run, tmp_path: Path) -> None:
    [line] = publish(trained, to=tmp_path / "out")
    assert line == f"dpo of run 'scripted': {tmp_path / 'out'}"
    names = {"model.safetensors", "README.md", "run_config.json", "manifest.json"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert (tmp_path / "out" / "model.safetensors").read_text() == "dpo"
    assert find_damage(tmp_path / "out") is None
    (tmp_path / "out" / "README.md").write_text("")
    assert find_damage(tmp_path / "out") is not None


def test_the_card_tells_data_config_and_evaluation(trained: Run, tmp_path: Path) -> None:
    publish(trained, to=tmp_path / "out", license_name="apache-2.0")
    card = (tmp_path / "out" / "README.md").read_text()
    assert card.startswith("---\nlicense: apache-2.0\nlibrary_name: transformers\n")
    assert "trained by `ttpa` (sft, then dpo)" in card
    assert card.count("5" * 64) == 2  # the data of both trainings
    assert "Beware: it fell." in card
    assert "| test: calls | **dpo** (this one) | " in card
    assert "| test: calls | sft | " in card
    config = (tmp_path / "out" / "run_config.json").read_text()
    assert config.strip() in card
    assert json.loads(config)["construct"]["instances"] == FEW["instances"]


def test_nothing_of_this_machine_is_told(trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "test_share")  # stands in the config
    publish(trained, to=tmp_path / "out")
    written = "".join(path.read_text() for path in sorted((tmp_path / "out").iterdir()))
    assert str(trained.directory.path.parent) not in written
    assert "test_share" not in written


def test_paths_in_the_config_are_cut_to_their_last_name(trained: Run, tmp_path: Path) -> None:
    values = trained.config.as_json()
    values["tools"]["module"] = "/home/alice/acme/own_tools.py"
    values["tools"]["mcp"]["command"] = ["/home/alice/bin/python", "-m", "server"]
    values["report"]["against"] = "/home/alice/runs/old"
    publish(Run(make_config(values), trained.parts, SilentReporter()), to=tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "alice" not in card
    assert "| tools from | python, own_tools.py |" in card
    config = json.loads((tmp_path / "out" / "run_config.json").read_text())
    assert config["tools"]["module"] == "own_tools.py"
    assert config["tools"]["mcp"]["command"] == ["python", "-m", "server"]
    assert config["report"]["against"] == "old"


def test_addresses_in_the_config_are_cut_to_what_holds_no_key(trained: Run, tmp_path: Path) -> None:
    values = trained.config.as_json()
    values["tools"]["mcp"] = {"url": "https://ann:pa55@host/mcp?api_key=S3CRET", "headers": {"X-Key": "ROOMS_PAT"}}
    values["tools"]["openapi"]["document"] = "https://host/openapi.json?token=S3CRET"
    values["policy"]["url"] = ["http://ann:pa55@gpu:8000"]
    publish(Run(make_config(values), trained.parts, SilentReporter()), to=tmp_path / "out")
    told = (tmp_path / "out" / "run_config.json").read_text()
    config = json.loads(told)
    assert (config["tools"]["mcp"]["url"], config["policy"]["url"]) == ("https://host/mcp", ["http://gpu:8000"])
    assert config["tools"]["openapi"]["document"] == "https://host/openapi.json"
    assert config["tools"]["mcp"]["headers"] == {"X-Key": "ROOMS_PAT"}
    for key in ("S3CRET", "pa55"):
        assert key not in told + (tmp_path / "out" / "README.md").read_text()


def test_the_card_of_imported_dialogues_tells_no_tools_of_the_config(trained: Run, tmp_path: Path) -> None:
    run = moved(trained, tmp_path)
    summary = read_record(run.directory.summary("construct"), StepSummary)
    write_record(run.directory.summary("construct"), summary.model_copy(update={"step": "import"}))
    publish(run, to=tmp_path / "out")
    assert "| tools from | the dialogues |\n| generator | none |" in (tmp_path / "out" / "README.md").read_text()


def test_a_policy_that_another_run_has_trained_is_no_training_of_this_one(trained: Run, tmp_path: Path) -> None:
    """The run starts from another run's aligned policy, which has the name of its own."""
    run = moved(trained, tmp_path)
    record = read_record(run.directory.checkpoint_record("sft"), Checkpoint)
    write_record(run.directory.checkpoint_record("sft"), record.model_copy(update={"base": "/runs/first/5-train/dpo"}))
    for policy, told in (("sft", "(sft)"), ("dpo", "(sft, then dpo)")):
        publish(run, policy=policy, to=tmp_path / policy)
        assert f"trained by `ttpa` {told}" in (tmp_path / policy / "README.md").read_text()


def test_a_base_on_the_hub_is_named_and_a_folder_is_not_taken_for_one(tmp_path: Path) -> None:
    rates = {"sft": {"learning_rate": 1e-5}, "dpo": {"learning_rate": 1e-6}, "max_length": 100_000}
    (tmp_path / "own").mkdir()
    for number, base in enumerate(("org/large", str(tmp_path / "own"), str(tmp_path / "gone"))):
        run = make_run(tmp_path / str(number), construct=FEW, policy={"base": base}, train=rates)
        take_steps(run, ["construct", "sft"])
        publish(run, to=tmp_path / f"out{number}")
        card = (tmp_path / f"out{number}" / "README.md").read_text()
        assert ("base_model: org/large" in card) == (base == "org/large")
        assert str(tmp_path) not in card


def test_the_hub_is_asked_to_keep_it_private_unless_it_is_told_otherwise(trained: Run) -> None:
    hub = ScriptedHub()
    trained.parts = replace(trained.parts, open_hub=lambda: hub)
    assert publish(trained, hub="me/mine") == ["dpo of run 'scripted': https://hub.example/me/mine (private)"]
    publish(trained, hub="me/open", public=True, policy="sft")
    assert [(name, public) for name, public, _ in hub.taken] == [("me/mine", False), ("me/open", True)]
    assert all("README.md" in names and "checkpoint.json" not in names for _, _, names in hub.taken)


def test_the_policy_of_a_run_that_was_moved_knows_where_it_comes_from(trained: Run, tmp_path: Path) -> None:
    publish(moved(trained, tmp_path), to=tmp_path / "out")
    assert "(sft, then dpo)" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "modeling_own.py"])
def test_what_could_run_code_is_not_published(trained: Run, tmp_path: Path, name: str) -> None:
    run = moved(trained, tmp_path)
    folder = run.directory.checkpoint("dpo")
    (folder / name).touch()
    write_manifest(folder, identity="scripted")
    with pytest.raises(RunError, match=rf"holds '{name}', which could run code"):
        publish(run, to=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_policy_is_not_published(trained: Run, tmp_path: Path) -> None:
    run = moved(trained, tmp_path)
    (run.directory.checkpoint("dpo") / "model.safetensors").write_text("other")
    with pytest.raises(RunError, match=r"model\.safetensors is damaged"):
        publish(run, to=tmp_path / "out")


def test_mistakes_are_told(trained: Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="has trained no policy 'grpo'; it has sft, sft_continued, dpo"):
        publish(trained, to=tmp_path / "out", policy="grpo")
    with pytest.raises(RunError, match="is there already"):
        publish(trained, to=tmp_path)
    with pytest.raises(RunError, match="--to DIR writes a folder, --hub NAME uploads"):
        publish(trained)
    empty = make_run(tmp_path / "empty")
    with pytest.raises(RunError, match="has trained no policy yet"):
        publish(empty, to=tmp_path / "out")


@pytest.mark.heavy
def test_adapters_are_published_merged_and_plain_transformers_loads_them(
    tmp_path: Path, write_tiny_policy: WriteTinyPolicy
) -> None:
    data = make_run(tmp_path, construct=FEW)
    take_steps(data, ["construct"])
    base = write_tiny_policy(tmp_path / "base", data.instructions("train"), 32)
    rates = {"sft": {"learning_rate": 5e-4}, "dpo": {"learning_rate": 1e-5}}
    run = make_run(tmp_path, construct=FEW, policy={"base": base}, train={"parameters": "lora", **rates})
    run.parts = assemble(run.config)
    take_steps(run, ["sft"])
    publish(run, to=tmp_path / "out")
    assert not list((tmp_path / "out").glob("adapter*"))
    before, after = (AutoModelForCausalLM.from_pretrained(path) for path in (base, tmp_path / "out"))
    changed = [
        name for name, weights in after.named_parameters() if not weights.equal(dict(before.named_parameters())[name])
    ]
    assert changed
    assert all("proj" in name for name in changed)
    assert AutoTokenizer.from_pretrained(tmp_path / "out").chat_template
    assert "they are merged into the weights" in (tmp_path / "out" / "README.md").read_text()
