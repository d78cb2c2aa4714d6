"""The whole method on scripted models in seconds: real tools and offline generator, a policy that wavers by script."""

import json
import re
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ttpa.assemble import Parts, assemble
from ttpa.config import RunConfig, make_config
from ttpa.dialects import DIALECTS
from ttpa.errors import ConfigError, DialogueRefused, ModelError, RunError, ToolError
from ttpa.models.base import TokenModel
from ttpa.models.scripted import CharacterTokenizer, ScriptedTokenModel
from ttpa.pipeline import check_steps, due_steps, take_import, take_steps, train_steps
from ttpa.progress import SilentReporter
from ttpa.records.candidates import CandidateTree
from ttpa.records.checkpoints import Checkpoint, TrainMethod
from ttpa.records.discards import Discard
from ttpa.records.evaluations import Evaluation
from ttpa.records.instructions import Instruction
from ttpa.records.messages import AssistantMessage, Message
from ttpa.records.pairs import PreferencePair
from ttpa.records.summaries import StepSummary
from ttpa.records.tools import ToolSpec
from ttpa.runs.layout import STEPS, RunDirectory, Step
from ttpa.runs.manifest import write_manifest
from ttpa.runs.record_files import read_record, read_records, write_records
from ttpa.stages.train import RewardedPrompt, SftExample, TrainConfig
from ttpa.stages.train.stage import OnStep, SftMethod, TurnReward
from ttpa.steps.origin import tell_origin
from ttpa.steps.report import gather
from ttpa.steps.run import Run

HERMES = DIALECTS["hermes"]
FEW = {"instances": 16, "test_share": 0.2}
GENTLE = {"sft": {"learning_rate": 1e-5}, "dpo": {"learning_rate": 1e-5}}


class ScriptedLearners:
    """Writes checkpoints without training; which policy a checkpoint is, its folder's name says."""

    def sft(
        self,
        base: str,
        examples: Sequence[SftExample],
        output: Path,
        config: TrainConfig,
        *,
        method: SftMethod,
        steps: int | None,
        seed: int,
        on_step: OnStep,
    ) -> Checkpoint:
        on_step(1, 1, "loss 0.5")
        return write_checkpoint(output, method, base, len(examples), steps or 1)

    def dpo(
        self,
        base: str,
        pairs: Sequence[PreferencePair],
        output: Path,
        config: TrainConfig,
        *,
        seed: int,
        on_step: OnStep,
    ) -> Checkpoint:
        on_step(1, 1, "loss 0.5")
        return write_checkpoint(output, "dpo", base, len(pairs), 1)

    def grpo(
        self,
        base: str,
        prompts: Sequence[RewardedPrompt],
        output: Path,
        config: TrainConfig,
        *,
        reward: TurnReward,
        rewarded_by: str,
        seed: int,
        on_step: OnStep,
    ) -> Checkpoint:
        references = [json.loads(prompt.columns["reference"]) for prompt in prompts]
        golds = [HERMES.write_turn(AssistantMessage(tool_calls=tuple(calls))) for calls in references]
        columns = {name: [prompt.columns[name] for prompt in prompts] for name in ("tools", "reference")}
        assert reward([""] * len(golds), golds, **columns) == [1.0] * len(golds)
        assert json.loads(rewarded_by)["shape"] == config.grpo.reward
        on_step(1, 1, "reward 0.5")
        return write_checkpoint(output, "grpo", base, len(prompts), 1)


def write_checkpoint(output: Path, method: TrainMethod, base: str, examples: int, steps: int) -> Checkpoint:
    output.mkdir(parents=True)
    write_manifest(output, identity="scripted")
    return Checkpoint(
        method=method, base=base, examples=examples, steps=steps, tokens=1, trainable_parameters=1, history=(), files={}
    )


def load_scripted(directory: RunDirectory, path: str) -> TokenModel:
    """Before alignment the policy is right with 0.6 and mistakes a digit or letter with 0.4; then it is right."""
    tokenizer = CharacterTokenizer()
    gold: dict[str, str] = {}
    for instruction in read_records(directory.instructions, Instruction):
        for point in instruction.decision_points():
            prompt = "".join(chr(token_id) for token_id in tokenizer.prompt_ids(point.history, point.tools))
            gold[prompt] = HERMES.write_turn(point.reference_turn())

    def turns(prompt: str) -> Mapping[str, float]:
        right = gold[prompt]
        if path.endswith(("dpo", "grpo", "probability")) or "</tool_call>" not in right:
            return {right: 1.0}
        wrong = right.replace('": "', '": "x', 2).replace('"name": "x', '"name": "', 1)
        return {right: 0.6, wrong: 0.4} if len(prompt) % 2 else {right: 0.4, wrong: 0.6}

    return ScriptedTokenModel(turns)


