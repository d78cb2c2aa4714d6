"""A turn in the making, token by token."""

from dataclasses import dataclass, field

from ttpa.models.base import Completion


@dataclass(slots=True)
class Draft:
    """What was said so far."""

    limit: int
    """Tokens it may have."""
    token_ids: list[int] = field(default_factory=list[int])
    logprobs: list[float] = field(default_factory=list[float])
    top: list[tuple[tuple[int, float], ...]] = field(default_factory=list[tuple[tuple[int, float], ...]])
    entropies: list[float] = field(default_factory=list[float])
    is_open: bool = True
    """Whether it may go on."""
    finished: bool = False

    def add(
        self,
        token_id: int,
        logprob: float,
        end_ids: frozenset[int],
        *,
        top: tuple[tuple[int, float], ...] = (),
        entropy: float = 0.0,
    ) -> None:
        """One token more."""
        self.token_ids.append(token_id)
        self.logprobs.append(logprob)
        self.top.append(top)
        self.entropies.append(entropy)
        self.finished = token_id in end_ids
        self.is_open = not self.finished and len(self.token_ids) < self.limit

    def completion(self) -> Completion:
        """The turn as it stands."""
        is_seen = any(self.top)
        return Completion(
            tuple(self.token_ids),
            tuple(self.logprobs),
            tuple(self.top) if is_seen else (),
            self.finished,
            tuple(self.entropies) if is_seen else (),
        )
