"""What every suite is, and what one is opened with."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ttpa.models.base import ChatModel
from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction
from ttpa.records.suites import SuiteAnswer, SuiteCase
from ttpa.stages.score import ScoreConfig, TurnReader
from ttpa.suites.config import SuitesConfig
from ttpa.suites.episodes import Item
from ttpa.tools.base import Toolset


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts on all answers of one policy, and the answers on which there is none."""

    cases: Sequence[SuiteCase]
    official: dict[str, str] = field(default_factory=dict[str, str])
    refused_golds: tuple[str, ...] = ()
    missing: Sequence[Discard] = ()
    """Why an answer could not be judged: it is neither right nor wrong."""


class Suite(Protocol):
    """A benchmark."""

    @property
    def items(self) -> Sequence[Item]: ...

    @property
    def facts(self) -> dict[str, str]:
        """What of the benchmark the figures depend on: versions, hashes of data, limits."""
        ...

    def judge(self, answers: Sequence[SuiteAnswer], folder: Path) -> Judgement:
        """A verdict for each answer, in their order, or why there is none.

        What the benchmark's own program needs and says lies in `folder`. Raises `RunError` where that program fails.
        """
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a suite may be opened with; each part is made when it is asked for."""

    config: SuitesConfig
    scoring: ScoreConfig
    dialect: TurnReader
    held_out: Callable[[], Sequence[Instruction]]
    """The run's instructions that are held out. Raises `RunError` where it has none."""
    open_tools: Callable[[], Toolset]
    """The run's tools, to be really executed."""
    nondeterministic: Callable[[Toolset], Sequence[str]]
    """Which of them give results that may differ from call to call, by their offered names."""
    open_chat: Callable[[str, float], ChatModel]
    """A model at the generator's endpoint, by its name and temperature: it judges, or plays tools."""
    tell: Callable[[str], None]
    """Says a line to whoever waits."""


OpenSuite = Callable[[Setting], AbstractContextManager[Suite]]
