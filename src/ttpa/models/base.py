"""How we ask a model: messages in and text out (`ChatModel`), or tokens in and tokens out (`TokenModel`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ttpa.records.messages import AssistantMessage, Message
from ttpa.records.tools import ToolSpec


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What a chat model said, and what it cost."""

    text: str
    prompt_tokens: int | None = 0
    """None where the endpoint does not tell; the same for `completion_tokens`."""
    completion_tokens: int | None = 0


class ChatModel(Protocol):
    """A model behind messages: the generator of construction."""

    @property
    def identity(self) -> str:
        """What tells its replies from another model's: name and settings."""
        ...

    def chat(self, messages: Sequence[Message], *, seed: int) -> ChatReply:
        """The reply to `messages`. Raises `ModelError` when the model cannot be used at all."""
        ...


class ChatTokenizer(Protocol):
    """How a policy's dialogues become tokens and its tokens become text."""

    @property
    def end_ids(self) -> frozenset[int]:
        """Tokens that end an assistant turn."""
        ...

    def prompt_ids(self, history: Sequence[Message], tools: Sequence[ToolSpec]) -> tuple[int, ...]:
        """The tokens before an assistant turn, its opening included.

        Raises `DialogueRefused` where the chat template has no form for the dialogue; `turn_ids` does, too.
        """
        ...

    def turn_ids(
        self, history: Sequence[Message], tools: Sequence[ToolSpec], turn: AssistantMessage
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The prompt's tokens and those of `turn` as they would stand after them, its end token included.

        Raises `DialogueRefused` as well where the turn's own text holds the end token.
        """
        ...

    def text(self, token_ids: Sequence[int]) -> str:
        """The text of some tokens."""
        ...

    def pieces(self, token_ids: Sequence[int]) -> list[str]:
        """The text of each token: joined, they are the text of all; a character in parts goes to its last token."""
        ...


@dataclass(frozen=True, slots=True)
class Completion:
    """One turn, or what follows some tokens of it."""

    token_ids: tuple[int, ...]
    """End token included, where the turn was finished."""
    logprobs: tuple[float, ...]
    top: tuple[tuple[tuple[int, float], ...], ...]
    """At each position the most probable tokens with their log-probabilities, most probable first."""
    finished: bool
    entropies: tuple[float, ...] = ()
    """At each position that has `top`, of the whole distribution, in nats."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A dialogue as one sequence, and where the assistant's turns lie in it."""

    token_ids: tuple[int, ...]
    turns: tuple[tuple[int, int], ...]
    """Start and end of each turn, its end token included."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A request to say something else: keep the trunk up to `position`, force these tokens, go on greedily."""

    position: int
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    """Of the forced tokens, as the policy gave them."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A trunk and the branches that were grown from it."""

    trunk: Completion
    branches: tuple[tuple[Branch, Completion], ...]
    """Each completion holds what follows the trunk's first `position` tokens, the forced ones first."""
    prefilled: int
    """Tokens computed for it that it did not choose: of the prompt, of a given trunk, and of longer forced runs."""
    decoded: int
    """Tokens decoded for it."""


FindBranches = Callable[[int, Branch | None, Completion], Sequence[Branch]]
"""Given the index of a turn: where to branch its trunk, or, given a branch and what it became, where to branch anew.

The answer counts from the trunk in both cases: a branch of a branch forces the tokens between the two forks, too.
"""


class TokenModel(Protocol):
    """A model behind tokens: the policy."""

    @property
    def tokenizer(self) -> ChatTokenizer: ...

    @property
    def max_length(self) -> int:
        """Tokens that prompt and turn may have together."""
        ...

    def complete(self, prompts: Sequence[Sequence[int]], *, max_new_tokens: int) -> list[Completion]:
        """The greedy turn after each prompt, without `top`."""
        ...

    def grow(
        self, prompts: Sequence[Sequence[int]], find_branches: FindBranches, *, max_new_tokens: int, top_k: int
    ) -> list[Growth]:
        """The greedy turn after each prompt, then every branch that `find_branches` asks for, prompts computed once."""
        ...

    def grow_along(
        self, dialogues: Sequence[Dialogue], find_branches: FindBranches, *, max_new_tokens: int, top_k: int
    ) -> list[Growth]:
        """The given turns of all dialogues as trunks, in order, and their branches; each dialogue is computed once."""
        ...

    def draw(
        self,
        prompts: Sequence[Sequence[int]],
        count: int,
        *,
        temperature: float,
        seeds: Sequence[str],
        max_new_tokens: int,
    ) -> list[list[Completion]]:
        """`count` turns after each prompt, drawn at a temperature, prompts computed once.

        What is drawn depends on a prompt and its seed alone, not on the others. Log-probabilities are the policy's own,
        those at temperature 1.
        """
        ...