def make_run(tmp_path: Path, **sections: object) -> Run:
    config = make_config(
        {
            "name": "scripted",
            "runs": str(tmp_path),
            "construct": {"instances": 60, "test_share": 0.2},
            "sample": {"points": 60, "batch": 8, "max_new_tokens": 1000},
            "evaluate": {"points": 40, "resamples": 50, "max_new_tokens": 1000},
            "train": {"parameters": "full", "max_length": 100_000},
            **sections,
        }
    )
    return Run(config, scripted_parts(config), SilentReporter())


def scripted_parts(config: RunConfig) -> Parts:
    directory = RunDirectory(config.path)

    def load_tokenizer(_: str) -> CharacterTokenizer:
        return CharacterTokenizer()

    def load_model(path: str) -> TokenModel:
        return load_scripted(directory, path)

    def check(steps: Collection[Step], *, asks_hub: bool) -> None:
        """Nothing is asked of the machine."""
        del steps, asks_hub

    def read_context(_: str) -> None:
        """A scripted policy reads any length."""

    return replace(
        assemble(config),
        load_tokenizer=load_tokenizer,
        load_model=load_model,
        load_learners=ScriptedLearners,
        check=check,
        read_context=read_context,
    )


def stage_bytes(run: Run) -> dict[str, bytes]:
    """The records of all stages before training, by file."""
    files = (run.directory.instructions, run.directory.trees, run.directory.scored, run.directory.pairs)
    return {file.name: file.read_bytes() for file in files}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make_run(tmp_path_factory.mktemp("runs"))
    take_steps(run)
    return run


def test_a_run_is_held_against_another_of_its_name(finished: Run, tmp_path: Path) -> None:
    shutil.copytree(finished.directory.path, tmp_path / "scripted")
    run = make_run(Path(finished.config.runs), report={"against": str(tmp_path / "scripted")})
    other = gather(run).other
    assert other is not None
    assert other.evaluation is not None
    assert other.evaluation.policies == ("scripted: dpo", "this run: dpo")


def test_the_whole_method_runs_to_its_report(finished: Run) -> None:
    assert due_steps(finished) == []
    assert "scripted" in finished.directory.report.read_text()


ONE_ROUND: tuple[Step, ...] = tuple(step for step in STEPS if step != "rounds")


@pytest.mark.parametrize("step", ONE_ROUND)
def test_records_in_are_records_out_and_discards(finished: Run, step: Step) -> None:
    summary = read_record(finished.directory.summary(step), StepSummary)
    discards = read_records(finished.directory.discards(step), Discard)
    assert len(discards) == sum(summary.discards.values())
    assert summary.items_in == summary.items_used + len(discards)


def test_each_step_takes_what_the_one_before_gave(finished: Run) -> None:
    given = {step: read_record(finished.directory.summary(step), StepSummary) for step in ONE_ROUND}
    assert given["score"].items_in == given["sample"].records_out
    assert given["pair"].items_in == given["score"].records_out
    assert given["align"].items_in == given["pair"].records_out


def test_pairs_come_from_where_the_policy_wavers(finished: Run) -> None:
    trees = {tree.id: tree for tree in read_records(finished.directory.trees, CandidateTree)}
    pairs = read_records(finished.directory.pairs, PreferencePair)
    assert pairs
    for pair in pairs:
        assert pair.chosen_ids[0] != pair.rejected_ids[0]
        assert pair.prompt_ids == trees[pair.tree_id].prompt_ids
        assert pair.rejected_errors


def test_grpo_takes_the_decision_points_that_were_sampled(tmp_path: Path) -> None:
    run = make_run(tmp_path, train={"method": "grpo", "max_length": 100_000})
    take_steps(run)
    trees = read_records(run.directory.trees, CandidateTree)
    summary = read_record(run.directory.summary("align"), StepSummary)
    assert summary.items_used == len(trees)
    assert summary.facts["method"] == "grpo"
    assert read_record(run.directory.checkpoint_record("grpo"), Checkpoint).examples == len(trees)
    assert read_record(run.directory.evaluation, Evaluation).policies == ("base", "sft", "sft_continued", "grpo")


