"""Candidates -> one tree that stores each of their tokens once."""

from dataclasses import dataclass, field, replace

from ttpa.records.candidates import Fork, Leaf, Origin, Slot, Span


@dataclass(frozen=True, slots=True)
class Candidate:
    """A whole turn on its way into a tree."""

    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    text: str
    origin: Origin
    finished: bool
    fork: int | None = None
    slots: tuple[Slot, ...] = ()


class Tree:
    """Candidates in order of arrival, no two alike, and the forks on them."""

    def __init__(self) -> None:
        self.forks: list[Fork] = []
        self._candidates: list[Candidate] = []
        self._known: dict[tuple[int, ...], int] = {}
        self._known_forks: dict[tuple[int, ...], int] = {}
        """Forks by the tokens before them."""

    def begins_with(self, start: tuple[int, ...]) -> bool:
        """Whether a candidate begins with these tokens."""
        return any(candidate.token_ids[: len(start)] == start for candidate in self._candidates)

    def add(self, candidate: Candidate) -> int:
        """The index of its leaf; of the one that is there already, where another candidate has the same tokens."""
        index = self._known.setdefault(candidate.token_ids, len(self._candidates))
        if index == len(self._candidates):
            self._candidates.append(candidate)
        elif not self._candidates[index].slots:
            self._candidates[index] = replace(self._candidates[index], slots=candidate.slots)
        return index

    def add_fork(self, fork: Fork, leaf: int) -> int:
        """The index of the fork, which lies on the tokens of `leaf`; it is told of the first candidate that holds them.

        Where there is a fork after the same tokens already it is that one, with what is forced here besides.
        """
        ids = self._candidates[leaf].token_ids
        index = self._known_forks.setdefault(ids[: fork.position], len(self.forks))
        if index == len(self.forks):
            self.forks.append(fork.model_copy(update={"leaf": self._first_with(ids[: fork.position + 1])}))
            return index
        known = self.forks[index]
        own = self._candidates[known.leaf].token_ids[known.position]
        held = {own, *(each.token_id for each in known.alternatives)}
        forced = [*known.alternatives, *(each for each in fork.alternatives if each.token_id not in held)]
        forced.sort(key=lambda each: -each.logprob)
        self.forks[index] = known.model_copy(update={"alternatives": tuple(forced)})
        return index

    def _first_with(self, start: tuple[int, ...]) -> int:
        return next(i for i, candidate in enumerate(self._candidates) if candidate.token_ids[: len(start)] == start)

    def build(self) -> tuple[tuple[Span, ...], tuple[Leaf, ...]]:
        """Spans, parents before children, and leaves."""
        root = _Node()
        ends: list[_Node] = []
        for candidate in self._candidates:
            node = root
            for token_id, logprob in zip(candidate.token_ids, candidate.logprobs, strict=True):
                node = node.children.setdefault(token_id, _Node(token_id, logprob))
            node.is_end = True
            ends.append(node)
        spans: list[Span] = []
        waiting = [(child, None) for child in reversed(root.children.values())]
        found: dict[int, int] = {}
        stack: list[tuple[_Node, int | None]] = list(waiting)
        while stack:
            node, parent = stack.pop()
            run = [node]
            while not run[-1].is_end and len(run[-1].children) == 1:
                run.extend(run[-1].children.values())
            found[id(run[-1])] = len(spans)
            stack.extend((child, len(spans)) for child in reversed(run[-1].children.values()))
            spans.append(
                Span(
                    parent=parent,
                    token_ids=tuple(one.token_id for one in run),
                    logprobs=tuple(one.logprob for one in run),
                )
            )
        leaves = [
            Leaf(
                span=found[id(end)],
                text=candidate.text,
                origin=candidate.origin,
                fork=candidate.fork,
                finished=candidate.finished,
                slots=candidate.slots,
            )
            for candidate, end in zip(self._candidates, ends, strict=True)
        ]
        return tuple(spans), tuple(leaves)

    def __len__(self) -> int:
        return len(self._candidates)


@dataclass(slots=True)
class _Node:
    """One token of the trie."""

    token_id: int = -1
    logprob: float = 0.0
    children: "dict[int, _Node]" = field(default_factory=dict[int, "_Node"])
    is_end: bool = False
