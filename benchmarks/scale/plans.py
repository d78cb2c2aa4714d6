"""Plans: a number of instances on hardware of some size, step by step, each simulated; what holds it up is named."""

from dataclasses import dataclass
from math import ceil

import simpy
from benchmarks.scale.assumptions import Assumptions
from benchmarks.scale.construction import RequestLaw, chains, simulate_construction
from benchmarks.scale.measured import MEASURED
from benchmarks.scale.policies import Policy
from benchmarks.scale.serving import ServingLaw, simulate_serving
from benchmarks.scale.sizing import Amounts, count, generator_money, gpu_money, gpu_seconds
from benchmarks.scale.stations import Process, Station, run_ordered

from ttpa.models.served_tokens import Request

_SIMULATED = 4000
"""Instances that are simulated at most; more take as long each."""
_BATCHES = 6
"""Batches of turns that are simulated of one replica; the others are like them."""
_NODE = 8
"""GPUs of a node."""
_SCORING = {
    "local": ((0.0, MEASURED.score_seconds), (0.0, MEASURED.pair_seconds)),
    "ray": (
        (MEASURED.score_seconds, MEASURED.hand_out_seconds),
        (MEASURED.pair_seconds, MEASURED.hand_out_seconds),
    ),
}
"""Seconds of a worker, and of the command's own process, for a turn that is scored, and then for one that is paired."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is there."""

    name: str
    instances: int
    gpus: int
    workers: int
    """Processes that construct, score and pair: `engine.workers`, or the command's own."""


PLANS = (
    Plan("one GPU", 4_000, gpus=1, workers=1),
    Plan("one node", 40_000, gpus=8, workers=8),
    Plan("16 nodes", 1_000_000, gpus=128, workers=128),
)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step of a plan takes."""

    hours: float
    bound_by: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a plan takes with a policy; no steps where the policy has no room."""

    plan: Plan
    policy: Policy
    way: str
    """`train.parameters`."""
    steps: dict[str, Step]
    money_generator: float
    money_gpus: float
    """For all GPUs while the policy is trained or asked; not while instances are made, scored and paired."""

    @property
    def hours(self) -> float:
        return sum(step.hours for step in self.steps.values())

    @property
    def bottleneck(self) -> str:
        """The step that takes longest, and what bounds it."""
        name = max(self.steps, key=lambda step: self.steps[step].hours)
        return f"{name}: {self.steps[name].bound_by}"


def forecast(plan: Plan, policy: Policy, assumed: Assumptions) -> Forecast:
    """Hours of each step, money, and the bottleneck."""
    amounts = count(plan.instances, assumed)
    generator = generator_money(amounts, assumed)
    trainers = min(plan.gpus, _NODE)
    way = policy.way_of_training(trainers, assumed)
    replicas = plan.gpus // policy.gpus_of_replica(assumed)
    if way == "none" or not replicas:
        return Forecast(plan, policy, "none", {}, generator, 0.0)
    trained = gpu_seconds(amounts, policy, way, assumed)
    bound = "the GPUs of the one node that trains" if plan.gpus > trainers else "GPU"
    asked = {
        step: _ask(amounts, turns, sequences, policy, replicas, assumed)
        for step, turns, sequences in (
            ("sample", amounts.turns, MEASURED.sequences),
            ("evaluate", amounts.evaluated_turns, 1.0),
        )
    }
    steps = {
        "construct": _construct(plan, assumed),
        "sft": Step(trained["sft"] / trainers / 3600, bound),
        "sample": asked["sample"],
        "score, pair": _score(plan, amounts.turns),
        "align": Step((trained["align"] + trained["control"]) / trainers / 3600, bound),
        "evaluate": asked["evaluate"],
    }
    held = trainers * (steps["sft"].hours + steps["align"].hours)
    held += plan.gpus * (steps["sample"].hours + steps["evaluate"].hours)
    return Forecast(plan, policy, way, steps, generator, gpu_money(3600 * held, assumed))


def _construct(plan: Plan, assumed: Assumptions) -> Step:
    """The endpoint's slots are divided among the workers."""
    simulated = min(plan.instances, _SIMULATED)
    law = RequestLaw(assumed.reply_seconds, MEASURED.construct_seconds / MEASURED.requests)
    slots = int(assumed.generator_in_flight)
    outcome = simulate_construction(
        chains(simulated, MEASURED.requests),
        law,
        processes=plan.workers,
        in_flight=max(1, slots // plan.workers),
        endpoint=slots,
    )
    busiest = "the endpoint's replies" if outcome.used["endpoint"] > 0.6 else "processors"
    return Step(outcome.seconds / simulated * plan.instances / 3600, busiest)


def _ask(amounts: Amounts, turns: float, sequences: float, policy: Policy, replicas: int, assumed: Assumptions) -> Step:
    """Turns that are asked in batches, first the turn itself and then its branches, of every replica alike."""
    together = int(assumed.in_flight)
    gpus = policy.gpus_of_replica(assumed)
    said = policy.step_seconds(amounts.context, together, assumed) / gpus
    law = ServingLaw(
        read=policy.prefill_seconds(1, assumed) / gpus,
        said=said,
        held=said / together,
        in_flight=together,
    )
    prompt = ceil(amounts.prefilled / amounts.turns)
    words = ceil(amounts.decoded / amounts.turns / MEASURED.sequences)
    served = simulate_serving(_batches(together, prompt, words, sequences - 1), law, 1, lambda _: 0)
    pace = _BATCHES * together / served.seconds
    bound = "GPU" if served.used[0] > 0.6 else "GPU, its batches not full"
    return Step(turns / (pace * replicas) / 3600, bound)


def _batches(together: int, prompt: int, words: int, branches: float) -> list[list[Request]]:
    """Rounds of some batches: trunks, and then their branches, which begin with the same prompt."""
    rounds: list[list[Request]] = []
    for batch in range(_BATCHES):
        texts = [
            tuple(range(first, first + prompt))
            for first in range(batch * 10**7, batch * 10**7 + together * 10**4, 10**4)
        ]
        rounds.append([Request(text, words) for text in texts])
        counts = chains(together, branches)
        rounds.append([Request(text, words) for text, count_ in zip(texts, counts, strict=True) for _ in range(count_)])
    return rounds


def _score(plan: Plan, turns: float) -> Step:
    """Score, then pair: the workers' share side by side, what the command does with each record one after another."""
    simulated = min(int(turns), _SIMULATED)
    seconds, busiest = 0.0, ""
    for worker_seconds, command_seconds in _SCORING["ray" if plan.workers > 1 else "local"]:
        clock = simpy.Environment()
        stations = {"processors": Station(clock, plan.workers), "the command's process": Station(clock, 1)}

        def make(_: int, __: int, stations: dict[str, Station] = stations, due: float = worker_seconds) -> Process:
            return stations["processors"].work(due)

        def write(stations: dict[str, Station] = stations, due: float = command_seconds) -> Process:
            return stations["the command's process"].work(due)

        outcome = run_ordered(clock, stations, simulated, plan.workers, 8 * plan.workers, make, write=write)
        seconds += outcome.seconds
        busiest = outcome.bottleneck
    return Step(seconds / simulated * turns / 3600, busiest)
