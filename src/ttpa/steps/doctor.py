"""What a policy's tokenizer and template make of the data, looked at before anything is trained on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ttpa.dialects import DIALECTS
from ttpa.errors import ConfigError, DialogueRefused, ModelError
from ttpa.models.base import ChatTokenizer
from ttpa.records.counted import counted
from ttpa.records.instructions import DecisionPoint, Instruction, Step
from ttpa.records.messages import UserMessage
from ttpa.records.pairs import PreferencePair
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.stages.sample import label_tokens
from ttpa.stages.train import SftExample, build_examples, count_shared
from ttpa.steps.dialects import fit_dialect
from ttpa.steps.lengths import LengthAccount
from ttpa.steps.run import Run

_SAMPLES = 3
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    is_good: bool
    text: str


@dataclass(frozen=True, slots=True)
class _Rendered:
    """What the template makes of the instructions that it has a form for."""

    points: list[DecisionPoint]
    turns: list[tuple[tuple[int, ...], tuple[int, ...]]]
    """Of each point: its prompt and its reference turn."""
    examples: list[list[SftExample]]
    """Of each instruction: its training sequences."""
    refused: list[str]
    """The other instructions, each with the reason."""


def examine(run: Run) -> tuple[list[str], list[Finding]]:
    """Some turns token by token, and what is right and wrong with all: of the run's instructions where it has any."""
    has_data = run.directory.summary("construct").exists()
    instructions = run.instructions("train") if has_data else [_example()]
    tokenizer = run.parts.load_tokenizer(run.parts.base)
    try:
        rendered = _render(instructions, tokenizer)
    except ModelError as error:
        return [], [Finding(is_good=False, text=str(error))]
    points, turns, examples = rendered.points, rendered.turns, rendered.examples
    findings: list[Finding] = []
    if rendered.refused:
        count = f"{len(rendered.refused)} of {len(instructions)} dialogues"
        findings.append(Finding(is_good=False, text=f"{count} are left out; the first: {rendered.refused[0]}"))
    if not turns:
        return [], findings
    findings += [
        _history(examples, len(points)),
        _tools(points, turns, tokenizer),
        _stop_token(turns, tokenizer),
        _dialect(points, turns, tokenizer, run.config.policy.dialect),
        *_reasoning(turns, tokenizer),
        _lengths(examples, run.config.train.max_length),
        *_refusals(run),
    ]
    if run.directory.summary("pair").exists():
        findings.extend(_pairs(run))
    return _show(points, turns, tokenizer, run.config.policy.dialect), findings


def _refusals(run: Run) -> list[Finding]:
    """What would stop the policy's training or sampling on this machine before its first step."""
    try:
        run.parts.check(("sft", "sample", "align", "evaluate"), asks_hub=True)
    except (ConfigError, ModelError) as error:
        return [Finding(is_good=False, text=str(error))]
    return []


def _render(instructions: Sequence[Instruction], tokenizer: ChatTokenizer) -> _Rendered:
    rendered = _Rendered([], [], [], [])
    for one in instructions:
        points = [point for point in one.decision_points() if point.reference or point.answer]
        try:
            turns = [tokenizer.turn_ids(point.history, point.tools, point.reference_turn()) for point in points]
            examples = build_examples(one, tokenizer)
        except DialogueRefused as error:
            rendered.refused.append(f"{one.id}: {error}")
            continue
        rendered.points.extend(points)
        rendered.turns.extend(turns)
        rendered.examples.append(examples)
    return rendered


def _history(examples: Sequence[Sequence[SftExample]], turns: int) -> Finding:
    sequences = sum(map(len, examples))
    if sequences == len(examples):
        return Finding(is_good=True, text="history renders as a prefix: each dialogue is one sequence")
    dialogues = counted(len(examples), "dialogues")
    text = f"the template rewrites history: {turns} turns of {dialogues} make {sequences} sequences"
    return Finding(is_good=True, text=f"{text}; each is trained on by itself, which costs more and loses nothing")


def _tools(
    points: Sequence[DecisionPoint], turns: Sequence[tuple[tuple[int, ...], tuple[int, ...]]], tokenizer: ChatTokenizer
) -> Finding:
    for point, (prompt, _) in zip(points, turns, strict=True):
        shown = tokenizer.text(prompt)
        for tool in point.tools:
            properties = tool.parameters.get("properties")
            names = [tool.name, *(properties if isinstance(properties, dict) else ())]
            lost = next((name for name in names if name not in shown), None)
            if lost is not None:
                text = f"the template leaves tools out: {lost!r} of {tool.name!r} is not in the prompt of {point.id}"
                return Finding(is_good=False, text=text)
    return Finding(is_good=True, text="tools survive: every name and parameter stands in the prompt")


