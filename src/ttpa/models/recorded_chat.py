"""A chat model whose replies are journaled before they are used, and replayed where they were paid for before."""

import json
from collections.abc import Sequence
from typing import Protocol

from ttpa.models.base import ChatModel, ChatReply
from ttpa.records.messages import Message
from ttpa.records.strict_json import canonical_json


class ReplyStore(Protocol):
    """Where replies are kept: a run's journal."""

    def find(self, question: str) -> str | None: ...

    def keep(self, question: str, reply: str) -> None: ...


class ForgetfulStore:
    """Keeps nothing: for a try that belongs to no run."""

    def find(self, question: str) -> str | None:
        """Never a reply."""

    def keep(self, question: str, reply: str) -> None:
        """Forgets it."""


class RecordedChatModel:
    """Asks `model` only what `store` holds no reply for."""

    def __init__(self, model: ChatModel, store: ReplyStore) -> None:
        self._model = model
        self._store = store
        self.identity = model.identity

    def chat(self, messages: Sequence[Message], *, seed: int) -> ChatReply:
        question = canonical_json([self.identity, seed, [message.model_dump(mode="json") for message in messages]])
        kept = self._store.find(question)
        if kept is None:
            reply = self._model.chat(messages, seed=seed)
            kept = json.dumps([reply.text, reply.prompt_tokens, reply.completion_tokens])
            self._store.keep(question, kept)
            kept = self._store.find(question) or kept  # one that was asked at the same time may have come first
        text, prompt_tokens, completion_tokens = json.loads(kept)
        return ChatReply(text, prompt_tokens, completion_tokens)
