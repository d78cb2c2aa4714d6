"""What the report shows: the records of a run, and how many of them went where."""

from pydantic import NonNegativeInt, model_validator

from ttpa.records.candidates import CandidateTree, SlotKind
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.evaluations import Evaluation
from ttpa.records.instructions import DecisionPoint, Instruction
from ttpa.records.pairs import PreferencePair
from ttpa.records.record import Record
from ttpa.records.scores import ScoredTurn
from ttpa.records.suites import SuiteEvaluation


class StageFlow(Record):
    """What one stage took, gave and gave up."""

    stage: str
    takes: str = "records"
    """What it takes, in the plural: `instructions`."""
    gives: str = "records"
    """What it gives, in the plural: `decision points`."""
    records_in: NonNegativeInt
    records_out: NonNegativeInt
    used: NonNegativeInt | None = None
    """Records taken that were not discarded; none where each gives one record: then it is `records_out`."""
    discards: dict[str, NonNegativeInt]
    """Number of discarded records by reason."""
    note: str = ""
    seconds: float | None = None

    @property
    def kept(self) -> int:
        """Records taken that were not discarded."""
        return self.records_out if self.used is None else self.used

    @property
    def discarded(self) -> int:
        """Records taken that were discarded, for whatever reason."""
        return sum(self.discards.values())

    @property
    def unaccounted(self) -> int:
        """Records taken that are neither kept nor discarded; 0 where the books balance."""
        return self.records_in - self.kept - self.discarded


class TreeView(Record):
    """A candidate tree with its verdicts, its question and the text of its tokens."""

    tree: CandidateTree
    scored: ScoredTurn
    point: DecisionPoint
    pieces: tuple[tuple[str, ...], ...]
    """By leaf, the text of each token from the leaf's fork on; where there is none, from the start of the turn."""

    @model_validator(mode="after")
    def _belongs_together(self) -> "TreeView":
        if self.scored.tree_id != self.tree.id or self.point.id != self.tree.id:
            raise ValueError(
                f"tree {self.tree.id!r} with scores of {self.scored.tree_id!r} and point {self.point.id!r}"
            )
        if len(self.pieces) != len(self.tree.leaves):
            raise ValueError(f"pieces for {len(self.pieces)} leaves, the tree has {len(self.tree.leaves)}")
        for index, pieces in enumerate(self.pieces):
            due = len(self.tree.token_ids(index)) - self.start(index)
            if len(pieces) != due:
                raise ValueError(f"leaf {index} has {len(pieces)} pieces, {due} tokens from its fork on")
        return self

    def start(self, leaf: int) -> int:
        """Index of the first token of a leaf's pieces, counted from the start of the turn."""
        fork = self.tree.leaves[leaf].fork
        return 0 if fork is None else self.tree.forks[fork].position


class SlotForks(Record):
    """The forks at tokens that spell one kind of thing, over all trees of a run."""

    slot: SlotKind
    forks: NonNegativeInt
    wrong: NonNegativeInt
    """Those of which a branch is wrong."""
    repaired: NonNegativeInt
    """Those of which a branch is right though the turn that it left is wrong."""
    kinds: dict[str, NonNegativeInt]
    """Those of which a branch has an error of the kind."""


class DataCounts(Record):
    """What a run's data is, in numbers; all of it by what is counted."""

    splits: dict[str, NonNegativeInt] = {}
    kinds: dict[str, NonNegativeInt] = {}
    tools: dict[str, NonNegativeInt] = {}
    """Calls by tool, the most called first."""
    calls: dict[str, NonNegativeInt] = {}
    """Dialogues by their number of calls."""
    grounds: dict[str, NonNegativeInt] = {}
    """Values of calls by where they stand: `question`, `result`, `default`, `elsewhere`."""


class ErrorShares(Record):
    """In how many of one policy's turns each kind of error occurs."""

    group: str
    policy: str
    cases: NonNegativeInt
    turns: dict[str, NonNegativeInt]


class SuiteResult(Record):
    """What one policy did on one benchmark."""

    evaluation: SuiteEvaluation
    errors: tuple[ErrorShares, ...] = ()
    """By category; a category is left out where the benchmark has no reference calls."""
    outdated: bool = False
    """Whether the run has trained another policy of this name since."""


class ScoreSpread(Record):
    """How many turns have which score."""

    name: str
    bins: tuple[NonNegativeInt, ...]
    """Ten equal bins from 0 to 1, and one for exactly 1."""


class OtherRun(Record):
    """A run that this one is held against."""

    run: str
    flow: tuple[StageFlow, ...] = ()
    changed: tuple[str, ...] = ()
    """Keys of the config that differ, with both values."""
    evaluation: Evaluation | None = None
    """The last policy of each run, on the turns that both were asked; none where they share none."""
    only_theirs: NonNegativeInt = 0
    """Held-out turns that the other run alone has; they are left out."""
    only_ours: NonNegativeInt = 0
    differing: NonNegativeInt = 0
    """Held-out turns of one id that ask something else in each run; they are left out too."""


class ReportInputs(Record):
    """All that one report shows."""

    run: str
    """The run's name."""
    title: str = ""
    """One sentence on what the run is."""
    flow: tuple[StageFlow, ...] = ()
    """In the order of the stages."""
    instructions: tuple[Instruction, ...] = ()
    """Examples, best first."""
    data: DataCounts = DataCounts()
    """Of all instructions, not only of those that are shown."""
    samples: bool = True
    """Whether the run samples its policy; without that there are neither trees nor pairs to show."""
    trees: tuple[TreeView, ...] = ()
    """Turns to look into, best first."""
    sampled: NonNegativeInt = 0
    """Turns that were sampled, those that are not among `trees` included."""
    wavering: tuple[SlotForks, ...] = ()
    """The forks of all trees, not only of those that are drawn."""
    pairs: tuple[PreferencePair, ...] = ()
    """All pairs of the run: they are counted, and marked where their tree is shown."""
    checkpoints: dict[str, Checkpoint] = {}
    """By the policy's name: its method, and its round after the first (`dpo_2`)."""
    evaluation: Evaluation | None = None
    errors: tuple[ErrorShares, ...] = ()
    """By group and policy, in the order of the evaluation."""
    spreads: tuple[ScoreSpread, ...] = ()
    suites: tuple[SuiteResult, ...] = ()
    """Benchmarks that the run's policies were asked; the policies of one stand side by side."""
    other: OtherRun | None = None
    candidate_errors: dict[str, NonNegativeInt] = {}
    """Number of errors by kind over all sampled candidates."""
    facts: dict[str, str] = {}
    """Versions, seed, lines of the config."""