def test_probability_learns_from_the_instructions_alone_and_samples_nothing(tmp_path: Path) -> None:
    run = make_run(tmp_path, train={"method": "probability", "max_length": 100_000})
    assert not {"sample", "score", "pair"} & set(due_steps(run))
    take_steps(run)
    assert due_steps(run) == []
    summary = read_record(run.directory.summary("align"), StepSummary)
    assert summary.facts["method"] == "probability"
    assert summary.items_used == len(run.instructions("train"))
    evaluation = read_record(run.directory.evaluation, Evaluation)
    assert evaluation.policies == ("base", "sft", "sft_continued", "probability")
    assert evaluation.groups["test: calls"]["probability"].exact.value == 1.0
    assert not run.directory.trees.exists()
    assert "probability" in run.directory.report.read_text(encoding="utf-8")
    assert train_steps(run) == ("sft", "align")


def test_steps_that_the_alignment_does_without_are_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    run = make_run(tmp_path, construct=FEW, train={"method": "probability", "max_length": 100_000})
    take_steps(run)
    for step in ("sample", "score", "pair"):
        for redo in (None, step):
            with pytest.raises(RunError, match=f"'scripted' has no step '{step}'"):
                take_steps(run, [step], redo=redo)
    assert due_steps(run) == []


def test_an_alignment_by_probabilities_is_taken_again_whole(tmp_path: Path) -> None:
    run = make_run(tmp_path, construct=FEW, train={"method": "probability", "max_length": 100_000})
    take_steps(run)
    paths = [run.directory.checkpoint("probability"), run.directory.checkpoint_record("probability")]
    before = [path.stat().st_mtime_ns for path in paths]
    take_steps(run, redo="align")
    assert all(path.stat().st_mtime_ns > earlier for path, earlier in zip(paths, before, strict=True))


def test_probability_has_nothing_to_align_on_where_no_call_is_due(tmp_path: Path) -> None:
    run = make_run(tmp_path, construct=FEW, train={"method": "probability", "max_length": 100_000})
    take_steps(run, ["construct"])
    every = read_records(run.directory.instructions, Instruction)
    plain = [one for one in every if not any(step.calls for step in one.steps)]
    assert plain
    write_records(run.directory.instructions, [one.model_copy(update={"split": "train"}) for one in plain])
    take_steps(run, ["sft", "align"])
    summary = read_record(run.directory.summary("align"), StepSummary)
    assert (summary.items_used, summary.records_out) == (len(plain), 0)
    assert "no call is due" in summary.facts["nothing to align on"]
    assert not run.directory.checkpoint_record("probability").exists()


def test_grpo_leaves_out_what_is_too_long_and_says_so(tmp_path: Path) -> None:
    grpo = {"max_new_tokens": 90_000}
    run = make_run(tmp_path, train={"method": "grpo", "grpo": grpo, "max_length": 100_000})
    take_steps(run, STEPS[: STEPS.index("align")])
    assert train_steps(run) == ("sft", "align")
    short = make_run(tmp_path, train={"method": "grpo", "grpo": grpo, "max_length": 90_000})
    take_steps(short, redo="sft")
    summary = read_record(short.directory.summary("align"), StepSummary)
    assert summary.items_used == 0
    assert summary.discards == {"context_overflow": summary.items_in}


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"score": {"ordered": True}}, r"'align' with another config \(score\.ordered: False -> True\)"),
        ({"train": {"precision": "float32"}}, r"'sft' with another config .*train\.precision: 'bf16' -> 'float32'"),
    ],
)
def test_a_training_holds_all_that_it_reads_of_the_config(
    tmp_path: Path, sections: dict[str, dict[str, object]], told: str
) -> None:
    train = {"method": "grpo", "parameters": "full", "max_length": 100_000}
    take_steps(make_run(tmp_path, construct=FEW, train=train), ["construct", "sft", "sample", "align"])
    changed = {**sections, "train": train | sections.get("train", {})}
    with pytest.raises(RunError, match=told):
        take_steps(make_run(tmp_path, construct=FEW, **changed))


