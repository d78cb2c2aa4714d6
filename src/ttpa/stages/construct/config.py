"""What construction is told: how many instances, of which kinds, over which tools, and what they are checked for."""

from pydantic import Field, model_validator

from ttpa.records.record import Record


class JudgeConfig(Record):
    """A model that looks at finished instances, after all checks that need none."""

    model: str = ""
    """Its name at the generator's endpoint; without one, nothing is judged."""
    judgements: int = Field(default=3, ge=1)
    """Of one instance, under different seeds."""
    threshold: float = Field(default=3.0, ge=1, le=5)
    """Least mean mark, of 1 to 5, for naturalness and for faithfulness."""
    controls: float = Field(default=0.1, ge=0, le=1)
    """Share of the instances that are shown to it a second time with a value missing from the question. It should
    refuse these; how often it does is told."""
    temperature: float = Field(default=0.7, ge=0)


class ConstructConfig(Record):
    """How many instances are made, of which kinds, over which tools."""

    instances: int = Field(default=1000, ge=1)
    """Wanted, and planned at first; discards come off this number where no more may be planned."""
    plans_at_most: int = Field(default=0, ge=0)
    """Plans in all that may be made until so many instances are kept; no more than `instances` where it is less."""
    test_share: float = Field(default=0.1, ge=0, le=1)
    """Share of instances that are new requests over known tools."""
    unseen_share: float = Field(default=0.1, ge=0, le=1)
    """Share of instances over tools that no training instruction offers; none where too few can be held out."""
    unseen_tools: float = Field(default=0.15, ge=0, le=1)
    """Share of the tools that is held out for them."""
    no_call_share: float = Field(default=0.1, ge=0, le=1)
    """Share of instances where no call is right, half of them for want of a tool, half of a value."""
    candidates: int = Field(default=64, ge=8)
    """Tools that one instance is drawn from. Where there are more, each has its turn: three quarters of its candidates
    are the tools most like it by their words, a quarter is drawn from all."""
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
    retries: int = Field(default=2, ge=0)
    """How often calls that fail are taken back and asked for again in one trajectory; none where tools write."""
    restarts: int = Field(default=1, ge=0)
    """How often the generator may throw a trajectory away and begin anew; never where tools write."""
    replay: bool = True
    """Whether the gold calls are made once more, in a session of their own, and must give the same; this is left out
    where tools write."""
    nondeterministic: tuple[str, ...] = ()
    """Tools whose results may differ from one time to the next, by their own or by their offered names as in
    `tools.only`; a name that no offered tool has is refused."""
    avoid: tuple[str, ...] = ()
    """Benchmark files (JSON or JSON lines): a question that stands in one of them, or an imported line, is given up."""
    near_duplicate: float = Field(default=0.9, ge=0, le=1)
    """Share of common words from which two questions over the same tools are near-duplicates."""
    judge: JudgeConfig = JudgeConfig()

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "ConstructConfig":
        if self.min_calls > self.max_calls:
            raise ValueError(f"construct.min_calls = {self.min_calls} is more than max_calls = {self.max_calls}")
        if self.min_tools > min(self.max_calls, self.tools_shown):
            raise ValueError(
                f"construct.min_tools = {self.min_tools} can never be called: max_calls = {self.max_calls}, "
                f"tools_shown = {self.tools_shown}"
            )
        if self.test_share + self.unseen_share > 1:
            raise ValueError(
                f"construct.test_share = {self.test_share:g} and unseen_share = {self.unseen_share:g} are more than all"
            )
        if self.candidates < 2 * max(self.tools_shown, self.tools_offered):
            most = max(self.tools_shown, self.tools_offered)
            raise ValueError(
                f"construct.candidates = {self.candidates} leaves no choice; it takes at least {2 * most}, "
                "twice what is shown or offered"
            )
        return self
