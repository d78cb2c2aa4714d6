"""What a worker of construction holds: the tools, opened, and a generator; and the calls that it made."""

import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ttpa.assemble import Parts
from ttpa.engines.desk import Desk
from ttpa.models.base import ChatModel
from ttpa.models.recorded_chat import ReplyStore
from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction
from ttpa.stages.construct import ConstructConfig, Plan, construct
from ttpa.tools.base import Toolset
from ttpa.tools.recorded_toolset import RecordedToolset


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of remote tools."""

    made: int = 0
    answered: int = 0
    """By the journal."""
    again: int = 0
    """Made in the second pass."""

    def __add__(self, other: "Calls") -> "Calls":
        return Calls(self.made + other.made, self.answered + other.answered, self.again + other.again)

    def __sub__(self, other: "Calls") -> "Calls":
        return Calls(self.made - other.made, self.answered - other.answered, self.again - other.again)


@contextmanager
def open_constructor(
    parts: Parts, config: ConstructConfig, desk: Desk, toolset: Toolset | None = None
) -> Generator[Callable[[Plan], tuple[Instruction | Discard, Calls]]]:
    """Makes what a plan becomes, and tells the calls that were made since it was last asked.

    `toolset` is used where it is given, and stays open; else the tools are opened for this worker.
    """
    with ExitStack() as stack:
        tools = toolset or stack.enter_context(parts.open_toolset(desk.replies, desk.spending))
        generator = parts.make_generator(desk.replies, desk.spending)
        yield _Constructor(tools, parts.tools_origin, generator, config, desk.results).construct


class _Constructor:
    def __init__(
        self, toolset: Toolset, origin: str, generator: ChatModel, config: ConstructConfig, results: ReplyStore
    ) -> None:
        self._generator = generator
        self._config = config
        self._toolset = self._again = toolset
        self._lock = threading.Lock()
        self._told = Calls()
        if toolset.is_remote and toolset.can_replay:
            never = config.nondeterministic
            self._toolset = RecordedToolset(toolset, results, origin=origin, purpose="gold", never=never)
            self._again = RecordedToolset(toolset, results, origin=origin, purpose="again", never=never)

    def construct(self, plan: Plan) -> tuple[Instruction | Discard, Calls]:
        outcome = construct(
            plan, generator=self._generator, toolset=self._toolset, again=self._again, config=self._config
        )
        with self._lock:
            calls = self._count()
            since, self._told = calls - self._told, calls
        return outcome, since

    def _count(self) -> Calls:
        if isinstance(self._toolset, RecordedToolset) and isinstance(self._again, RecordedToolset):
            return Calls(self._toolset.asked, self._toolset.answered, self._again.asked)
        return Calls()
