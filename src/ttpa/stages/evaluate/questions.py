"""What a policy is asked, apart from its chat template; and which cases of two evaluations ask the same."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from ttpa.records.messages import Message
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolSpec


@dataclass(frozen=True, slots=True)
class SharedCases:
    """The cases of two evaluations that ask the same, and how many are left out."""

    ids: tuple[str, ...]
    """In the order of the first."""
    only_a: int
    """Cases whose id the second does not have."""
    only_b: int
    differing: int
    """Cases whose id both have, and which ask something else in each."""


def hash_question(history: Sequence[Message], tools: Sequence[ToolSpec]) -> str:
    """SHA-256 over the history and the tools on offer: the same for every tokenizer and template."""
    asked: JsonValue = {
        "history": [message.model_dump(mode="json") for message in history],
        "tools": [tool.model_dump(mode="json") for tool in tools],
    }
    return hashlib.sha256(canonical_json(asked).encode()).hexdigest()


def find_shared(a: Mapping[str, str], b: Mapping[str, str]) -> SharedCases:
    """The cases that ask the same in both, from the hash of each case's question by its id.

    Ids alone do not tell: constructed instructions are counted, so that runs of another seed, tool set or generator
    share ids and ask other questions.
    """
    same_id = [case_id for case_id in a if case_id in b]
    ids = tuple(case_id for case_id in same_id if a[case_id] == b[case_id])
    return SharedCases(ids, len(a) - len(same_id), len(b) - len(same_id), len(same_id) - len(ids))
