"""Turns that branches fork from, with the keys and values that the branches share."""

from dataclasses import dataclass

from ttpa.models.base import Branch, Completion, Growth
from ttpa.models.transformers_rows import Place


@dataclass(frozen=True, slots=True)
class Trunk:
    """A turn whose keys and values are still at hand."""

    index: int
    """Of the turn, as the caller counts."""
    start: Place
    """Of its first token."""
    said: Completion
    computed: int
    """Tokens that were computed for it: of its prompt, and its own where it was given."""
    is_given: bool

    def place(self, position: int) -> Place:
        """The place of one of its tokens."""
        start = self.start
        return Place(start.rows, start.row, start.column + position, start.position + position)

    def growth(self, branches: list[tuple[Branch, Completion]]) -> Growth:
        """What became of it and of its branches, and the tokens that were computed for both."""
        decoded = sum(len(completion.token_ids) - len(branch.token_ids) for branch, completion in branches)
        return Growth(
            trunk=self.said,
            branches=tuple(branches),
            prefilled=self.computed + sum(len(branch.token_ids) - 1 for branch, _ in branches),
            decoded=decoded + (0 if self.is_given else len(self.said.token_ids)),
        )