@pytest.mark.parametrize(
    ("step", "train", "is_taken"),
    [
        ("sft", {"sft": {"epochs": 2}, "micro_batch_size": 2}, False),
        ("sft", {"micro_batch_size": 2, "activation_checkpointing": True, "dpo": {"beta": 0.2}}, True),
        ("sft", {"micro_batch_size": 2, "parameters": "lora", "lora": {"dropout": 0.1}}, False),
        ("align", {"micro_batch_size": 2, "parameters": "lora", "lora": {"dropout": 0.1}, "method": "grpo"}, False),
        ("align", {"micro_batch_size": 2, "activation_checkpointing": True, "method": "grpo"}, True),
        ("align", {"activation_checkpointing": True}, True),
        ("align", {"micro_batch_size": 2}, False),
    ],
)
def test_a_training_that_was_cut_off_takes_less_memory_where_that_decides_nothing(
    tmp_path: Path, step: Step, train: dict[str, object], *, is_taken: bool
) -> None:
    plain = {key: train[key] for key in ("parameters", "lora", "method") if key in train}
    gentle = {"parameters": "full", "max_length": 100_000}
    before = make_run(tmp_path, construct=FEW, train=gentle | plain)
    take_steps(before, STEPS[: STEPS.index(step)])
    output = before.directory.checkpoint("sft" if step == "sft" else before.config.train.method)
    states = output.with_name(f"{output.name}.states")
    states.mkdir(parents=True)
    after = make_run(tmp_path, construct=FEW, train=gentle | train)
    if is_taken:
        take_steps(after, [step])
        return
    with pytest.raises(RunError, match=rf"begun the step '{step}' with another config .*--redo {step}"):
        take_steps(after, [step])
    assert states.exists()


def test_an_evaluation_holds_the_policy_and_the_scoring_that_no_other_step_has_read(tmp_path: Path) -> None:
    plain = {"construct": FEW, "train": {"sft": False}}
    run = make_run(tmp_path, **plain)
    take_steps(run, ["construct", "evaluate"])
    for sections in ({"score": {"strings": "folded"}}, {"policy": {"base": "embedded", "dialect": "json"}}):
        with pytest.raises(RunError, match="'evaluate' with another config"):
            take_steps(make_run(tmp_path, **plain, **sections))


