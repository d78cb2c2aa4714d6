"""Whether branches on shared caches are what the policy would say from scratch, and given turns what it would think.

`python benchmarks/exactness.py [--policy DIR] [--branches 180]`. For prompts of about 100, 500 and 2,000 tokens in two
chat templates: every branch, in float32, against transformers' own greedy generation after the same tokens, alone and
with a cache of its own; every position of a given turn against a forward over just the tokens before it, by how much
its best log-probabilities differ at most, in float32 (rounding) and with the model in float64.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch

from ttpa.models.base import Branch, Completion, Growth
from ttpa.models.transformers_tokens import TransformersModel
from ttpa.pretrain.tokenizer import END
from ttpa.pretrain.world.stream import World
from ttpa.quickstart.embedded import EMBEDDED, policy_path
from ttpa.records.instructions import DecisionPoint
from ttpa.records.tools import ToolSpec
from ttpa.stages.sample.dialogues import join_turns

LENGTHS = (100, 500, 2000)
MAX_NEW = 48
TOP_K = 4
MISTRAL = Path(__file__).parents[1] / "tests" / "stages" / "sample" / "templates" / "mistral.jinja"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", default=EMBEDDED)
    parser.add_argument("--branches", type=int, default=90, help="at least, for each length and template")
    options = parser.parse_args()
    print(
        "| template | prompt tokens | branches | equal from scratch | positions | nats | probability | nats, float64 |"
    )
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "mistral"
        shutil.copytree(policy_path(options.policy), other)
        template = MISTRAL.read_text(encoding="utf-8").replace("</s>", END)
        (other / "chat_template.jinja").write_text(template, encoding="utf-8")
        for name, path in (("hermes", policy_path(options.policy)), ("mistral", str(other))):
            model = TransformersModel(path)
            for length in LENGTHS:
                points = find_points(model, length)
                branches, equal = compare_branches(model, points, options.branches)
                positions, nats, probability = compare_given(model, points[:3])
                model.model.double()
                _, exact, _ = compare_given(model, points[:3])
                model.model.float()
                tokens = sum(len(prompt_of(model, point)) for point in points) // len(points)
                counts = f"{name} | {tokens} | {branches} | {equal} | {positions}"
                print(f"| {counts} | {nats:.1e} | {probability:.1e} | {exact:.1e} |", flush=True)


def prompt_of(model: TransformersModel, point: DecisionPoint) -> tuple[int, ...]:
    return model.tokenizer.prompt_ids(point.history, point.tools)


def find_points(model: TransformersModel, length: int) -> list[DecisionPoint]:
    """Decision points whose prompts have about so many tokens: tools of other worlds are added to make them longer."""
    points: list[DecisionPoint] = []
    for index in range(3000, 3024):
        point = World(6, "test", index, tools=1 if length < 200 else 4).draw("single").decision_points()[0]
        more = index * 100
        while len(prompt_of(model, point)) < length * 0.9:
            tools: tuple[ToolSpec, ...] = World(6, "test", more, tools=4).specs
            point = point.model_copy(update={"tools": (*point.tools, *tools)})
            more += 1
        points.append(point)
    return points


def compare_branches(model: TransformersModel, points: Sequence[DecisionPoint], least: int) -> tuple[int, int]:
    """How many branches were grown, and how many of them equal the greedy continuation from scratch."""

    def spread(_: int, branch: Branch | None, said: Completion) -> list[Branch]:
        """Some runners-up all over the trunk."""
        places = range(0, len(said.token_ids), max(1, len(said.token_ids) // 6)) if branch is None else ()
        return [
            Branch(place, (said.top[place][rank][0],), (said.top[place][rank][1],))
            for place in places
            for rank in (1, 2)
        ]

    count = equal = 0
    for start in range(0, len(points), 8):
        prompts = [prompt_of(model, point) for point in points[start : start + 8]]
        growths = model.grow(prompts, spread, max_new_tokens=MAX_NEW, top_k=TOP_K)
        for prompt, growth in zip(prompts, growths, strict=True):
            for branch, completion in growth.branches:
                count += 1
                equal += completion.token_ids == from_scratch(model, prompt, growth, branch)
        if count >= least:
            break
    return count, equal


def from_scratch(model: TransformersModel, prompt: tuple[int, ...], growth: Growth, branch: Branch) -> tuple[int, ...]:
    """The forced tokens and transformers' own greedy generation after them."""
    left = MAX_NEW - branch.position - len(branch.token_ids)
    if branch.token_ids[-1] in model.tokenizer.end_ids or left == 0:
        return branch.token_ids
    given = torch.tensor([[*prompt, *growth.trunk.token_ids[: branch.position], *branch.token_ids]])
    with torch.inference_mode():
        said = model.model.generate(  # pyright: ignore[reportCallIssue]
            input_ids=given, attention_mask=torch.ones_like(given), max_new_tokens=left, do_sample=False, num_beams=1
        )
    return (*branch.token_ids, *said[0, given.shape[1] :].tolist())


def compare_given(model: TransformersModel, points: Sequence[DecisionPoint]) -> tuple[int, float, float]:
    """Positions of given turns, and by how much the best log-probabilities, and probabilities, differ there at most."""
    turns = [model.tokenizer.turn_ids(p.history, p.tools, p.reference_turn()) for p in points]
    growths = model.grow_along(join_turns(turns), nowhere, max_new_tokens=1000, top_k=TOP_K)
    positions, nats, probability = 0, 0.0, 0.0
    for (prompt, turn), growth in zip(turns, growths, strict=True):
        for place in range(len(turn)):
            with torch.inference_mode():
                logits = model.model(input_ids=torch.tensor([[*prompt, *turn[:place]]]), logits_to_keep=1).logits[0, -1]
            best = torch.topk(torch.log_softmax(logits.float(), dim=-1), TOP_K).values
            seen = torch.tensor([value for _, value in growth.trunk.top[place]])
            nats = max(nats, float((best - seen).abs().max()))
            probability = max(probability, float((best.exp() - seen.exp()).abs().max()))
            positions += 1
    return positions, nats, probability


def nowhere(_: int, __: Branch | None, ___: Completion) -> list[Branch]:
    """No branch at all."""
    return []


if __name__ == "__main__":
    main()
