"""The last check, an optional one: a model gives marks to finished instructions, and to spoilt ones as a control."""

import re
from collections.abc import Sequence
from random import Random

from ttpa.models.base import ChatModel
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.records.json_shapes import leaves
from ttpa.records.judgements import Judgement
from ttpa.records.messages import UserMessage
from ttpa.records.record import JsonObject
from ttpa.stages.construct.asking import Asker, Spoilt, describe_tools
from ttpa.stages.construct.checks import find_ungrounded
from ttpa.stages.construct.config import JudgeConfig
from ttpa.stages.construct.trajectory import memory

_MARKS = range(1, 6)
_ATTEMPTS = 2


def judge(
    instruction: Instruction, *, model: ChatModel, config: JudgeConfig, seed: int, is_control: bool = False
) -> Judgement:
    """The marks of an instruction; a judgement that cannot be read twice gives none."""
    natural: list[float] = []
    faithful: list[float] = []
    reasons: list[tuple[float, str]] = []
    payload: JsonObject = {
        "tools": describe_tools(instruction.tools),
        "question": instruction.question,
        "memory": memory(instruction.steps),
        "answer": instruction.answer,
    }
    asker = Asker(model, Random(f"{seed}/judge/{instruction.id}").getrandbits(30), attempts=_ATTEMPTS)
    for turn in range(config.judgements):
        try:
            reply = asker.ask("judge", payload, turn=turn)
        except Spoilt:
            continue
        marks = _mark(reply, "natural"), _mark(reply, "faithful")
        if None in marks:
            continue
        one, other = (float(mark or 0) for mark in marks)
        natural.append(one)
        faithful.append(other)
        reasons.append((min(one, other), str(reply.get("why") or "")))
    return Judgement(
        id=instruction.id,
        model=model.identity,
        is_control=is_control,
        natural=tuple(natural),
        faithful=tuple(faithful),
        why=min(reasons, default=(0.0, ""))[1][:300],
    )


def refuse(judgement: Judgement, config: JudgeConfig) -> Discard | None:
    """The discard that a judgement makes of its instruction; none where it is good enough."""
    if not judgement.natural:
        reason, detail = DiscardReason.UNREADABLE_REPLY, "judge: no judgement could be read"
        return Discard(id=judgement.id, stage="construct", reason=reason, detail=detail)
    natural, faithful = judgement.means
    if min(natural, faithful) >= config.threshold:
        return None
    reason = DiscardReason.JUDGED_UNFAITHFUL if faithful < config.threshold else DiscardReason.JUDGED_UNNATURAL
    detail = f"natural {natural:.1f}, faithful {faithful:.1f} by {judgement.model}: {judgement.why}"
    return Discard(id=judgement.id, stage="construct", reason=reason, detail=detail)


def spoil(instruction: Instruction, seed: int) -> Instruction | None:
    """The instruction with a value taken out of its question that a call needs; none where no value can be.

    The mechanical checks refuse it, so a judge that agrees with them does so, too.
    """
    rng = Random(f"{seed}/spoil/{instruction.id}")
    calls = [call for step in instruction.steps for call in step.calls]
    values = [str(value) for call in calls for _, value in leaves(call.arguments, "") if not isinstance(value, bool)]
    rng.shuffle(values)
    for value in values:
        pattern = rf"(?<!\w){re.escape(value)}(?!\w)"
        spoilt = re.sub(pattern, "a certain one", instruction.question, flags=re.IGNORECASE)
        if find_ungrounded(spoilt, instruction.steps, instruction.tools):
            return instruction.model_copy(update={"context": (UserMessage(content=spoilt),)})
    return None


def choose_controls(instructions: Sequence[Instruction], config: JudgeConfig, seed: int) -> list[Instruction]:
    """Spoilt copies of a seeded share of the instructions that have calls."""
    chosen = [one for one in instructions if Random(f"{seed}/control/{one.id}").random() < config.controls]
    return [spoilt for one in chosen if one.steps and (spoilt := spoil(one, seed)) is not None]


def describe_agreement(judgements: Sequence[Judgement], config: JudgeConfig) -> str:
    """How far the judge agrees with the mechanical checks, which let all but the controls through, in words."""
    good = [refuse(one, config) is None for one in judgements if not one.is_control]
    controls = [refuse(one, config) is not None for one in judgements if one.is_control]
    both = [*good, *controls]
    if not both:
        return "nothing was judged"
    share = f"{100 * sum(both) / len(both):.1f} % of {len(both)}"
    parts = f"{sum(good)} of {len(good)} good, {sum(controls)} of {len(controls)} spoilt"
    return f"agrees with the checks on {share} ({parts})"


def _mark(reply: JsonObject, key: str) -> float | None:
    mark = reply.get(key)
    if isinstance(mark, bool):
        return None
    return float(mark) if isinstance(mark, int | float) and _MARKS[0] <= mark <= _MARKS[-1] else None
