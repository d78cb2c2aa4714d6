"""Models that say what a script says: for tests, examples, and for trying a run without a model."""

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random

from ttpa.dialects import DIALECTS, Dialect
from ttpa.errors import ModelError
from ttpa.models.base import Branch, ChatReply, Completion, Dialogue, FindBranches, Growth
from ttpa.models.drafts import Draft
from ttpa.models.prompt_families import newly_read
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

    def text(self, token_ids: Sequence[int]) -> str:
        return "".join(self.pieces(token_ids))

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
        trunks = [self._continue(self._script(prompt), (), max_new_tokens, top_k) for prompt in prompts]
        return [
            self._grow(index, prompt, trunk, find_branches, max_new_tokens, top_k, computed=computed, is_given=False)
            for index, (prompt, trunk, computed) in enumerate(zip(prompts, trunks, newly_read(prompts), strict=True))
        ]

    def grow_along(
        self, dialogues: Sequence[Dialogue], find_branches: FindBranches, *, max_new_tokens: int, top_k: int
    ) -> list[Growth]:
        grown: list[Growth] = []
        for dialogue in dialogues:
            known = 0
            for start, end in dialogue.turns:
                prompt, turn = dialogue.token_ids[:start], dialogue.token_ids[start:end]
                trunk = self._see(self._script(prompt), turn, top_k)
                growth = self._grow(
                    len(grown), prompt, trunk, find_branches, max_new_tokens, top_k, computed=end - known, is_given=True
                )
                grown.append(growth)
                known = end
        return grown

    def draw(
        self,
        prompts: Sequence[Sequence[int]],
        count: int,
        *,
        temperature: float,
        seeds: Sequence[str],
        max_new_tokens: int,
    ) -> list[list[Completion]]:
        drawn: list[list[Completion]] = []
        for prompt, seed in zip(prompts, seeds, strict=True):
            script = self._script(prompt)
            weights = [weight ** (1 / temperature) for weight in script.values()]
            turns = Random(seed).choices(list(script), weights, k=count)
            drawn.append([self._see(script, turn[:max_new_tokens], 0) for turn in turns])
        return drawn

    def _grow(
        self,
        index: int,
        prompt: Sequence[int],
        trunk: Completion,
        find_branches: FindBranches,
        max_new_tokens: int,
        top_k: int,
        *,
        computed: int,
        is_given: bool,
    ) -> Growth:
        script = self._script(prompt)
        grown: list[tuple[Branch, Completion]] = []
        wanted = list(find_branches(index, None, trunk))
        while wanted:
            found: list[tuple[Branch, Completion]] = []
            for branch in wanted:
                prefix = (*trunk.token_ids[: branch.position], *branch.token_ids)
                rest = self._continue(script, prefix, max_new_tokens - len(prefix), top_k)
                forced = len(branch.token_ids)
                completion = Completion(
                    (*branch.token_ids, *rest.token_ids),
                    (*branch.logprobs, *rest.logprobs),
                    (*((),) * forced, *rest.top) if rest.top else (),
                    rest.finished or branch.token_ids[-1] == 0,
                    (*(0.0,) * forced, *rest.entropies) if rest.top else (),
                )
                found.append((branch, completion))
            grown.extend(found)
            wanted = [more for branch, completion in found for more in find_branches(index, branch, completion)]
        decoded = sum(len(completion.token_ids) - len(branch.token_ids) for branch, completion in grown)
        again = sum(len(branch.token_ids) - 1 for branch, _ in grown)
        own = 0 if is_given else len(trunk.token_ids)
        return Growth(trunk, tuple(grown), computed + again, decoded + own)

    def _script(self, prompt: Sequence[int]) -> dict[tuple[int, ...], float]:
        text = "".join(chr(token_id) for token_id in prompt)
        script = {(*(ord(c) for c in turn), 0): weight for turn, weight in self._turns(text).items()}
        if not script:
            raise ModelError(f"the script has no turn for the prompt that ends in {text[-60:]!r}")
        return script

    @staticmethod
    def _rank(script: Mapping[tuple[int, ...], float], said: tuple[int, ...]) -> list[tuple[int, float]]:
        """What may follow, with log-probabilities, most probable first."""
        weights: dict[int, float] = {}
        for turn, weight in script.items():
            if turn[: len(said)] == said and len(turn) > len(said):
                weights[turn[len(said)]] = weights.get(turn[len(said)], 0.0) + weight
        total = sum(weights.values())
        ranked = sorted(((t, math.log(w / total)) for t, w in weights.items()), key=lambda tw: (-tw[1], tw[0]))
        return ranked or [(0, 0.0)]

    def _continue(
        self, script: Mapping[tuple[int, ...], float], prefix: tuple[int, ...], max_new_tokens: int, top_k: int
    ) -> Completion:
        """The greedy turn after `prefix`."""
        draft = Draft(max_new_tokens)
        said = prefix
        while draft.is_open and max_new_tokens > 0 and (not said or said[-1] != 0):
            ranked = self._rank(script, said)
            said = (*said, ranked[0][0])
            draft.add(*ranked[0], self.tokenizer.end_ids, top=tuple(ranked[:top_k]), entropy=_entropy(ranked))
        return draft.completion()

    def _see(self, script: Mapping[tuple[int, ...], float], turn: tuple[int, ...], top_k: int) -> Completion:
        """A given turn, as the script sees it; what the script would never say has a log-probability of -50."""
        draft = Draft(len(turn))
        for place, token_id in enumerate(turn):
            ranked = self._rank(script, turn[:place])
            own = dict(ranked).get(token_id, -50.0)
            draft.add(token_id, own, self.tokenizer.end_ids, top=tuple(ranked[:top_k]), entropy=_entropy(ranked))
        return draft.completion()


def _entropy(ranked: Sequence[tuple[int, float]]) -> float:
    return -sum(math.exp(logprob) * logprob for _, logprob in ranked)
