"""What a policy's template makes of the data, said in words."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.dialects import DIALECTS
from ttpa.errors import DialogueRefused
from ttpa.models.scripted import CharacterTokenizer
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.records.messages import AssistantMessage, Message
from ttpa.records.tools import ToolSpec
from ttpa.steps.doctor import examine
from ttpa.steps.run import Run


def run(tmp_path: Path, tokenizer: CharacterTokenizer, **sections: object) -> Run:
    config = make_config({"name": "looked-at", "runs": str(tmp_path), "construct": {"instances": 12}, **sections})

    def load_tokenizer(_: str) -> CharacterTokenizer:
        return tokenizer

    return Run(config, replace(assemble(config), load_tokenizer=load_tokenizer), SilentReporter())


def test_a_run_without_data_is_looked_at_by_an_example(tmp_path: Path) -> None:
    shown, findings = examine(run(tmp_path, CharacterTokenizer()))
    assert shown[0].startswith("example#0: ")
    assert any(line.split()[:2] == ["argument_value", "$.city"] for line in shown)
    assert all(finding.is_good for finding in findings)


def test_the_runs_own_instructions_are_looked_at_where_there_are_some(tmp_path: Path) -> None:
    made = run(tmp_path, CharacterTokenizer())
    take_steps(made, ("construct",))
    shown, findings = examine(made)
    assert shown[0].startswith("c0000")
    assert all(finding.is_good for finding in findings)


def test_another_dialect_than_the_templates_is_named(tmp_path: Path) -> None:
    _, findings = examine(run(tmp_path, CharacterTokenizer(DIALECTS["mistral"])))
    wrong = [finding.text for finding in findings if not finding.is_good]
    [text] = wrong
    assert text.startswith("dialect 'hermes' reads 1 of 3 turns that the template writes; ")
    assert text.endswith("'mistral' reads 3: set policy.dialect = 'mistral'")


def test_what_is_too_long_is_counted_with_the_value_that_loses_nothing(tmp_path: Path) -> None:
    _, findings = examine(run(tmp_path, CharacterTokenizer(), train={"max_length": 100}))
    [wrong] = [finding.text for finding in findings if not finding.is_good]
    assert "are longer than train.max_length = 100; " in wrong
    assert wrong.endswith("loses nothing")


class Forgetful(CharacterTokenizer):
    """A template that does not show tools."""

    def prompt_ids(self, history: object, tools: object) -> tuple[int, ...]:
        return super().prompt_ids(history, ())  # type: ignore[arg-type]


def test_what_stops_the_policy_on_this_machine_is_told(tmp_path: Path) -> None:
    looked_at = run(tmp_path, CharacterTokenizer(), train={"launch": "torchrunn --nproc-per-node 2"})
    [wrong] = [finding.text for finding in examine(looked_at)[1] if not finding.is_good]
    assert wrong.startswith("train.launch = 'torchrunn --nproc-per-node 2' is no command here")


class Thinking(CharacterTokenizer):
    """A template whose turns open with an empty block of reasoning."""

    def turn_ids(
        self, history: Sequence[Message], tools: Sequence[ToolSpec], turn: AssistantMessage
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        prompt, said = super().turn_ids(history, tools, turn)
        return prompt, (*map(ord, "<think>\n\n</think>\n\n"), *said)


def test_a_template_that_lets_the_policy_reason_is_told_with_what_ends_it(tmp_path: Path) -> None:
    _, findings = examine(run(tmp_path, Thinking()))
    [wrong] = [finding.text for finding in findings if not finding.is_good]
    assert wrong.startswith("3 of 3 turns open with '<think>', where the policy may reason ")
    assert "policy.chat_template_kwargs.enable_thinking = false" in wrong


def test_a_template_that_leaves_tools_out_is_told(tmp_path: Path) -> None:
    _, findings = examine(run(tmp_path, Forgetful()))
    assert any("leaves tools out: 'find_rain'" in finding.text for finding in findings if not finding.is_good)


class Strict(CharacterTokenizer):
    """A template that has no form for what comes after a tool's result."""

    def prompt_ids(self, history: Sequence[Message], tools: Sequence[ToolSpec]) -> tuple[int, ...]:
        if history[-1].role == "tool":
            raise DialogueRefused("the chat template refuses the dialogue: no tool messages")
        return super().prompt_ids(history, tools)


def test_dialogues_that_the_template_refuses_are_counted_and_the_others_looked_at(tmp_path: Path) -> None:
    made = run(tmp_path, Strict())
    take_steps(made, ("construct",))
    shown, findings = examine(made)
    [wrong] = [finding.text for finding in findings if not finding.is_good]
    assert "dialogues are left out; the first: c0000" in wrong
    assert wrong.endswith("the chat template refuses the dialogue: no tool messages")
    assert shown


@pytest.mark.parametrize("name", ["hermes", "json", "llama3_json", "llama3_pythonic", "mistral"])
def test_every_dialect_finds_itself(tmp_path: Path, name: str) -> None:
    looked_at = run(tmp_path, CharacterTokenizer(DIALECTS[name]), policy={"dialect": name})
    assert all(finding.is_good for finding in examine(looked_at)[1])
