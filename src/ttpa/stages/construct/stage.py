"""Construct: tools -> instructions, in reverse (METHOD: reversed dataset construction).

Scenario first, then calls that are really executed, the answer, and the question last; so the question has an answer,
and the gold calls are right by construction.
"""

from ttpa.models.base import ChatModel
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction, Scenario, Step
from ttpa.records.messages import UserMessage
from ttpa.stages.construct.asking import Asker, Spoilt, describe_tools, text_field
from ttpa.stages.construct.checks import find_leaked_result, find_leaked_tool, find_ungrounded
from ttpa.stages.construct.config import ConstructConfig
from ttpa.stages.construct.offered_tools import choose_offer
from ttpa.stages.construct.plan import Plan
from ttpa.stages.construct.trajectory import memory, require_same_results, run_trajectory, write_scenario
from ttpa.tools.base import Toolset


def construct(
    plan: Plan, *, generator: ChatModel, toolset: Toolset, config: ConstructConfig, again: Toolset | None = None
) -> Instruction | Discard:
    """The instruction that `plan` asks for, or a discard with the reason why it could not be made.

    The gold calls are made once more with `again`, the same tools where they are opened in another way.
    """
    asker = Asker(generator, plan.seed, attempts=1 + config.repairs)
    try:
        if plan.kind == "calls":
            return _construct_with_calls(plan, asker, toolset, again or toolset, config)
        return _construct_without_calls(plan, asker, config)
    except Spoilt as spoilt:
        return Discard(id=plan.id, stage="construct", reason=spoilt.reason, detail=spoilt.detail)


def _construct_with_calls(
    plan: Plan, asker: Asker, toolset: Toolset, again: Toolset, config: ConstructConfig
) -> Instruction:
    scenario = write_scenario(plan, asker, config)
    steps = run_trajectory(plan, scenario, toolset, asker, config)
    if config.replay and toolset.can_replay:
        with again.session() as session:
            require_same_results(steps, session, config)
    told = {"scenario": scenario.model_dump(mode="json"), "memory": memory(steps)}
    answer = text_field(asker.ask("answer", told), "answer", "answer")
    question = _write_question(plan, scenario, steps, answer, asker, config)
    used = [call.name for step in steps for call in step.calls]
    return Instruction(
        id=plan.id,
        source="construct",
        kind="calls",
        split=plan.split,
        tools=choose_offer(used, plan, config.tools_offered),
        scenario=scenario,
        context=(UserMessage(content=question),),
        steps=steps,
        answer=answer,
    )


def _write_question(
    plan: Plan, scenario: Scenario, steps: tuple[Step, ...], answer: str, asker: Asker, config: ConstructConfig
) -> str:
    """The question, asked for again while it leaves a value out. Raises `Spoilt` when it stays so, or leaks."""
    missing: list[str] = []
    for attempt in range(1 + config.repairs):
        reply = asker.ask(
            "question",
            {
                "scenario": scenario.model_dump(mode="json"),
                "memory": memory(steps),
                "answer": answer,
                "manner": plan.manner,
                "missing": [*missing],
            },
            turn=attempt,
        )
        question = text_field(reply, "question", "question")
        if (leaked := find_leaked_tool(question, plan.pool)) is not None:
            raise Spoilt(DiscardReason.LEAKED_TOOL_NAME, leaked)
        if (leaked := find_leaked_result(question, steps)) is not None:
            raise Spoilt(DiscardReason.LEAKED_ANSWER, leaked)
        missing = find_ungrounded(question, steps, plan.pool)
        if not missing:
            return question
    raise Spoilt(DiscardReason.UNGROUNDED_VALUE, "; ".join(missing))


def _construct_without_calls(plan: Plan, asker: Asker, config: ConstructConfig) -> Instruction:
    assert plan.wanted is not None
    if plan.kind == "no_tool_fits":
        offer = choose_offer((), plan, config.tools_offered, without=(plan.wanted.name,))
    else:
        offer = choose_offer((plan.wanted.name,), plan, config.tools_offered)
    reply = asker.ask(
        "no_call",
        {
            "reason": plan.kind,
            "tools": describe_tools(offer),
            "wanted": plan.wanted.model_dump(mode="json"),
            "withheld": plan.withheld,
            "setting": plan.setting,
            "manner": plan.manner,
        },
    )
    question = text_field(reply, "question", "no_call")
    if (leaked := find_leaked_tool(question, plan.pool)) is not None:
        raise Spoilt(DiscardReason.LEAKED_TOOL_NAME, leaked)
    return Instruction(
        id=plan.id,
        source="construct",
        kind=plan.kind,
        split=plan.split,
        tools=offer,
        scenario=Scenario(
            situation=text_field(reply, "situation", "no_call"), constraints=(), tools=(plan.wanted.name,)
        ),
        context=(UserMessage(content=question),),
        steps=(),
        answer=text_field(reply, "answer", "no_call"),
    )
