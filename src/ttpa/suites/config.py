"""What the suites are told."""

from pydantic import Field

from ttpa.records.record import Record


class TasksConfig(Record):
    """The run's own held-out tasks."""

    max_steps: int = Field(default=12, ge=1)
    """Turns of the policy; a task that is not over then is not solved."""


BFCL_CATEGORIES = (
    "simple_python", "multiple", "parallel", "parallel_multiple", "irrelevance",
    "live_simple", "live_multiple", "live_parallel", "live_parallel_multiple", "live_irrelevance", "live_relevance",
    "multi_turn_base", "multi_turn_miss_func", "multi_turn_miss_param", "multi_turn_long_context",
)  # fmt: skip
"""What can be asked of BFCL: its Python categories. Java, JavaScript, web search and memory are not."""


class BfclConfig(Record):
    """The Berkeley Function Calling Leaderboard."""

    categories: tuple[str, ...] = BFCL_CATEGORIES
    environment: str = ""
    """The folder of the environment that has bfcl-eval; in the user's cache where empty."""


class SourcesConfig(Record):
    """Imported dialogues, a category for each file."""

    files: tuple[str, ...] = ()
    """JSON Lines in the form that `ttpa import` reads."""


class ToolBenchSuiteConfig(Record):
    """ToolBench's queries; judge and simulator are models at the generator's endpoint."""

    queries: tuple[str, ...] = ()
    """Its query files, such as StableToolBench's `solvable_queries/G1_instruction.json`."""
    responses: str = ""
    """A folder of recorded responses, `CATEGORY/TOOL/API.json`."""
    simulator: str = ""
    """A model that plays an API where no response is recorded; its results are marked. Without it such a call fails."""
    judge: str = ""
    """A model that judges the answers; without it an answer that is given counts as right."""
    judgements: int = Field(default=3, ge=1)
    """Of each answer; an odd number has no tie."""
    temperature: float = 0.0
    """Of judge and simulator."""
    against: str = ""
    """A policy of the run that has answers on this suite: the judge compares with them, in both orders."""


class SuitesConfig(Record):
    """How benchmarks are run, and the section of each."""

    limit: int | None = Field(default=None, ge=1)
    """Items of each category at most: those with the smallest hash of seed and id; all where not given."""
    max_new_tokens: int = Field(default=512, ge=1)
    """Tokens of a turn at most."""
    batch: int = Field(default=16, ge=1)
    """Items that are under way together; it changes no answer."""
    resamples: int = Field(default=2000, ge=1)
    """Bootstrap resamples of an interval."""
    tasks: TasksConfig = TasksConfig()
    bfcl: BfclConfig = BfclConfig()
    sources: SourcesConfig = SourcesConfig()
    toolbench: ToolBenchSuiteConfig = ToolBenchSuiteConfig()