class Listener(SilentReporter):
    """Keeps what is told and when a step's items move."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def advance(self, count: int, note: str = "") -> None:
        self.heard.append(note)

    def tell(self, line: str) -> None:
        self.heard.append(line)


@pytest.mark.parametrize("method", ["dpo", "grpo"])
def test_what_a_limit_on_length_loses_is_told_before_the_first_step(tmp_path: Path, method: str) -> None:
    run = make_run(tmp_path, construct=FEW, train={"method": method, "max_length": 20_000})
    listener = run.reporter = Listener()
    take_steps(run, STEPS[: STEPS.index("evaluate")])
    steps = [place for place, line in enumerate(listener.heard) if line in ("loss 0.5", "reward 0.5")]
    told = [place for place, line in enumerate(listener.heard) if "train.max_length = 20000" in line]
    assert len(steps) == 3  # sft, alignment, control
    assert [place + 1 for place in told] == steps[:2]
    assert "sequences" in listener.heard[told[0]]
    assert ("pairs" if method == "dpo" else "turns") in listener.heard[told[1]]


def test_the_account_of_a_training_says_what_was_too_long(tmp_path: Path) -> None:
    run = make_run(tmp_path, construct=FEW)
    take_steps(run, ["construct"])
    lengths = sorted(len(CharacterTokenizer().prompt_ids(p.history, p.tools)) for p in run.points("train"))
    short = make_run(tmp_path, construct=FEW, train={"max_length": lengths[len(lengths) // 2]})
    take_steps(short, ["sft"])
    summary = read_record(short.directory.summary("sft"), StepSummary)
    assert summary.discards["context_overflow"] > 0
    assert "loses nothing" in summary.facts["too long"]


def test_alignment_shows_as_a_paired_difference(finished: Run) -> None:
    evaluation = read_record(finished.directory.evaluation, Evaluation)
    assert evaluation.policies == ("base", "sft", "sft_continued", "dpo")
    calls = evaluation.groups["test: calls"]
    assert calls["dpo"].exact.value == 1.0
    assert 0.0 < calls["sft"].exact.value < 1.0
    [difference] = [
        d for d in evaluation.differences if (d.group, d.policy, d.baseline) == ("test: calls", "dpo", "sft")
    ]
    assert difference.exact.low > 0
    assert difference.lost == 0


def test_unseen_tools_are_offered_in_no_training_instruction(finished: Run) -> None:
    instructions = read_records(finished.directory.instructions, Instruction)
    offered = {
        split: {tool.name for item in instructions if item.split == split for tool in item.tools}
        for split in ("train", "test_unseen")
    }
    assert offered["test_unseen"]
    assert not offered["train"] & offered["test_unseen"]


def test_two_runs_with_one_seed_write_the_same_bytes(finished: Run, tmp_path: Path) -> None:
    other = make_run(tmp_path)
    take_steps(other, STEPS[: STEPS.index("align")])
    assert stage_bytes(other) == stage_bytes(finished)


@pytest.mark.parametrize("stopped_in", ["construct", "sample", "evaluate"])
def test_an_interrupted_run_goes_on_and_ends_the_same(finished: Run, tmp_path: Path, stopped_in: Step) -> None:
    class Stop(SilentReporter):
        """Interrupts the step after a few items, as Ctrl-C would."""

        def __init__(self) -> None:
            self.step, self.seen = "", 0

        def start(self, name: str, total: int) -> None:
            self.step, self.seen = name, 0

        def advance(self, count: int, note: str = "") -> None:
            self.seen += count
            if self.step == stopped_in and self.seen > 8:
                raise KeyboardInterrupt

    run = make_run(tmp_path)
    run.reporter = Stop()
    with pytest.raises(KeyboardInterrupt):
        take_steps(run)
    again = make_run(tmp_path)
    take_steps(again)
    assert stage_bytes(again) == stage_bytes(finished)
    assert read_record(again.directory.evaluation, Evaluation) == read_record(finished.directory.evaluation, Evaluation)


def test_what_a_step_went_on_from_does_not_outlive_it(finished: Run, tmp_path: Path) -> None:
    shutil.copytree(finished.directory.path, tmp_path / "scripted")
    run = make_run(tmp_path)
    left = run.directory.trees.with_name("trees.jsonl.partial")
    left.touch()  # as where the run was killed between the step's account and the removal
    take_steps(run)
    assert not left.exists()


def test_a_finished_run_is_left_as_it_is(finished: Run) -> None:
    before = finished.directory.report.stat().st_mtime_ns
    take_steps(finished)
    assert finished.directory.report.stat().st_mtime_ns == before


def test_a_report_tells_where_tools_and_instructions_come_from(finished: Run, tmp_path: Path) -> None:
    facts = gather(finished).facts
    assert (facts["tools from"], facts["generator"]) == ("python, ttpa.quickstart.tools", "offline")
    file = tmp_path / "mine.jsonl"
    row = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], "tools": []}\n'
    file.write_text(row, encoding="utf-8")
    imported = make_run(tmp_path)
    take_import(imported, [file])
    assert tell_origin(imported) == {"tools from": "the dialogues", "generator": "none"}


class PickyTokenizer(CharacterTokenizer):
    """A template that has no form for some dialogues."""

    def prompt_ids(self, history: Sequence[Message], tools: Sequence[ToolSpec]) -> tuple[int, ...]:
        if len(history[0].content) % 3 == 0:
            raise DialogueRefused("the chat template refuses the dialogue: roles must alternate")
        return super().prompt_ids(history, tools)


def test_dialogues_that_the_template_refuses_are_discards_of_each_step_and_the_others_go_on(tmp_path: Path) -> None:
    run = make_run(tmp_path)

    def load_tokenizer(_: str) -> CharacterTokenizer:
        return PickyTokenizer()

    def load_model(path: str) -> TokenModel:
        model = load_scripted(run.directory, path)
        assert isinstance(model, ScriptedTokenModel)
        model.tokenizer = PickyTokenizer()
        return model

    run.parts = replace(run.parts, load_tokenizer=load_tokenizer, load_model=load_model)
    take_steps(run)
    for step in ("sft", "sample", "evaluate"):
        summary = read_record(run.directory.summary(step), StepSummary)
        assert set(summary.discards) == {"refused_by_template"}
        assert summary.items_used == summary.items_in - summary.discards["refused_by_template"] > 0
    refused = [discard.detail for discard in read_records(run.directory.discards("sample"), Discard)]
    assert set(refused) == {"the chat template refuses the dialogue: roles must alternate"}
    assert due_steps(run) == []


def test_another_config_is_refused_and_redo_takes_it(finished: Run, tmp_path: Path) -> None:
    shutil.copytree(finished.directory.path, tmp_path / "scripted")
    changed = make_run(tmp_path, pair={"max_rejected": 1})
    with pytest.raises(RunError, match=r"pair\.max_rejected: 3 -> 1.*--redo pair"):
        take_steps(changed)
    take_steps(changed, redo="pair")
    assert len(read_records(changed.directory.pairs, PreferencePair)) <= len(
        read_records(finished.directory.pairs, PreferencePair)
    )


@pytest.mark.parametrize("text", ['{"na', "[]"])
def test_a_damaged_config_of_a_run_is_named(finished: Run, tmp_path: Path, text: str) -> None:
    shutil.copytree(finished.directory.path, tmp_path / "scripted")
    (tmp_path / "scripted" / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"scripted/config\.json' is no JSON"):
        take_steps(make_run(tmp_path))
    run = make_run(Path(finished.config.runs), report={"against": str(tmp_path / "scripted")})
    with pytest.raises(ConfigError, match=r"scripted/config\.json' is no JSON"):
        gather(run)


def test_a_number_of_rounds_that_is_none_is_another_number(finished: Run, tmp_path: Path) -> None:
    shutil.copytree(finished.directory.path, tmp_path / "scripted")
    config = finished.config.as_json() | {"runs": str(tmp_path), "rounds": "x"}
    (tmp_path / "scripted" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "scripted" / "rounds").mkdir()
    with pytest.raises(RunError, match=r"'rounds' with another config .rounds: 'x' -> 1"):
        take_steps(make_run(tmp_path))


def test_a_redo_that_is_refused_removes_nothing(finished: Run, tmp_path: Path) -> None:
    shutil.copytree(finished.directory.path, tmp_path / "scripted")
    changed = make_run(tmp_path, construct={"instances": 61})
    with pytest.raises(RunError, match="construct"):
        take_steps(changed, redo="pair")
    assert due_steps(changed) == []
    spoilt: list[tuple[dict[str, object], str]] = [
        ({"tools": {"module": str(tmp_path / "none.py")}}, "no file"),
        ({"construct": {"avoid": [str(tmp_path / "none.jsonl")]}}, "construct.avoid: .* cannot be read"),
        ({"construct": {"nondeterministic": ["get_wether"]}}, "names 'get_wether', which is no tool on offer"),
        ({"tools": {"only": ["convert_currency"]}}, "1 known tool is too few"),
    ]
    for sections, told in spoilt:
        run = make_run(tmp_path, **sections)
        with pytest.raises((ConfigError, ToolError), match=told):
            take_steps(run, redo="construct")
        assert due_steps(changed) == []
        assert run.directory.trained == finished.directory.trained


def test_tools_that_the_offline_generator_does_not_know_are_refused_before_anything_is_removed(
    finished: Run, tmp_path: Path, write_tools: Callable[[str], str]
) -> None:
    shutil.copytree(finished.directory.path, tmp_path / "scripted")
    names = ("add", "double", "halve", "negate")
    module = write_tools("\n".join(f"def {name}(a: int) -> int:\n    'Count.'\n    return a" for name in names))
    run = make_run(tmp_path, tools={"module": module})
    told = "does not know tool 'add': it only knows the bundled tools; set generator.kind = \"schema\" or"
    with pytest.raises(ModelError, match=re.escape(told)):
        take_steps(run, redo="construct")
    assert due_steps(run) == []


def test_a_step_is_not_taken_again_before_what_it_reads_is_there(tmp_path: Path) -> None:
    run = make_run(tmp_path, construct=FEW)
    told = "'scripted' has not come to 'align' yet: it lacks construct, sft, sample, score, pair; leave --redo out"
    for refuse in (check_steps, take_steps):
        with pytest.raises(RunError, match=re.escape(told)):
            refuse(run, redo="align")
    with pytest.raises(RunError, match="it lacks construct, sft; the step 'construct' comes first"):
        take_steps(run, ["evaluate"], redo="evaluate")
    with pytest.raises(RunError, match="has not come to 'report' yet: it lacks construct, sft, sample, score, pair;"):
        take_steps(run, ["report"])
    assert not run.directory.path.exists()


def test_what_is_taken_again_goes_after_all_that_is_not_done_yet(tmp_path: Path) -> None:
    run = make_run(tmp_path, construct=FEW)
    take_steps(run, ["construct", "sft", "evaluate"])
    coming = check_steps(run, redo="evaluate")
    assert coming == ["sample", "score", "pair", "align", "evaluate", "report"]
    take_steps(run, redo="evaluate")
    times = [run.directory.summary(step).stat().st_mtime_ns for step in coming]
    assert times == sorted(times)


def test_what_was_made_of_older_records_is_made_again(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    take_steps(run, ["construct", "sft", "sample", "score", "pair", "evaluate", "report"])
    assert read_record(run.directory.evaluation, Evaluation).policies == ("base", "sft")
    take_steps(run)
    assert read_record(run.directory.evaluation, Evaluation).policies == ("base", "sft", "sft_continued", "dpo")


def test_another_policy_is_refused_once_one_was_sampled(tmp_path: Path) -> None:
    def with_policy(base: str) -> Run:
        rate = {"learning_rate": 1e-6}
        return make_run(tmp_path, policy={"base": base}, train={"sft": False, "dpo": rate, "max_length": 100_000})

    take_steps(with_policy("org/one"), ["construct", "sample"])
    with pytest.raises(RunError, match=r"policy\.base: 'org/one' -> 'org/other'"):
        take_steps(with_policy("org/other"))


def test_another_policy_is_refused_once_one_was_aligned_that_nothing_else_has_read(tmp_path: Path) -> None:
    def with_policy(base: str) -> Run:
        rate = {"learning_rate": 1e-6}
        train = {"method": "probability", "sft": False, "probability": rate, "max_length": 100_000}
        return make_run(tmp_path, construct=FEW, policy={"base": base}, train=train)

    take_steps(with_policy("org/one"), ["construct", "align"])
    with pytest.raises(RunError, match=r"'align' with .*policy\.base: 'org/one' -> 'org/other'.*--redo align"):
        take_steps(with_policy("org/other"))


def test_a_damaged_checkpoint_is_not_used(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    take_steps(run, ["construct", "sft"])
    (run.directory.checkpoint("sft") / "manifest.json").unlink()
    with pytest.raises(RunError, match=r"5-train/sft': manifest.json is missing.*--redo sft"):
        take_steps(make_run(tmp_path), ["sample"])


def test_train_takes_what_is_due_of_it(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert train_steps(run) == ("sft",)
    take_steps(run, ["construct", "sft", "sample", "score", "pair"])
    assert train_steps(run) == ("sft", "align")


def test_train_taken_again_keeps_to_what_it_can_do(finished: Run, tmp_path: Path) -> None:
    shutil.copytree(finished.directory.path, tmp_path / "scripted")
    run = make_run(tmp_path)
    steps = train_steps(run, redo=True)
    assert steps == ("sft",)  # the pairs are those of the policy before
    take_steps(run, steps, redo="sft")
    assert due_steps(run)[0] == "sample"
    plain = make_run(tmp_path / "plain", construct=FEW, train={"sft": False, "max_length": 100_000})
    take_steps(plain)
    assert train_steps(plain, redo=True) == ("align",)
    raised = make_run(tmp_path / "raised", construct=FEW, train={"method": "probability", "max_length": 100_000})
    take_steps(raised, ["construct"])
    assert train_steps(raised, redo=True) == ("sft", "align")


def test_a_report_is_written_again_without_the_checkpoints(finished: Run, tmp_path: Path) -> None:
    shutil.copytree(finished.directory.path, tmp_path / "scripted")
    run = make_run(tmp_path)
    asked: list[str] = []

    def load_tokenizer(path: str) -> CharacterTokenizer:
        asked.append(path)
        return CharacterTokenizer()

    run.parts = replace(run.parts, load_tokenizer=load_tokenizer)
    before = run.directory.report.read_text(encoding="utf-8")
    for policy in run.directory.trained:
        shutil.rmtree(run.directory.checkpoint(policy))
    take_steps(run, ["report"], redo="report")
    assert len(run.directory.report.read_text(encoding="utf-8")) == pytest.approx(len(before), abs=100)  # seconds
    assert asked == [run.parts.base]
    with pytest.raises(RunError, match=r"5-train/sft': it is not there; make it again with --redo sft"):
        take_steps(run, ["sample"], redo="sample")


def test_a_run_without_a_mistake_and_without_held_out_data_still_ends_in_a_report(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    row = '{"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "Hello"}], "tools": []}\n'
    file.write_text("".join(row % word for word in ("Hi", "Ho")), encoding="utf-8")
    run = make_run(tmp_path, **{"import": {"test_share": 0}})
    take_import(run, [file])
    take_steps(run)
    assert due_steps(run) == []
    assert read_record(run.directory.summary("align"), StepSummary).records_out == 0
    assert "scripted" in run.directory.report.read_text()


def test_a_step_without_its_input_says_what_comes_first(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="the step 'construct' comes first"):
        take_steps(make_run(tmp_path), ["sample"])


def test_imported_instructions_are_not_lost_to_redo(finished: Run, tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text(
        '{"messages": [{"role": "user", "content": "Hi"}], "tools": [], "reference_calls": []}\n', encoding="utf-8"
    )
    run = make_run(tmp_path)
    take_import(run, [file])
    with pytest.raises(RunError, match="imported"):
        take_steps(run, redo="construct")
    with pytest.raises(RunError, match="has instructions already"):
        take_import(run, [file])


def test_a_dialect_that_the_policy_does_not_write_stops_the_run_before_it_trains(tmp_path: Path) -> None:
    run = make_run(tmp_path, construct=FEW, policy={"dialect": "mistral"})
    with pytest.raises(RunError, match=r"policy.dialect = 'mistral' reads 0 of \d+ .*: set policy.dialect = 'hermes'"):
        take_steps(run)
    assert not run.directory.checkpoint("sft").exists()


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"policy": {"base": "/no/such/folder"}, "train": GENTLE}, "policy.base = '/no/such/folder': there is no such"),
        ({"policy": {"engine": "vllm"}}, "policy.engine = 'vllm' needs vLLM"),
        ({"policy": {"base": "no/such/folder"}, "train": GENTLE}, "policy.base = 'no/such/folder': there is no such"),
        ({"train": {"report_to": ["no_such_tracker"]}}, "train.report_to = 'no_such_tracker' is none of"),
    ],
)
def test_what_cannot_be_done_here_stops_a_run_before_its_first_step(
    tmp_path: Path, sections: dict[str, dict[str, object]], told: str
) -> None:
    run = make_run(tmp_path, **({"construct": FEW, "train": {}} | sections))
    run.parts = assemble(run.config)
    with pytest.raises(ModelError, match=re.escape(told)):
        take_steps(run)
    assert not run.directory.config.exists()


def test_a_finished_training_asks_nothing_more_of_the_machine(finished: Run, tmp_path: Path) -> None:
    shutil.copytree(finished.directory.path, tmp_path / "scripted")
    run = make_run(tmp_path)
    asked: list[list[Step]] = []

    def check(steps: Collection[Step], *, asks_hub: bool) -> None:
        assert asks_hub
        asked.append([*steps])

    run.parts = replace(run.parts, check=check)
    run.directory.clear("report")
    take_steps(run)
    take_steps(run, redo="evaluate")
    assert asked == [["report"], ["evaluate", "report"]]


def test_a_sequence_that_is_beyond_what_the_policy_reads_is_not_trained_on(tmp_path: Path) -> None:
    def read_context(_: str) -> int:
        return 100

    run = make_run(tmp_path, construct=FEW)
    run.parts = replace(run.parts, read_context=read_context)
    with pytest.raises(RunError, match=r"the policy reads 100 at most: set train\.max_length = 100"):
        take_steps(run)


@pytest.mark.parametrize("method", ["dpo", "grpo", "probability"])
def test_without_fine_tuning_the_context_is_asked_before_the_alignment_and_its_advice_can_be_followed(
    tmp_path: Path, method: str
) -> None:
    def read_context(_: str) -> int:
        return 2500

    def run(max_length: int) -> Run:
        train = {"sft": False, "method": method, "grpo": {"max_new_tokens": 1}, "max_length": max_length}
        made = make_run(tmp_path, construct=FEW, train=train)
        made.parts = replace(made.parts, read_context=read_context)
        return made

    with pytest.raises(RunError, match=r"set train\.max_length = 2500"):
        take_steps(run(100_000))
    assert run(100_000).directory.trained == ()
    take_steps(run(2500))
    assert due_steps(run(2500)) == []


def test_turns_that_could_be_drawn_beyond_the_context_are_told_how_long_they_may_be(tmp_path: Path) -> None:
    def run(max_new_tokens: int) -> Run:
        grpo = {"max_new_tokens": max_new_tokens}
        made = make_run(tmp_path, construct=FEW, train={"method": "grpo", "grpo": grpo, "max_length": 100_000})
        made.parts = replace(made.parts, read_context=read_context)
        return made

    def read_context(_: str) -> int:
        return 40_000

    with pytest.raises(RunError, match=r"turns has \d+ tokens, .*: set train\.grpo\.max_new_tokens = ") as told:
        take_steps(run(50_000))
    take_steps(run(int(str(told.value).rpartition(" ")[2])))
    assert due_steps(run(1)) == []


class UnknownFormTokenizer(CharacterTokenizer):
    """A template that writes calls in a form of its own."""

    def turn_ids(
        self, history: Sequence[Message], tools: Sequence[ToolSpec], turn: AssistantMessage
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        prompt, ids = super().turn_ids(history, tools, turn)
        return prompt, (*map(ord, "<call>"), *ids[len("<tool_call>") :])


def test_calls_that_no_dialect_reads_stop_the_run_before_it_trains(tmp_path: Path) -> None:
    def load_tokenizer(_: str) -> UnknownFormTokenizer:
        return UnknownFormTokenizer()

    run = make_run(tmp_path, construct=FEW)
    run.parts = replace(run.parts, load_tokenizer=load_tokenizer)
    with pytest.raises(RunError, match="no dialect reads the calls that the policy's template writes, such as '<call>"):
        take_steps(run)
