"""From the policy's wavering to pairs, over turns of two calls and a template that has one call's form alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from conftest import MakeInstruction
from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.dialects import DIALECTS
from ttpa.errors import DialogueRefused
from ttpa.models.base import TokenModel
from ttpa.models.scripted import CharacterTokenizer, ScriptedTokenModel
from ttpa.progress import SilentReporter
from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction, Step
from ttpa.records.messages import AssistantMessage, Message
from ttpa.records.pairs import PreferencePair
from ttpa.records.summaries import StepSummary
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.runs.record_files import read_record, read_records, write_record, write_records
from ttpa.steps.pairing import pair_candidates
from ttpa.steps.run import Run
from ttpa.steps.sampling import sample_trees
from ttpa.steps.scoring import score_candidates

OSLO, LYON, ROME = (ToolCall(name="get_weather", arguments={"city": city}) for city in ("Oslo", "Lyon", "Rome"))


class OneCallTokenizer(CharacterTokenizer):
    """As Llama 3.1's template."""

    def turn_ids(
        self, history: Sequence[Message], tools: Sequence[ToolSpec], turn: AssistantMessage
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        if len(turn.tool_calls) > 1:
            raise DialogueRefused("one call at a time")
        return super().turn_ids(history, tools, turn)


def said(*calls: ToolCall) -> str:
    return DIALECTS["hermes"].write_turn(AssistantMessage(tool_calls=calls))


def prefer(tmp_path: Path, instruction: Instruction, turns: Mapping[str, float]) -> Run:
    """A run whose policy says `turns` at the instruction's first turn, sampled, scored and paired."""
    config = make_config({"name": "two", "runs": str(tmp_path), "train": {"sft": False}})

    def load_tokenizer(_: str) -> CharacterTokenizer:
        return OneCallTokenizer()

    def load_model(_: str) -> TokenModel:
        return ScriptedTokenModel(lambda _: turns)

    run = Run(config, replace(assemble(config), load_tokenizer=load_tokenizer, load_model=load_model), SilentReporter())
    write_records(run.directory.instructions, [instruction])
    told = StepSummary(
        step="construct", takes="plans", gives="instructions", items_in=1, items_used=1, records_out=1, seconds=0
    )
    write_record(run.directory.summary("construct"), told)
    sample_trees(run)
    score_candidates(run)
    pair_candidates(run)
    return run


def two_calls(make_instruction: MakeInstruction) -> Instruction:
    return make_instruction().model_copy(update={"steps": (Step(calls=(OSLO, LYON)),), "answer": None})


def test_a_reference_that_the_template_refuses_costs_no_turn_that_needs_none(
    tmp_path: Path, make_instruction: MakeInstruction
) -> None:
    run = prefer(tmp_path, two_calls(make_instruction), {said(OSLO, LYON): 0.6, said(OSLO, ROME): 0.4})
    [pair] = read_records(run.directory.pairs, PreferencePair)
    assert pair.chosen_from == "candidate"


def test_a_reference_that_is_needed_and_refused_is_a_discard(tmp_path: Path, make_instruction: MakeInstruction) -> None:
    run = prefer(tmp_path, two_calls(make_instruction), {said(OSLO, ROME): 1.0})
    [discard] = read_records(run.directory.discards("pair"), Discard)
    assert (discard.reason, discard.detail) == ("refused_by_template", "one call at a time")


def test_the_same_calls_in_another_order_are_counted_once(tmp_path: Path, make_instruction: MakeInstruction) -> None:
    turns = {said(OSLO, LYON): 0.4, said(LYON, OSLO): 0.35, said(OSLO, ROME): 0.25}
    facts = read_record(
        prefer(tmp_path, two_calls(make_instruction), turns).directory.summary("score"), StepSummary
    ).facts
    assert (facts["candidates"], facts["distinct and fitting their schemas"], facts["right"]) == ("3", "2", "2")
