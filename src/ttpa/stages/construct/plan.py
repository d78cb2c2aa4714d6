"""What will be constructed: an ordered, seeded list of plans, with the tools split into known and unseen ones."""

import random
import re
from collections import Counter
from collections.abc import Sequence

from pydantic import Field

from ttpa.errors import ConfigError
from ttpa.records.instructions import InstructionKind, Split
from ttpa.records.record import Record
from ttpa.records.tools import ToolSpec


class ConstructConfig(Record):
    """How many instances are made, of which kinds, over which tools."""

    instances: int = Field(default=1000, ge=1)
    """Planned instances; discards come off this number."""
    test_share: float = Field(default=0.1, ge=0, le=1)
    """Share of instances that are new requests over known tools."""
    unseen_share: float = Field(default=0.1, ge=0, le=1)
    """Share of instances over tools that no training instruction offers."""
    unseen_tools: float = Field(default=0.15, ge=0, le=1)
    """Share of the tools that is held out for them."""
    no_call_share: float = Field(default=0.1, ge=0, le=1)
    """Share of instances where no call is right, half of them for want of a tool, half of a value."""
    tools_shown: int = Field(default=8, ge=2)
    """Tools the generator may choose from."""
    tools_offered: int = Field(default=4, ge=1)
    """Tools that an instruction offers at least: the used ones and look-alikes."""
    min_calls: int = Field(default=2, ge=1)
    max_calls: int = Field(default=4, ge=1)
    min_tools: int = Field(default=2, ge=1)
    """Different tools that an instruction with calls uses at least."""
    repairs: int = Field(default=1, ge=0)
    """How often a question that leaves a value out, or a reply that cannot be read, is asked for again."""
    replay: bool = True
    """Whether the gold calls are made once more, in a session of their own, and must give the same; this is left out
    where tools write."""
    nondeterministic: tuple[str, ...] = ()
    """Tools whose results may differ from one time to the next."""
    avoid: tuple[str, ...] = ()
    """Benchmark files (JSON or JSON lines): a question that stands in one of them is given up."""
    near_duplicate: float = Field(default=0.9, ge=0, le=1)
    """Share of common words from which two questions over the same tools are near-duplicates."""


class Plan(Record):
    """One instance to be made."""

    id: str
    split: Split
    kind: InstructionKind
    shown: tuple[ToolSpec, ...]
    """What the generator may choose from."""
    pool: tuple[ToolSpec, ...]
    """Where distractors come from."""
    wanted: ToolSpec | None = None
    """Without calls: the tool that the request is about."""
    withheld: str | None = None
    """With `missing_value`: the required parameter that the request leaves out."""
    seed: int


def plan_construction(tools: Sequence[ToolSpec], config: ConstructConfig, *, seed: int) -> list[Plan]:
    """The plans, in the order in which they are made; equal arguments give equal plans.

    Raises `ConfigError` when there are too few tools for what the config asks.
    """
    shuffled = sorted(tools, key=lambda tool: tool.name)
    random.Random(f"{seed}/tools").shuffle(shuffled)
    held_out = round(len(shuffled) * config.unseen_tools) if config.unseen_share else 0
    unseen, known = shuffled[:held_out], shuffled[held_out:]
    for name, group, share in (("known", known, 1.0), ("unseen", unseen, config.unseen_share)):
        if share and len(group) <= config.min_tools:
            raise ConfigError(
                f"{len(group)} {name} tools are too few: more than construct.min_tools = {config.min_tools} are needed;"
                f" there are {len(tools)} tools and construct.unseen_tools = {config.unseen_tools}"
            )
    shown: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    return [_plan(index, known, unseen, config, seed, shown, wanted) for index in range(config.instances)]


def _plan(
    index: int,
    known: list[ToolSpec],
    unseen: list[ToolSpec],
    config: ConstructConfig,
    seed: int,
    shown: Counter[str],
    wanted_before: Counter[str],
) -> Plan:
    """Plan `index`; of the tools, those come first that were shown, or wanted, least before."""
    rng = random.Random(f"{seed}/plan/{index}")
    drawn = rng.random()
    split: Split = "train"
    if drawn < config.unseen_share:
        split = "test_unseen"
    elif drawn < config.unseen_share + config.test_share:
        split = "test"
    pool = unseen if split == "test_unseen" else known
    kind: InstructionKind = "calls"
    wanted: ToolSpec | None = None
    withheld: str | None = None
    if rng.random() < config.no_call_share:
        [wanted] = _rarest(pool, wanted_before, 1, rng)
        kind = "no_tool_fits"
        required = wanted.parameters.get("required")
        if isinstance(required, list) and required and rng.random() < 0.5:
            kind, withheld = "missing_value", str(rng.choice(required))
    return Plan(
        id=f"c{index:06d}",
        split=split,
        kind=kind,
        shown=tuple(_rarest(pool, shown, config.tools_shown, rng)),
        pool=tuple(pool),
        wanted=wanted,
        withheld=withheld,
        seed=rng.getrandbits(32),
    )


def _rarest(pool: Sequence[ToolSpec], before: Counter[str], count: int, rng: random.Random) -> list[ToolSpec]:
    """The tools of which `before` knows least, drawn where it knows as much of several; it counts them from now on."""
    order = sorted(pool, key=lambda tool: (before[tool.name], rng.random()))[:count]
    before.update(tool.name for tool in order)
    rng.shuffle(order)
    return order


def choose_offer(used: Sequence[str], plan: Plan, count: int, *, without: Sequence[str] = ()) -> tuple[ToolSpec, ...]:
    """The tools an instruction offers: the used ones and distractors up to `count`, in random order.

    Every other distractor is the tool that resembles a used one most (a single one always is); the rest are drawn.
    """
    rng = random.Random(f"{plan.seed}/offer")
    offer = [tool for tool in plan.pool if tool.name in used]
    others = [tool for tool in plan.pool if tool.name not in used and tool.name not in without]
    near = [tool for tool in plan.pool if tool.name in used or tool.name in without]
    rng.shuffle(others)
    by_likeness = sorted(others, key=lambda tool: -max((likeness(tool, other) for other in near), default=0.0))
    while len(offer) < count and others:
        chosen = by_likeness[0] if (count - len(offer)) % 2 else others[0]
        offer.append(chosen)
        others.remove(chosen)
        by_likeness.remove(chosen)
    rng.shuffle(offer)
    return tuple(offer)


def likeness(one: ToolSpec, other: ToolSpec) -> float:
    """Share of words that two tools' names and descriptions have in common, in [0, 1]."""
    ours, theirs = (set(re.findall(r"[a-z]+", f"{tool.name} {tool.description}".lower())) for tool in (one, other))
    return len(ours & theirs) / max(1, len(ours | theirs))
