"""Sample: decision points -> candidate trees (METHOD: token-level preference sampling).

The trunk is the policy's own greedy turn, or the reference turn as the policy sees it; where the policy wavers, the
other token is forced and the turn goes on greedily. Two baselines stand beside it: whole turns drawn at a temperature,
the released code's way, and forks at random positions.
"""

import math
from collections.abc import Sequence
from random import Random
from typing import Literal

from pydantic import Field

from ttpa.dialects.base import Dialect
from ttpa.errors import DialogueRefused
from ttpa.models.base import Branch, Completion, Growth, TokenModel
from ttpa.models.prompt_families import newly_read
from ttpa.records.candidates import CandidateTree, Fork, Origin, SampleCost, Slot
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import DecisionPoint
from ttpa.records.record import Record
from ttpa.stages.sample.dialogues import join_turns
from ttpa.stages.sample.forks import ForkRules, draw_forks, find_forks
from ttpa.stages.sample.slots import label_tokens
from ttpa.stages.sample.tree import Candidate, Tree


class SampleConfig(Record):
    """Which decision points are sampled, and how."""

    points: int = Field(default=1000, ge=1)
    """Decision points at most, drawn from the `train` split by the run's seed."""
    strategy: Literal["tokens", "whole", "random"] = "tokens"
    """Forks where the policy wavers; or, to compare with, whole turns drawn at a temperature, or forks anywhere."""
    trunk: Literal["policy", "reference", "both"] = "policy"
    """What is forked: the policy's greedy turn, the reference turn, or both."""
    forks: ForkRules = ForkRules()
    completions: int = Field(default=5, ge=1)
    """Turns that are drawn at each point by the strategy `whole`."""
    temperature: float = Field(default=1.0, gt=0)
    """At which they are drawn."""
    max_new_tokens: int = Field(default=160, ge=1)
    """Tokens of a turn at most."""
    batch: int = Field(default=64, ge=1)
    """Decision points that are handed to the model together."""


def sample(
    points: Sequence[DecisionPoint], *, model: TokenModel, dialect: Dialect, config: SampleConfig, seed: int = 0
) -> list[CandidateTree | Discard]:
    """A candidate tree for each decision point, in order, or a discard with its reason.

    What is drawn at random depends on the seed and the point's id, not on the other points.
    """
    sampler = _Sampler(points, model, dialect, config, seed)
    if config.strategy == "whole":
        sampler.draw()
    else:
        if config.trunk != "reference":
            sampler.grow()
        if config.trunk != "policy":
            sampler.grow_along()
    return sampler.outcomes()


