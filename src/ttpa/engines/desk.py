"""Where paid replies are kept and what they cost is counted: one place for all workers of a run."""

from pathlib import Path
from typing import Protocol

from ttpa.models.recorded_chat import ReplyStore
from ttpa.models.spending import Purse, Spending
from ttpa.records.costs import Budget, Prices
from ttpa.runs.journal import Journal


class Desk(Protocol):
    """A run's journal and its budget, as its workers reach them."""

    @property
    def replies(self) -> ReplyStore: ...

    @property
    def results(self) -> ReplyStore:
        """Of remote tools."""
        ...

    @property
    def spending(self) -> Purse: ...

    def close(self) -> None: ...


class LocalDesk:
    """The journal and the budget in this process."""

    def __init__(self, journal: Path, budget: Budget, prices: Prices) -> None:
        """What the journal holds counts as spent. Raises `RunError` where it cannot be used."""
        self._journal = Journal(journal)
        self.replies: ReplyStore = self._journal
        self.results: ReplyStore = self._journal.results
        self.spending = Spending(budget, prices, before=self._journal.spent())

    def close(self) -> None:
        self._journal.close()
