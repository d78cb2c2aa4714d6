"""Models that say what a script says: for tests, examples, and for trying a run without a model."""

import math
from collections.abc import Callable, Mapping, Sequence

from ttpa.dialects import DIALECTS, Dialect
from ttpa.errors import ModelError
from ttpa.models.base import Branch, ChatReply, Completion, FindBranches, Growth
from ttpa.records.messages import AssistantMessage, Message, as_openai
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolSpec


class ScriptedChatModel:
    """A chat model that answers by a function of the messages and the seed."""

    def __init__(self, answer: Callable[[Sequence[Message], int], str], identity: str = "scripted") -> None:
        self._answer = answer
        self.identity = identity

    def chat(self, messages: Sequence[Message], *, seed: int) -> ChatReply:
        text = self._answer(messages, seed)
        return ChatReply(text, sum(len(message.content) for message in messages), len(text))


class CharacterTokenizer:
    """One token a character, its code point; token 0 ends a turn."""

    end_ids = frozenset({0})

    def __init__(self, dialect: Dialect = DIALECTS["hermes"]) -> None:
        self._dialect = dialect

    def prompt_ids(self, history: Sequence[Message], tools: Sequence[ToolSpec]) -> tuple[int, ...]:
        prompt = canonical_json([[tool.as_openai() for tool in tools], list(as_openai(history))])
        return tuple(ord(character) for character in prompt + "\n")

    def turn_ids(
        self, history: Sequence[Message], tools: Sequence[ToolSpec], turn: AssistantMessage
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return self.prompt_ids(history, tools), (*map(ord, self._dialect.write_turn(turn)), 0)

    def pieces(self, token_ids: Sequence[int]) -> list[str]:
        return [chr(token_id) if token_id else "" for token_id in token_ids]


class ScriptedTokenModel:
    """A policy that gives each prompt a few possible turns with their weights.

    The probability of a token is the weight of the turns that go on with it, among those that agree with what was
    said so far; where none agrees, the turn ends. So it wavers exactly where its turns part.
    """

    def __init__(
        self,
        turns: Callable[[str], Mapping[str, float]],
        *,
        dialect: Dialect = DIALECTS["hermes"],
        max_length: int = 10**6,
    ) -> None:
        """`turns` maps a prompt's text to `{turn text: weight}`."""
        self._turns = turns
        self.tokenizer = CharacterTokenizer(dialect)
        self.max_length = max_length

    def complete(self, prompts: Sequence[Sequence[int]], *, max_new_tokens: int) -> list[Completion]:
        return [self._continue(self._script(prompt), (), max_new_tokens, 0) for prompt in prompts]

    def grow(
        self, prompts: Sequence[Sequence[int]], find_branches: FindBranches, *, max_new_tokens: int, top_k: int
    ) -> list[Growth]:
        growths: list[Growth] = []
        for index, prompt in enumerate(prompts):
            script = self._script(prompt)
            trunk = self._continue(script, (), max_new_tokens, top_k)
            grown: list[tuple[Branch, Completion]] = []
            for branch in find_branches(index, trunk):
                prefix = (*trunk.token_ids[: branch.position], branch.token_id)
                rest = self._continue(script, prefix, max_new_tokens - len(prefix), 0)
                completion = Completion(
                    (branch.token_id, *rest.token_ids),
                    (branch.logprob, *rest.logprobs),
                    (),
                    rest.finished or branch.token_id == 0,
                )
                grown.append((branch, completion))
            decoded = len(trunk.token_ids) + sum(len(completion.token_ids) - 1 for _, completion in grown)
            growths.append(Growth(trunk, tuple(grown), len(prompt), decoded))
        return growths

    def _script(self, prompt: Sequence[int]) -> dict[tuple[int, ...], float]:
        text = "".join(chr(token_id) for token_id in prompt)
        script = {(*(ord(c) for c in turn), 0): weight for turn, weight in self._turns(text).items()}
        if not script:
            raise ModelError(f"the script has no turn for the prompt that ends in {text[-60:]!r}")
        return script

    @staticmethod
    def _continue(
        script: Mapping[tuple[int, ...], float], prefix: tuple[int, ...], max_new_tokens: int, top_k: int
    ) -> Completion:
        said = prefix
        logprobs: list[float] = []
        top: list[tuple[tuple[int, float], ...]] = []
        while (not said or said[-1] != 0) and len(logprobs) < max_new_tokens:
            weights: dict[int, float] = {}
            for turn, weight in script.items():
                if turn[: len(said)] == said:
                    weights[turn[len(said)]] = weights.get(turn[len(said)], 0.0) + weight
            total = sum(weights.values())
            ranked = sorted(((t, math.log(w / total)) for t, w in weights.items()), key=lambda tw: (-tw[1], tw[0]))
            ranked = ranked or [(0, 0.0)]
            said = (*said, ranked[0][0])
            logprobs.append(ranked[0][1])
            top.append(tuple(ranked[:top_k]))
        finished = bool(said) and said[-1] == 0
        return Completion(said[len(prefix) :], tuple(logprobs), tuple(top) if top_k else (), finished)
