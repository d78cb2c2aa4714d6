"""What a candidate costs: forks against whole completions, all arms interleaved in one run.

`python benchmarks/sampling.py [--policy DIR] [--points 32] [--rounds 5]`. The policy answers turns over generated tools
that it never saw, ten of them on offer, and goes on through dialogues of four or more turns. A candidate counts where
its calls fit their tools' schemas and no other candidate of the turn makes the same calls. A reference turn that was
handed in is the policy's only where each of its tokens is the policy's first choice, which the same forward tells.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from ttpa.dialects import DIALECTS
from ttpa.models.transformers_tokens import TransformersModel
from ttpa.pretrain.world.stream import World
from ttpa.quickstart.embedded import EMBEDDED, policy_path
from ttpa.records.candidates import CandidateTree
from ttpa.records.instructions import DecisionPoint
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolCall
from ttpa.stages.sample import SampleConfig, sample
from ttpa.stages.score import CompiledTools, fits_schemas

HERMES = DIALECTS["hermes"]
OFFERED = 10
COMPLETIONS = 5
MAX_NEW = 160
MORE = {"max_forks": 8, "max_gap": 3.0, "min_probability": 0.01}
Texts = list[list[str]]
"""The candidates of each point."""


@dataclass(frozen=True)
class Account:
    """What one arm did in one round."""

    texts: Texts
    prefilled: int
    decoded: int
    seconds: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", default=EMBEDDED)
    parser.add_argument("--points", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    model = TransformersModel(policy_path(options.policy), batch_size=64)
    single = single_points(options.points)
    dialogues = [
        point for point in dialogue_points(max(4, options.points // 4)) if len(reference_ids(model, point)) <= MAX_NEW
    ]
    tokens = [len(model.tokenizer.prompt_ids(point.history, point.tools)) for point in single]
    print(f"policy {options.policy}, one thread; medians of {options.rounds} rounds, arms in turn")
    said = greedy_turns(model, [*single, *dialogues])
    turn = SampleConfig(max_new_tokens=MAX_NEW)
    arms: dict[str, Callable[[Sequence[DecisionPoint], str], Account]] = {
        "5 completions, independent": lambda points, seed: independent(model, points, said, seed),
        "5 completions, prompt once": lambda points, seed: sampled(model, points, said, whole(COMPLETIONS), seed),
        "forks at random": lambda points, seed: sampled(model, points, said, replaced(turn, strategy="random"), seed),
        "forks of the policy's turn": lambda points, seed: sampled(model, points, said, turn, seed),
        "up to 8 of them, gap up to 3": lambda points, seed: sampled(
            model, points, said, replaced(turn, forks=MORE), seed
        ),
        "forks of the reference turn": lambda points, seed: sampled(
            model, points, said, replaced(turn, trunk="reference"), seed
        ),
        "forks of both": lambda points, seed: sampled(model, points, said, replaced(turn, trunk="both"), seed),
    }
    title = f"{len(single)} turns, prompts of {statistics.mean(tokens):.0f} tokens"
    compare(title, arms, single, options.rounds)
    count = len({point.instruction_id for point in dialogues})
    title = f"{count} whole dialogues of {len(dialogues) / count:.1f} turns"
    compare(title, arms, dialogues, options.rounds)


def replaced(config: SampleConfig, **changes: object) -> SampleConfig:
    return SampleConfig.model_validate(config.model_dump() | changes)


def whole(completions: int) -> SampleConfig:
    return SampleConfig(strategy="whole", completions=completions, max_new_tokens=MAX_NEW)


def single_points(count: int) -> list[DecisionPoint]:
    """Turns that are due a call, each over tools of its own."""
    return [
        World(5, "test", index, tools=OFFERED).draw("single").decision_points()[0]
        for index in range(7000, 7000 + count)
    ]


def dialogue_points(count: int) -> list[DecisionPoint]:
    """Turns that are due a call, of dialogues with four or more of them over the same tools."""
    points: list[DecisionPoint] = []
    for index in range(9000, 9000 + count):
        said: tuple[object, ...] = ()
        turns: list[DecisionPoint] = []
        for one in islice(World(5, "test", index, tools=OFFERED).instructions(), 8):
            for point in one.decision_points():
                if point.reference:
                    history = (*said, *point.history)
                    turns.append(point.model_copy(update={"history": history, "instruction_id": str(index)}))
            last = one.decision_points()[-1]
            said = (*said, *last.history, last.reference_turn())
            if len(turns) >= 4:
                break
        points.extend(turns)
    return [point.model_copy(update={"id": f"{point.instruction_id}#{i}"}) for i, point in enumerate(points)]


def reference_ids(model: TransformersModel, point: DecisionPoint) -> tuple[int, ...]:
    return model.tokenizer.turn_ids(point.history, point.tools, point.reference_turn())[1]


def greedy_turns(model: TransformersModel, points: Sequence[DecisionPoint]) -> dict[str, str]:
    """What the policy says by itself at each point; no arm pays for it."""
    prompts = [model.tokenizer.prompt_ids(point.history, point.tools) for point in points]
    turns = model.complete(prompts, max_new_tokens=MAX_NEW)
    return {
        point.id: "".join(model.tokenizer.pieces(turn.token_ids[:-1])) if turn.finished else ""
        for point, turn in zip(points, turns, strict=True)
    }


def independent(
    model: TransformersModel, points: Sequence[DecisionPoint], said: Mapping[str, str], seed: str
) -> Account:
    """Whole completions, each with a prefill of its own."""
    accounts = [sampled(model, points, said, whole(1), f"{seed}/{number}") for number in range(COMPLETIONS)]
    return Account(
        [[text for account in accounts for text in account.texts[i]] for i in range(len(points))],
        sum(account.prefilled for account in accounts),
        sum(account.decoded for account in accounts),
    )


def sampled(
    model: TransformersModel, points: Sequence[DecisionPoint], said: Mapping[str, str], config: SampleConfig, seed: str
) -> Account:
    trees = sample(points, model=model, dialect=HERMES, config=config, seed=hash_of(seed))
    kept = [tree for tree in trees if isinstance(tree, CandidateTree)]
    assert len(kept) == len(points)
    return Account(
        [
            [leaf.text for leaf in tree.leaves if leaf.origin != "reference" or leaf.text == said[tree.id]]
            for tree in kept
        ],
        sum(tree.cost.prefilled for tree in kept),
        sum(tree.cost.decoded for tree in kept),
    )


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode()[-6:], "big")


def compare(
    title: str,
    arms: dict[str, Callable[[Sequence[DecisionPoint], str], Account]],
    points: Sequence[DecisionPoint],
    rounds: int,
) -> None:
    """One table: what each arm found, and what that cost."""
    accounts: dict[str, list[Account]] = {name: [] for name in arms}
    for number in range(rounds):
        for name, arm in arms.items():
            start = time.perf_counter()
            account = arm(points, f"{number}")
            accounts[name].append(replace(account, seconds=time.perf_counter() - start))
    print(f"\n{title}\n")
    print(
        "| arm | candidates a turn | distinct, fitting | prefilled | decoded | ms a turn | ms a candidate | cheaper |"
    )
    print("|---|---|---|---|---|---|---|---|")
    first = 0.0
    for name, made in accounts.items():
        found = statistics.median(distinct(points, account.texts) for account in made) / len(points)
        seconds = statistics.median(account.seconds for account in made) / len(points)
        prefilled = statistics.median(account.prefilled for account in made) / len(points)
        decoded = statistics.median(account.decoded for account in made) / len(points)
        every = statistics.median(sum(len(texts) for texts in account.texts) for account in made) / len(points)
        cost = 1000 * seconds / found if found else float("inf")
        first = first or cost
        tokens = f"{prefilled:.0f} | {decoded:.0f}"
        cheaper = first / cost
        print(f"| {name} | {every:.2f} | {found:.2f} | {tokens} | {1e3 * seconds:.0f} | {cost:.0f} | {cheaper:.2f}x |")


def distinct(points: Sequence[DecisionPoint], texts: Texts) -> int:
    """Candidates that make calls which fit their schemas, each set of calls of a turn counted once."""
    count = 0
    for point, said in zip(points, texts, strict=True):
        tools = CompiledTools(point.tools)
        found: set[str] = set()
        for text in said:
            calls = HERMES.read_turn(text).calls
            if calls and fits_schemas(calls, tools):
                found.add(key(calls))
        count += len(found)
    return count


def key(calls: Sequence[ToolCall]) -> str:
    return "\n".join(sorted(canonical_json(call.model_dump(mode="json")) for call in calls))


if __name__ == "__main__":
    main()