class _Sampler:
    """One call of `sample`."""

    def __init__(
        self, points: Sequence[DecisionPoint], model: TokenModel, dialect: Dialect, config: SampleConfig, seed: int
    ) -> None:
        self._points = points
        self._model = model
        self._dialect = dialect
        self._config = config
        self._seed = seed
        self._problems: dict[int, tuple[DiscardReason, str]] = {}
        self._prompts = [self._read(index) for index in range(len(points))]
        self._trees = [Tree() for _ in points]
        self._prefilled = [0] * len(points)
        self._decoded = [0] * len(points)
        for index, prompt in enumerate(self._prompts):
            if index not in self._problems and len(prompt) + config.max_new_tokens > model.max_length:
                detail = f"{len(prompt)} prompt tokens and {config.max_new_tokens} new ones; {model.max_length} fit"
                self._problems[index] = DiscardReason.CONTEXT_OVERFLOW, detail

    def _read(self, index: int) -> tuple[int, ...]:
        """The prompt's tokens; none where the template refuses the dialogue."""
        point = self._points[index]
        try:
            return self._model.tokenizer.prompt_ids(point.history, point.tools)
        except DialogueRefused as error:
            self._problems[index] = DiscardReason.REFUSED_BY_TEMPLATE, str(error)
            return ()

    def grow(self) -> None:
        """Trunks that the policy says, with their branches."""
        fitting = self._fitting()
        searches = self._searches(fitting)
        growths = self._model.grow(
            [self._prompts[i] for i in fitting],
            lambda order, branch, said: searches[order].find(branch, said),
            max_new_tokens=self._config.max_new_tokens,
            top_k=self._config.forks.alternatives + 1,
        )
        for index, search, growth in zip(fitting, searches, growths, strict=True):
            self._add_growth(index, search, growth, "policy")

    def grow_along(self) -> None:
        """Reference turns as trunks, whole dialogues at once, with their branches."""
        tokenizer = self._model.tokenizer
        given: list[int] = []
        turns: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        for index in self._fitting():
            point = self._points[index]
            reference = point.reference_turn()
            if not reference.tool_calls and not reference.content:
                if self._config.trunk == "reference":
                    detail = "no call is due and the data holds no text: there is no reference turn"
                    self._problems[index] = DiscardReason.NO_CANDIDATE, detail
                continue
            try:
                prompt, turn = tokenizer.turn_ids(point.history, point.tools, reference)
            except DialogueRefused as error:
                if self._config.trunk == "reference":
                    self._problems[index] = DiscardReason.REFUSED_BY_TEMPLATE, str(error)
                continue
            if len(turn) > self._config.max_new_tokens:
                if self._config.trunk == "reference":
                    detail = (
                        f"the reference turn has {len(turn)} tokens; at most {self._config.max_new_tokens} may be said"
                    )
                    self._problems[index] = DiscardReason.CONTEXT_OVERFLOW, detail
                continue
            given.append(index)
            turns.append((prompt, turn))
        searches = self._searches(given)
        growths = self._model.grow_along(
            join_turns(turns),
            lambda order, branch, said: searches[order].find(branch, said),
            max_new_tokens=self._config.max_new_tokens,
            top_k=self._config.forks.alternatives + 1,
        )
        for index, search, growth in zip(given, searches, growths, strict=True):
            self._add_growth(index, search, growth, "reference")

    def draw(self) -> None:
        """Whole turns at a temperature."""
        fitting = self._fitting()
        drawn = self._model.draw(
            [self._prompts[i] for i in fitting],
            self._config.completions,
            temperature=self._config.temperature,
            seeds=[f"{self._seed}/{self._points[i].id}" for i in fitting],
            max_new_tokens=self._config.max_new_tokens,
        )
        computed = newly_read([self._prompts[i] for i in fitting])
        for index, tokens, completions in zip(fitting, computed, drawn, strict=True):
            self._prefilled[index] += tokens
            self._decoded[index] += sum(len(completion.token_ids) for completion in completions)
            for completion in completions:
                if _is_finite(completion):
                    self._trees[index].add(self._candidate(completion.token_ids, completion, "drawn"))

    def outcomes(self) -> list[CandidateTree | Discard]:
        """A tree or a discard for each point."""
        return [self._outcome(index) for index in range(len(self._points))]

    def _outcome(self, index: int) -> CandidateTree | Discard:
        point, tree = self._points[index], self._trees[index]
        problem = self._problems.get(index)
        if problem is None and not len(tree):
            problem = DiscardReason.NO_CANDIDATE, "the policy's log-probabilities are not finite"
        if problem is not None:
            return Discard(id=point.id, stage="sample", reason=problem[0], detail=problem[1])
        spans, leaves = tree.build()
        return CandidateTree(
            id=point.id,
            instruction_id=point.instruction_id,
            turn=point.turn,
            prompt_ids=self._prompts[index],
            spans=spans,
            leaves=leaves,
            forks=tuple(tree.forks),
            cost=SampleCost(prefilled=self._prefilled[index], decoded=self._decoded[index]),
        )

    def _fitting(self) -> list[int]:
        return [index for index in range(len(self._points)) if index not in self._problems]

    def _searches(self, indices: Sequence[int]) -> list["_Search"]:
        return [
            _Search(self._points[i].id, self._model, self._dialect, self._config, self._seed, self._trees[i])
            for i in indices
        ]

    def _add_growth(self, index: int, search: "_Search", growth: Growth, origin: Origin) -> None:
        """The trunk, then the branches, each below the fork that it left."""
        self._prefilled[index] += growth.prefilled
        self._decoded[index] += growth.decoded
        tree, trunk = self._trees[index], growth.trunk
        if not _is_finite(trunk):
            return
        fork_ids: dict[tuple[Branch | None, int], int] = {}

        def add_forks(branch: Branch | None, leaf: int) -> None:
            for number, fork in enumerate(search.forks.get(branch, ())):
                fork_ids[branch, number] = tree.add_fork(fork, leaf)

        slots = search.slots[None]
        add_forks(None, tree.add(self._candidate(trunk.token_ids, trunk, origin, slots=slots)))
        for branch, completion in growth.branches:
            fork = fork_ids.get(search.parents[branch])
            if fork is None or not _is_finite(completion):
                continue  # what is not finite cannot be ranked, and neither can what grew on it
            turn_ids = (*trunk.token_ids[: branch.position], *completion.token_ids)
            logprobs = (*trunk.logprobs[: branch.position], *completion.logprobs)
            whole = Completion(turn_ids, logprobs, (), completion.finished)
            slots = search.slots.get(branch, ())
            leaf = tree.add(self._candidate(turn_ids, whole, "branch", fork=fork, slots=slots))
            add_forks(branch, leaf)

    def _candidate(
        self,
        token_ids: tuple[int, ...],
        completion: Completion,
        origin: Origin,
        *,
        fork: int | None = None,
        slots: tuple[Slot, ...] = (),
    ) -> Candidate:
        spoken = token_ids[:-1] if completion.finished else token_ids
        text = self._model.tokenizer.text(spoken)
        return Candidate(token_ids, completion.logprobs, text, origin, completion.finished, fork, slots)