def _stop_token(turns: Sequence[tuple[tuple[int, ...], tuple[int, ...]]], tokenizer: ChatTokenizer) -> Finding:
    bad = sum(turn[-1] not in tokenizer.end_ids for _, turn in turns)
    end = tokenizer.text(turns[0][1][-1:]) if turns else ""
    if bad:
        text = f"{bad} of {len(turns)} turns do not end with the stop token: it would not be trained"
        return Finding(is_good=False, text=text)
    ended = "the one turn ends" if len(turns) == 1 else f"all {len(turns)} turns end"
    return Finding(is_good=True, text=f"the stop token {end!r} is trained: {ended} with it")


def _dialect(
    points: Sequence[DecisionPoint],
    turns: Sequence[tuple[tuple[int, ...], tuple[int, ...]]],
    tokenizer: ChatTokenizer,
    chosen: str,
) -> Finding:
    texts = [tokenizer.text(turn[:-1]) for _, turn in turns]
    fit = fit_dialect(points, texts, chosen)
    if fit.read == len(points):
        return Finding(
            is_good=True, text=f"dialect {chosen!r} reads what the template writes, and decode(encode) holds"
        )
    text = f"dialect {chosen!r} reads {fit.read} of {len(points)} turns that the template writes"
    if fit.best != chosen:
        text += f"; {fit.best!r} reads {fit.best_read}: set policy.dialect = {fit.best!r}"
        return Finding(is_good=False, text=text)
    return Finding(
        is_good=False, text=f"{text}, and no other reads more: its calls are in a form that is not known here"
    )


def _reasoning(turns: Sequence[tuple[tuple[int, ...], tuple[int, ...]]], tokenizer: ChatTokenizer) -> list[Finding]:
    """Whether the policy would reason first in turns whose references do not."""
    opened = sum(tokenizer.text(turn).startswith("<think>") for _, turn in turns)
    if not opened:
        return []
    text = f"{opened} of {len(turns)} turns open with '<think>', where the policy may reason for as long as it likes"
    mended = "set policy.chat_template_kwargs.enable_thinking = false where the template knows it, as Qwen3's does"
    return [Finding(is_good=False, text=f"{text}: {mended}")]


def _lengths(examples: Sequence[Sequence[SftExample]], limit: int) -> Finding:
    lengths = [len(example.token_ids) for sequences in examples for example in sequences]
    account = LengthAccount("sequences", limit, lengths)
    return Finding(is_good=not account.lost, text=account.text)


def _pairs(run: Run) -> list[Finding]:
    """What of the run's pairs is lost, and how much of them their batches share."""
    limit, size = run.config.train.max_length, run.config.train.dpo.batch_size
    pairs = run.read(run.directory.pairs, PreferencePair, "pair")
    account = LengthAccount("pairs", limit, [pair.length for pair in pairs])
    kept = [pair for pair in pairs if pair.length <= limit]
    findings = [Finding(is_good=False, text=account.text)] if account.lost else []
    if kept:
        tokens, nodes = count_shared(kept, size)
        told, fewer = f"{tokens} tokens of {counted(len(kept), 'pairs')}", f"{tokens / nodes:.2f}x fewer"
        saved = f"{told} are {nodes} nodes of the forest: {fewer}, in batches of {counted(size, 'pairs')}"
        findings.append(Finding(is_good=True, text=saved))
    return findings


def _show(
    points: Sequence[DecisionPoint],
    turns: Sequence[tuple[tuple[int, ...], tuple[int, ...]]],
    tokenizer: ChatTokenizer,
    dialect: str,
) -> list[str]:
    """The first turns, slot by slot, their tokens apart; what is before them is not learned."""
    lines: list[str] = []
    for point, (prompt, turn) in list(zip(points, turns, strict=True))[:_SAMPLES]:
        pieces = tokenizer.pieces(turn)
        lines.append(f"{point.id}: {len(prompt)} prompt tokens, not learned; {len(turn)} of the turn, learned")
        for slot in label_tokens(pieces, DIALECTS[dialect], finished=True)[:_LONGEST_SHOWN]:
            shown = " ".join(repr(piece) for piece in pieces[slot.start : slot.end])
            lines.append(f"  {slot.kind + (' ' + slot.path if slot.path else ''):32} {shown}")
    return lines


def _example() -> Instruction:
    """A dialogue with two calls in one turn and one after them, for a run that has none of its own yet."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tools = tuple(ToolSpec.model_validate({"name": name, "parameters": schema}) for name in ("find_rain", "find_wind"))

    def call(tool: str, city: str) -> ToolCall:
        return ToolCall(name=tool, arguments={"city": city})

    return Instruction(
        id="example",
        source="doctor",
        split="train",
        tools=tools,
        context=(UserMessage(content="Is it raining in Oslo and Zürich, and how is the wind in Rome?"),),
        steps=(
            Step(
                calls=(call("find_rain", "Oslo"), call("find_rain", "Zürich")),
                results=(ToolResult(content="no", ok=True), ToolResult(content="yes", ok=True)),
            ),
            Step(calls=(call("find_wind", "Rome"),), results=(ToolResult(content="calm", ok=True),)),
        ),
        answer="Only in Zürich, and the wind is calm.",
    )
