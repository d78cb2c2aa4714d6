"""Preference pairs, on token ids: two turns that part at one token."""

from typing import Literal

from ttpa.records.candidates import SlotKind
from ttpa.records.record import Record
from ttpa.records.scores import CallError


class PreferencePair(Record):
    """A chosen and a rejected turn for one prompt.

    The chosen turn is `shared_ids + chosen_ids`, the rejected one `shared_ids + rejected_ids`; the first tokens of
    the two rests differ, so the DPO gradient starts there (METHOD: the shared prefix cancels in the margin). What both
    turns end with alike may be left out (`pair.tail`).
    """

    id: str
    instruction_id: str
    tree_id: str
    prompt_ids: tuple[int, ...]
    shared_ids: tuple[int, ...]
    chosen_ids: tuple[int, ...]
    rejected_ids: tuple[int, ...]
    chosen_from: Literal["candidate", "reference"]
    """Whether the policy found the chosen turn itself."""
    slot: SlotKind | None
    """What the trunk's token spells where the rejected turn branched; none where the trunk itself is rejected."""
    chosen_score: float
    rejected_score: float
    rejected_logprob: float
    """Of the rejected turn under the policy that was sampled, in nats."""
    rejected_errors: tuple[CallError, ...]

    @property
    def length(self) -> int:
        """Tokens of the longer of the two sequences."""
        return len(self.prompt_ids) + len(self.shared_ids) + max(len(self.chosen_ids), len(self.rejected_ids))

    @property
    def margin(self) -> float:
        """By how much the chosen turn scores higher."""
        return self.chosen_score - self.rejected_score
