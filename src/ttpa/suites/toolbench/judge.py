"""A stated model as the judge, asked k times: whether an answer solves its query, and which of two is the better."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from ttpa.models.base import ChatModel
from ttpa.records.messages import SystemMessage, UserMessage
from ttpa.records.strict_json import InvalidJson, find_object

_PROMPTS = Path(__file__).with_name("prompts")
_SOLVED, _BETTER = "judge_solved.md", "judge_better.md"


class Judge:
    """Its judgements, and how many of its replies could not be read."""

    def __init__(self, model: ChatModel, judgements: int) -> None:
        self._model = model
        self._judgements = judgements
        self.asked = self.unreadable = 0

    @property
    def facts(self) -> dict[str, str]:
        """What pins it."""
        prompts = "".join((_PROMPTS / name).read_text(encoding="utf-8") for name in (_SOLVED, _BETTER))
        return {
            "judge": self._model.identity,
            "judgements": str(self._judgements),
            "judge's prompts": hashlib.sha256(prompts.encode()).hexdigest()[:16],
        }

    def solved(self, query: str, attempt: JsonValue) -> list[bool]:
        """Each readable judgement on one attempt."""
        asked: JsonValue = {"query": query, "attempt": attempt}
        said = self._ask(_SOLVED, asked)
        found = [reply.get("solved") for reply in said]
        return self._readable([each for each in found if isinstance(each, bool)], len(found))

    def first_is_better(self, query: str, first: JsonValue, second: JsonValue) -> list[bool]:
        """Each readable judgement on two attempts."""
        asked: JsonValue = {"query": query, "first": first, "second": second}
        said = self._ask(_BETTER, asked)
        found = [str(reply.get("better")) for reply in said]
        return self._readable([each == "first" for each in found if each in ("first", "second")], len(found))

    def _ask(self, prompt: str, asked: JsonValue) -> list[dict[str, JsonValue]]:
        told = SystemMessage(content=(_PROMPTS / prompt).read_text(encoding="utf-8"))
        question = UserMessage(content=json.dumps(asked, ensure_ascii=False))
        replies: list[dict[str, JsonValue]] = []
        for seed in range(self._judgements):
            self.asked += 1
            try:
                replies.append(find_object(self._model.chat([told, question], seed=seed).text))
            except InvalidJson:
                self.unreadable += 1
        return replies

    def _readable(self, kept: Sequence[bool], count: int) -> list[bool]:
        self.unreadable += count - len(kept)
        return list(kept)
