"""The estimate against what a construction really asked for."""

from collections.abc import Sequence

from ttpa.models.base import ChatReply
from ttpa.quickstart.generator import OfflineGenerator
from ttpa.records.costs import Cost
from ttpa.records.messages import Message
from ttpa.stages.construct import ConstructConfig, JudgeConfig, construct, estimate_cost, plan_construction
from ttpa.tools.python_toolset import PythonToolset


class Counted:
    """The offline generator, with an account of what it was asked."""

    def __init__(self) -> None:
        self._generator = OfflineGenerator()
        self.identity = self._generator.identity
        self.cost = Cost()

    def chat(self, messages: Sequence[Message], *, seed: int) -> ChatReply:
        reply = self._generator.chat(messages, seed=seed)
        prompt = sum(len(message.content) for message in messages) // 4
        self.cost += Cost(requests=1, prompt_tokens=prompt, completion_tokens=len(reply.text) // 4)
        return reply


def test_an_estimate_is_of_the_size_of_what_is_asked() -> None:
    config = ConstructConfig(instances=40)
    counted = Counted()
    with PythonToolset("ttpa.quickstart.tools") as toolset:
        plans = plan_construction(toolset.specs, config, seed=2)
        for plan in plans:
            construct(plan, generator=counted, toolset=toolset, config=config)
    estimate = estimate_cost(plans)
    for told, real in (
        (estimate.requests, counted.cost.requests),
        (estimate.prompt_tokens, counted.cost.prompt_tokens),
    ):
        assert 0.5 < told / real < 2.0


def test_a_model_that_plays_the_tools_is_asked_for_each_call() -> None:
    with PythonToolset("ttpa.quickstart.tools") as toolset:
        plans = plan_construction(toolset.specs, ConstructConfig(instances=40), seed=2)
    calls = sum(plan.calls for plan in plans if plan.kind == "calls")
    assert estimate_cost(plans, simulated=True).requests - estimate_cost(plans).requests == calls


def test_a_judge_is_part_of_the_estimate() -> None:
    config = ConstructConfig(instances=40, no_call_share=0.25)
    with PythonToolset("ttpa.quickstart.tools") as toolset:
        plans = plan_construction(toolset.specs, config, seed=2)
    with_calls = sum(plan.kind == "calls" for plan in plans)
    plain = estimate_cost(plans)
    judged = estimate_cost(plans, JudgeConfig(model="m", judgements=3, controls=0.5))
    assert judged.requests - plain.requests == 3 * (40 + round(with_calls * 0.5))
    assert judged.prompt_tokens > plain.prompt_tokens
    assert estimate_cost(plans, JudgeConfig()) == plain
