"""A policy behind an engine that answers token prompts and keeps the prefixes that it has computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2s
from math import exp, isfinite, log
from typing import Protocol

from ttpa.models.base import Branch, ChatTokenizer, Completion, Dialogue, FindBranches, Growth
from ttpa.models.drafts import Draft
from ttpa.models.prompt_families import newly_read

Seen = tuple[float, tuple[tuple[int, float], ...]]
"""A token's own log-probability, and the most probable tokens at its place, most probable first."""


@dataclass(frozen=True, slots=True)
class Request:
    """Token ids to go on from."""

    token_ids: tuple[int, ...]
    max_new_tokens: int
    top_k: int = 0
    temperature: float = 0.0
    seed: int | None = None
    reads: bool = False
    """Whether the request's own tokens are to be seen, too."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an engine says to one request."""

    token_ids: tuple[int, ...]
    seen: tuple[Seen, ...]
    """Of each of these tokens."""
    read: tuple[Seen | None, ...] = ()
    """Of each token of the request, where that was asked for; the first has none."""


class TokenEngine(Protocol):
    """What answers requests: a vLLM server, or vLLM in this process."""

    @property
    def max_length(self) -> int:
        """Tokens that a request and its reply may have together."""
        ...

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """A reply to each request, in order. Raises `ModelError` where the engine cannot be used."""
        ...


class ServedModel:
    """A `TokenModel` over an engine; branches are new requests whose prefix the engine has computed before."""

    def __init__(self, tokenizer: ChatTokenizer, engine: TokenEngine) -> None:
        self.tokenizer = tokenizer
        self.max_length = engine.max_length - 1  # a turn is read by asking for one token after it
        self._engine = engine

    def complete(self, prompts: Sequence[Sequence[int]], *, max_new_tokens: int) -> list[Completion]:
        replies = self._engine.answer([Request(tuple(prompt), max_new_tokens) for prompt in prompts])
        return [self._completion(reply, max_new_tokens) for reply in replies]

    def draw(
        self,
        prompts: Sequence[Sequence[int]],
        count: int,
        *,
        temperature: float,
        seeds: Sequence[str],
        max_new_tokens: int,
    ) -> list[list[Completion]]:
        requests = [
            Request(tuple(prompt), max_new_tokens, temperature=temperature, seed=_number(f"{seed}/{number}"))
            for prompt, seed in zip(prompts, seeds, strict=True)
            for number in range(count)
        ]
        drawn = [self._completion(reply, max_new_tokens) for reply in self._engine.answer(requests)]
        return [drawn[start : start + count] for start in range(0, len(drawn), count)]

    def grow(
        self, prompts: Sequence[Sequence[int]], find_branches: FindBranches, *, max_new_tokens: int, top_k: int
    ) -> list[Growth]:
        replies = self._engine.answer([Request(tuple(prompt), max_new_tokens, top_k) for prompt in prompts])
        trunks = [self._completion(reply, max_new_tokens) for reply in replies]
        given = [tuple(prompt) for prompt in prompts]
        return self._grow(given, trunks, newly_read(given), find_branches, max_new_tokens, top_k)

    def grow_along(
        self, dialogues: Sequence[Dialogue], find_branches: FindBranches, *, max_new_tokens: int, top_k: int
    ) -> list[Growth]:
        replies = self._engine.answer([Request(dialogue.token_ids, 1, top_k, reads=True) for dialogue in dialogues])
        prompts: list[tuple[int, ...]] = []
        trunks: list[Completion] = []
        computed: list[int] = []
        for dialogue, reply in zip(dialogues, replies, strict=True):
            known = 0
            for start, end in dialogue.turns:
                prompts.append(dialogue.token_ids[:start])
                draft = Draft(end - start)
                self._extend(draft, dialogue.token_ids[start:end], [seen for seen in reply.read[start:end] if seen])
                trunks.append(draft.completion())
                computed.append(end - known)
                known = end
        grown = self._grow(prompts, trunks, computed, find_branches, max_new_tokens, top_k)
        return [
            Growth(growth.trunk, growth.branches, growth.prefilled, growth.decoded - len(growth.trunk.token_ids))
            for growth in grown
        ]

    def _grow(
        self,
        prompts: list[tuple[int, ...]],
        trunks: list[Completion],
        computed: list[int],
        find_branches: FindBranches,
        max_new_tokens: int,
        top_k: int,
    ) -> list[Growth]:
        """All branches, those on branches after those on trunks."""
        grown: list[list[tuple[Branch, Completion]]] = [[] for _ in trunks]
        wanted = [(i, branch) for i, trunk in enumerate(trunks) for branch in find_branches(i, None, trunk)]
        while wanted:
            drafts = [self._begin(trunks[i], branch, max_new_tokens) for i, branch in wanted]
            open_ones = [place for place, draft in enumerate(drafts) if draft.is_open]
            requests: list[Request] = []
            for place in open_ones:
                i, branch = wanted[place]
                said = (*prompts[i], *trunks[i].token_ids[: branch.position], *branch.token_ids)
                requests.append(Request(said, drafts[place].limit - len(branch.token_ids), top_k))
            for place, reply in zip(open_ones, self._engine.answer(requests) if requests else [], strict=True):
                self._extend(drafts[place], reply.token_ids, reply.seen)
            found = [draft.completion() for draft in drafts]
            for (i, branch), completion in zip(wanted, found, strict=True):
                grown[i].append((branch, completion))
            wanted = [
                (i, further)
                for (i, branch), completion in zip(wanted, found, strict=True)
                for further in find_branches(i, branch, completion)
            ]
        return [
            Growth(
                trunk=trunk,
                branches=tuple(branches),
                prefilled=length + sum(len(branch.token_ids) - 1 for branch, _ in branches),
                decoded=len(trunk.token_ids)
                + sum(len(completion.token_ids) - len(branch.token_ids) for branch, completion in branches),
            )
            for trunk, branches, length in zip(trunks, grown, computed, strict=True)
        ]

    def _begin(self, trunk: Completion, branch: Branch, max_new_tokens: int) -> Draft:
        """The forced tokens of a branch."""
        assert branch.position < len(trunk.token_ids), "a branch leaves its trunk before the end"
        draft = Draft(max_new_tokens - branch.position)
        for token_id, logprob in zip(branch.token_ids, branch.logprobs, strict=True):
            draft.add(token_id, logprob, self.tokenizer.end_ids)
        return draft

    def _completion(self, reply: Reply, max_new_tokens: int) -> Completion:
        draft = Draft(max_new_tokens)
        self._extend(draft, reply.token_ids, reply.seen)
        return draft.completion()

    def _extend(self, draft: Draft, token_ids: Sequence[int], seen: Sequence[Seen]) -> None:
        for token_id, (logprob, top) in zip(token_ids, seen, strict=True):
            draft.add(token_id, logprob, self.tokenizer.end_ids, top=top, entropy=_entropy(top))


def _entropy(top: Sequence[tuple[int, float]]) -> float:
    """Of a distribution of which only the most probable tokens are known; the others count as one."""
    shares = [exp(logprob) for _, logprob in top if isfinite(logprob)]
    shares.append(max(0.0, 1.0 - sum(shares)))
    return -sum(share * log(share) for share in shares if share > 0)


def _number(seed: str) -> int:
    """A seed as engines take it."""
    return int.from_bytes(blake2s(seed.encode(), digest_size=4).digest(), "big")