class _Search:
    """The search for forks on one trunk and its branches, and what it found."""

    def __init__(
        self, point_id: str, model: TokenModel, dialect: Dialect, config: SampleConfig, seed: int, tree: Tree
    ) -> None:
        """`tree` holds what was found at this point before, on another trunk."""
        self._model = model
        self._dialect = dialect
        self._rules = config.forks
        self._rng = Random(f"{seed}/{point_id}/forks") if config.strategy == "random" else None
        self._tree = tree
        self._trunk: Completion | None = None
        self.slots: dict[Branch | None, tuple[Slot, ...]] = {}
        self.forks: dict[Branch | None, list[Fork]] = {}
        """Those on the trunk, and those on a branch."""
        self.parents: dict[Branch, tuple[Branch | None, int]] = {}
        """Where a branch left: on the trunk or on a branch, and at which of the forks there."""

    def find(self, branch: Branch | None, said: Completion) -> list[Branch]:
        """Where to branch the trunk, or a branch of it; a branch of a branch has no more of them."""
        if branch is None:
            self._trunk = said
        assert self._trunk is not None, "a trunk comes before its branches"
        is_last = branch is not None and (self._rules.depth == 1 or self.parents[branch][0] is not None)
        if is_last or not _is_finite(said):
            self.slots.setdefault(branch, ())
            return []
        start = branch.position if branch else 0
        turn = said if branch is None else _prepend(self._trunk, start, said)
        slots = label_tokens(self._model.tokenizer.pieces(turn.token_ids), self._dialect, finished=turn.finished)
        if self._rng is not None:
            forks = [] if branch else draw_forks(turn, slots, self._rules, self._rng)
        elif branch is None:
            forks = find_forks(turn, slots, self._rules)
        else:
            forks = find_forks(turn, slots, self._rules, start=start + len(branch.token_ids), most=1)
        self.slots[branch], self.forks[branch] = slots, forks
        grown: list[Branch] = []
        for number, fork in enumerate(forks):
            kept = slice(start, fork.position)
            for other in fork.alternatives:
                if self._tree.begins_with((*turn.token_ids[: fork.position], other.token_id)):
                    continue  # what follows these tokens greedily is there already
                forced = (*turn.token_ids[kept], other.token_id)
                logprobs = (*turn.logprobs[kept], other.logprob)
                one = (
                    Branch(fork.position, forced[-1:], logprobs[-1:])
                    if branch is None
                    else Branch(start, forced, logprobs)
                )
                self.parents[one] = branch, number
                grown.append(one)
        return grown


def _prepend(trunk: Completion, length: int, said: Completion) -> Completion:
    """The whole turn of a branch; the trunk's part is looked at no more."""
    nothing = ((),) * length
    return Completion(
        (*trunk.token_ids[:length], *said.token_ids),
        (*trunk.logprobs[:length], *said.logprobs),
        (*nothing, *said.top),
        said.finished,
        ((0.0,) * length) + said.entropies,
    )


def _is_finite(completion: Completion) -> bool:
    return all(math.isfinite(logprob) for logprob in completion.logprobs)
