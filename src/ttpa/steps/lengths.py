"""What the limit on length keeps and loses of a training's data, counted in full before the first step."""

from collections.abc import Sequence
from dataclasses import dataclass

from ttpa.records.counted import counted


@dataclass(frozen=True, slots=True)
class LengthAccount:
    """Sequences of a training against `train.max_length`: what is longer is left out whole, nothing is cut."""

    noun: str
    """What they are, in the plural."""
    limit: int
    lengths: Sequence[int]
    """Of each sequence, in tokens."""

    @property
    def lost(self) -> int:
        """How many are left out."""
        return sum(length > self.limit for length in self.lengths)

    @property
    def longest_kept(self) -> int:
        """Tokens of the longest that is within the limit."""
        return max((length for length in self.lengths if length <= self.limit), default=0)

    @property
    def text(self) -> str:
        """The account in words, with the value of the limit that loses nothing."""
        longest, tokens = max(self.lengths, default=0), sum(self.lengths)
        if not self.lost:
            kept = f"{counted(len(self.lengths), self.noun)} of {tokens} tokens, the longest of {longest}"
            return f"nothing is lost at train.max_length = {self.limit}: {kept}"
        gone = sum(length for length in self.lengths if length > self.limit)
        share = f"{self.lost} of {len(self.lengths)} {self.noun} ({100 * gone / tokens:.1f} % of the tokens)"
        longer = "is longer" if self.lost == 1 else "are longer"
        return f"{share} {longer} than train.max_length = {self.limit}; {longest} loses nothing"
