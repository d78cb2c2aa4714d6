"""What will be constructed: an ordered, seeded list of plans, with the tools split into known and unseen ones."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Literal

from ttpa.errors import ConfigError
from ttpa.records.counted import counted
from ttpa.records.instructions import InstructionKind, Split
from ttpa.records.record import Record
from ttpa.records.tools import ToolSpec
from ttpa.stages.construct.config import ConstructConfig
from ttpa.stages.construct.steering import Ledger, read_list

if TYPE_CHECKING:
    from ttpa.stages.construct.retrieval import ToolIndex

Shape = Literal["chain", "side by side", "free"]
"""How the calls of a solution hang together: each on an earlier one, none on another, or as it comes."""
_SHAPES: tuple[Shape, ...] = ("chain", "free", "side by side", "free")


class Plan(Record):
    """One instance to be made."""

    id: str
    split: Split
    kind: InstructionKind
    shown: tuple[ToolSpec, ...]
    """What the generator may choose from."""
    pool: tuple[ToolSpec, ...]
    """Where distractors come from."""
    calls: int = 0
    """Calls that the situation should need."""
    shape: Shape = "free"
    setting: str = ""
    """Whose situation it is, where the tools fit it."""
    manner: str = ""
    """How the question is asked."""
    wanted: ToolSpec | None = None
    """Without calls: the tool that the request is about."""
    withheld: str | None = None
    """With `missing_value`: the required parameter that the request leaves out."""
    seed: int


class Planner:
    """Plans over some tools, made as far as they are asked for."""

    def __init__(self, tools: Sequence[ToolSpec], config: ConstructConfig, *, seed: int) -> None:
        """Raises `ConfigError` where the tools are too few for what the config asks, or too many for the packages."""
        self._plans = _plans(_divide(tools, config, seed), config, seed)
        self._made: list[Plan] = []

    def first(self, number: int) -> list[Plan]:
        """The first `number` plans, in the order in which they are made; more plans go on where fewer ended."""
        self._made.extend(islice(self._plans, number - len(self._made)))
        return self._made[:number]


def plan_construction(
    tools: Sequence[ToolSpec], config: ConstructConfig, *, seed: int, number: int | None = None
) -> list[Plan]:
    """The first `number` plans (`config.instances` where not given); equal arguments give equal plans.

    Without tools to hold out no plan is of `test_unseen`. Raises `ConfigError` as `Planner` does.
    """
    return Planner(tools, config, seed=seed).first(number or config.instances)


class _Group:
    """Tools that one instruction may be over; of many, an index says which belong together."""

    def __init__(self, name: str, tools: Sequence[ToolSpec], candidates: int) -> None:
        self.name = name
        self.tools = tuple(tools)
        self.index = _open_index(tools) if len(tools) > candidates else None


@dataclass(frozen=True, slots=True)
class _Tools:
    known: _Group
    unseen: _Group
    """Held out for the split `test_unseen`; none where there are too few."""


def count_held_out(tools: int, config: ConstructConfig) -> int:
    """How many of so many tools are held out for `test_unseen`: none where too few for an instruction would be."""
    held_out = round(tools * config.unseen_tools) if config.unseen_share else 0
    return held_out if held_out > config.min_tools else 0


def _open_index(tools: Sequence[ToolSpec]) -> "ToolIndex":
    try:
        from ttpa.stages.construct.retrieval import ToolIndex  # numpy, which few tools do not need
    except ImportError as error:
        raise ConfigError(
            f"{len(tools)} tools are more than construct.candidates; "
            "to draw from so many needs an extra: pip install '.[registry]' in a clone"
        ) from error
    return ToolIndex(tools)


def _divide(tools: Sequence[ToolSpec], config: ConstructConfig, seed: int) -> _Tools:
    shuffled = sorted(tools, key=lambda tool: tool.name)
    random.Random(f"{seed}/tools").shuffle(shuffled)
    held_out = count_held_out(len(shuffled), config)
    unseen, known = shuffled[:held_out], shuffled[held_out:]
    if len(known) <= config.min_tools:
        told = f"{counted(len(known), 'known tools')} {'is' if len(known) == 1 else 'are'}"
        remedy = f"set construct.min_tools = {len(known) - 1}" if len(known) > 1 else "offer more"
        raise ConfigError(
            f"{told} too few: more than construct.min_tools = {config.min_tools} are needed; there are {len(tools)} in "
            f"all, {held_out} of them held out (construct.unseen_tools); {remedy}"
        )
    return _Tools(_Group("known", known, config.candidates), _Group("unseen", unseen, config.candidates))


def _plans(tools: _Tools, config: ConstructConfig, seed: int) -> Iterator[Plan]:
    ledger = Ledger()
    for index in count():
        yield _plan(index, tools, config, seed, ledger)


def _plan(index: int, tools: _Tools, config: ConstructConfig, seed: int, ledger: Ledger) -> Plan:
    """Plan `index`; what the ledger knows least of comes first."""
    rng = random.Random(f"{seed}/plan/{index}")
    drawn = rng.random()
    split: Split = "train"
    unseen_share = config.unseen_share if tools.unseen.tools else 0.0
    if drawn < unseen_share:
        split = "test_unseen"
    elif drawn < unseen_share + config.test_share:
        split = "test"
    group = tools.unseen if split == "test_unseen" else tools.known
    anchor: ToolSpec | None = None
    pool = near = group.tools
    if group.index is not None:
        anchor = ledger.in_turn(("anchor", group.name), group.tools, rng)
        candidates = group.index.candidates(anchor, config.candidates, rng)
        pool, near = candidates.all, candidates.near
    kind: InstructionKind = "calls"
    wanted: ToolSpec | None = None
    withheld: str | None = None
    calls = 0
    shape: Shape = "free"
    if rng.random() < config.no_call_share:
        [wanted] = [anchor] if anchor else ledger.rarest_tools("wanted", pool, 1, rng)
        kind = "no_tool_fits"
        required = wanted.parameters.get("required")
        if isinstance(required, list) and required:
            kinds: tuple[InstructionKind, ...] = ("no_tool_fits", "missing_value")
            kind = ledger.rarest("kind", kinds, rng)
        if kind == "missing_value" and isinstance(required, list):
            withheld = str(rng.choice(required))
    else:
        calls = ledger.rarest(("calls", split), range(config.min_calls, config.max_calls + 1), rng)
        shape = _SHAPES[ledger.rarest(("shape", calls), range(len(_SHAPES)), rng)]
    return Plan(
        id=f"c{index:06d}",
        split=split,
        kind=kind,
        shown=ledger.rarest_tools("shown", near, config.tools_shown, rng, first=anchor),
        pool=pool,
        calls=calls,
        shape=shape,
        setting=ledger.rarest("setting", read_list("settings"), rng),
        manner=ledger.rarest("manner", read_list("manners"), rng),
        wanted=wanted,
        withheld=withheld,
        seed=rng.getrandbits(32),
    )
