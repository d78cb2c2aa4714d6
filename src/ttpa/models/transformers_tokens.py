"""A policy run by transformers in this process: turns, and branches of turns, on shared KV caches."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Sequence
from random import Random
from typing import Self

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from ttpa.errors import ModelError
from ttpa.models.base import Branch, Completion, Dialogue, FindBranches, Growth
from ttpa.models.drafts import Draft
from ttpa.models.prompt_families import batches, newly_read
from ttpa.models.transformers_context import context_of
from ttpa.models.transformers_layers import require_branches
from ttpa.models.transformers_reading import feed, read
from ttpa.models.transformers_rows import Place, Rows, branch_off, join
from ttpa.models.transformers_sharing import share_prefixes
from ttpa.models.transformers_tokenizer import TemplateKwargs, TransformersTokenizer
from ttpa.models.transformers_trunks import Trunk

ChooseTokens = Callable[[list[int], torch.Tensor], torch.Tensor]
"""Given the indices of the rows' drafts and the logits (rows, vocabulary): the next token of each row."""
_ANY_LENGTH = 2**31
"""Tokens that a policy reads whose config does not say."""


class TransformersModel:
    """A causal language model of transformers as a `TokenModel`."""

    def __init__(self, path: str, *, batch_size: int = 32, chat_template_kwargs: TemplateKwargs | None = None) -> None:
        """Loads a checkpoint directory or hub model, on the GPU (bfloat16) where there is one, else the CPU (float32).

        `batch_size` is the number of turns, and of branches, that are decoded together; the chat
        template is told `chat_template_kwargs` with each turn. Raises `ModelError` where
        nothing can be loaded, or the model's attention does not keep all tokens (sliding window, linear) or cannot be
        told to share a prompt (Falcon, GPT-J and others have their own).
        """
        self.tokenizer = TransformersTokenizer(path, chat_template_kwargs)
        cuda = torch.cuda.is_available()
        try:
            model = AutoModelForCausalLM.from_pretrained(
                path,
                dtype=torch.bfloat16 if cuda else torch.float32,
                use_safetensors=True,  # other weights could hold code
                trust_remote_code=False,
            )
        except (OSError, ValueError) as error:
            raise ModelError(f"no model can be loaded from {path!r}: {error}") from error
        assert isinstance(model, PreTrainedModel)
        require_branches(model.config)
        self.device = torch.device("cuda" if cuda else "cpu")
        torch.nn.Module.to(model, self.device)  # in place
        self.model = model.eval()
        share_prefixes(model)
        self.max_length = context_of(model.config) or _ANY_LENGTH
        self.batch_size = batch_size

    @classmethod
    def holding(cls, model: PreTrainedModel, tokenizer: TransformersTokenizer, *, batch_size: int) -> Self:
        """A model that is at hand already, as it stands; whoever holds it lets it share prefixes."""
        held = cls.__new__(cls)
        held.tokenizer, held.model, held.batch_size = tokenizer, model, batch_size
        held.device = model.device
        held.max_length = context_of(model.config) or _ANY_LENGTH
        return held

    @torch.inference_mode()
    def complete(self, prompts: Sequence[Sequence[int]], *, max_new_tokens: int) -> list[Completion]:
        completions: dict[int, Completion] = {}
        for together in batches(prompts, self.batch_size):
            batch, rows, logits = self._prefill(prompts, together)
            drafts = [Draft(max_new_tokens) for _ in batch]
            self._decode(rows, logits, drafts)
            completions.update((index, draft.completion()) for index, draft in zip(batch, drafts, strict=True))
        return [completions[index] for index in range(len(prompts))]

    @torch.inference_mode()
    def draw(
        self,
        prompts: Sequence[Sequence[int]],
        count: int,
        *,
        temperature: float,
        seeds: Sequence[str],
        max_new_tokens: int,
    ) -> list[list[Completion]]:
        drawn: dict[int, list[Completion]] = {}
        for together in batches(prompts, max(1, self.batch_size // count)):
            batch, rows, logits = self._prefill(prompts, together)
            repeated = rows.repeat(count)
            dice = [Random(f"{seeds[index]}/{number}") for index in batch for number in range(count)]
            drafts = [Draft(max_new_tokens) for _ in dice]

            def choose(alive: list[int], logits: torch.Tensor, dice: list[Random] = dice) -> torch.Tensor:
                heights = torch.tensor([[dice[index].random()] for index in alive], dtype=torch.float64)
                steps = torch.softmax(logits.double() / temperature, dim=-1).cumsum(-1)
                found = torch.searchsorted(steps, heights.to(steps.device) * steps[:, -1:])
                return found[:, 0].clamp(max=logits.shape[-1] - 1)

            self._decode(repeated, logits.repeat_interleave(count, dim=0), drafts, choose=choose)
            for place, index in enumerate(batch):
                drawn[index] = [draft.completion() for draft in drafts[place * count : (place + 1) * count]]
        return [drawn[index] for index in range(len(prompts))]

    @torch.inference_mode()
    def grow(
        self, prompts: Sequence[Sequence[int]], find_branches: FindBranches, *, max_new_tokens: int, top_k: int
    ) -> list[Growth]:
        grown: dict[int, Growth] = {}
        for together in batches(prompts, self.batch_size):
            batch, rows, logits = self._prefill(prompts, together)
            computed = newly_read([prompts[index] for index in batch])
            columns = rows.mask.shape[1]
            drafts = [Draft(max_new_tokens) for _ in batch]
            ends = self._decode(rows, logits, drafts, top_k=top_k, keep_rows=True)
            trunks: list[Trunk] = []
            for place, (index, draft) in enumerate(zip(batch, drafts, strict=True)):
                length = len(prompts[index])
                start = Place(*ends[place], columns, length)
                trunks.append(Trunk(index, start, draft.completion(), computed[place], is_given=False))
            grown.update(self._grow(trunks, find_branches, max_new_tokens, top_k))
        return [grown[index] for index in range(len(prompts))]

    @torch.inference_mode()
    def grow_along(
        self, dialogues: Sequence[Dialogue], find_branches: FindBranches, *, max_new_tokens: int, top_k: int
    ) -> list[Growth]:
        first = [0]
        for dialogue in dialogues:
            first.append(first[-1] + len(dialogue.turns))
        grown: dict[int, Growth] = {}
        by_length = sorted(range(len(dialogues)), key=lambda index: len(dialogues[index].token_ids))
        for start in range(0, len(by_length), self.batch_size):
            batch = by_length[start : start + self.batch_size]
            trunks: list[Trunk] = []
            before = [[c for s, e in dialogues[index].turns for c in range(s - 1, e - 1)] for index in batch]
            for order, rows, logits in read(self.model, [dialogues[index].token_ids for index in batch], before):
                for row, place in enumerate(order):
                    dialogue, computed, told = dialogues[batch[place]], 0, 0
                    for number, (start, end) in enumerate(dialogue.turns, first[batch[place]]):
                        seen = logits[row][told : told + end - start]
                        said = self._given_turn(dialogue.token_ids[start:end], seen, top_k)
                        trunks.append(
                            Trunk(number, Place(rows, row, start, start), said, end - computed, is_given=True)
                        )
                        computed, told = end, told + end - start
            grown.update(self._grow(trunks, find_branches, max_new_tokens, top_k))
        return [grown[index] for index in range(first[-1])]

    def _grow(
        self, trunks: list[Trunk], find_branches: FindBranches, max_new_tokens: int, top_k: int
    ) -> dict[int, Growth]:
        """All branches of all trunks, those on branches after those on trunks."""
        grown: list[list[tuple[Branch, Completion]]] = [[] for _ in trunks]
        wanted = [
            (place, branch)
            for place, trunk in enumerate(trunks)
            for branch in find_branches(trunk.index, None, trunk.said)
        ]
        while wanted:
            found = self._branch_all(trunks, wanted, max_new_tokens, top_k)
            for (place, branch), completion in zip(wanted, found, strict=True):
                grown[place].append((branch, completion))
            wanted = [
                (place, further)
                for (place, branch), completion in zip(wanted, found, strict=True)
                for further in find_branches(trunks[place].index, branch, completion)
            ]
        return {trunk.index: trunk.growth(branches) for trunk, branches in zip(trunks, grown, strict=True)}

    def _branch_all(
        self, trunks: list[Trunk], wanted: list[tuple[int, Branch]], max_new_tokens: int, top_k: int
    ) -> list[Completion]:
        """What becomes of each branch, in order."""
        found: dict[int, Completion] = {}
        # Those of one depth share a batch, and its padding.
        order = sorted(range(len(wanted)), key=lambda i: trunks[wanted[i][0]].start.column + wanted[i][1].position)
        for start in range(0, len(order), self.batch_size):
            chosen = order[start : start + self.batch_size]
            requests = [(trunks[wanted[i][0]], wanted[i][1]) for i in chosen]
            found.update(zip(chosen, self._branch(requests, max_new_tokens, top_k), strict=True))
        return [found[i] for i in range(len(wanted))]

    def _branch(self, requests: list[tuple[Trunk, Branch]], max_new_tokens: int, top_k: int) -> list[Completion]:
        """Greedy continuations of forced tokens, on the trunk's keys and values up to the fork."""
        own = branch_off([trunk.place(wanted.position) for trunk, wanted in requests])
        drafts: list[Draft] = []
        for _, wanted in requests:
            draft = Draft(max_new_tokens - wanted.position)
            for token_id, logprob in zip(wanted.token_ids, wanted.logprobs, strict=True):
                draft.add(token_id, logprob, self.tokenizer.end_ids)
            drafts.append(draft)
        logits = feed(self.model, own, [wanted.token_ids for _, wanted in requests])
        self._decode(own, logits, drafts, top_k=top_k)
        return [draft.completion() for draft in drafts]

    def _prefill(
        self, prompts: Sequence[Sequence[int]], together: list[list[int]]
    ) -> tuple[list[int], Rows, torch.Tensor]:
        """Families of prompts, of each the longest read: the index of each row's prompt, the rows, (rows, vocabulary).

        Those are the logits after each prompt's last token.
        """
        batch: list[int] = []
        parts: list[Rows] = []
        seen: list[torch.Tensor] = []
        longest = [prompts[family[-1]] for family in together]
        ends = [[len(prompts[index]) - 1 for index in family] for family in together]
        for order, rows, logits in read(self.model, longest, ends):
            members = [index for place in order for index in together[place]]
            row_of = [row for row, place in enumerate(order) for _ in together[place]]
            parts.append(rows.beginnings(row_of, [len(prompts[index]) for index in members]))
            batch.extend(members)
            seen.extend(logits)
        return batch, join(parts), torch.cat(seen).float()

    def _given_turn(self, token_ids: tuple[int, ...], logits: torch.Tensor, top_k: int) -> Completion:
        """A given turn as the policy sees it; `logits` (tokens, vocabulary) are those before each of its tokens."""
        draft = Draft(len(token_ids))
        logprobs = torch.log_softmax(logits.float(), dim=-1)
        best = torch.topk(logprobs, min(top_k, logprobs.shape[-1]), dim=-1)
        own: list[float] = logprobs.gather(1, torch.tensor(token_ids, device=logprobs.device)[:, None])[:, 0].tolist()
        entropies: list[float] = _entropies(logprobs).tolist()
        ids: list[list[int]] = best.indices.tolist()
        values: list[list[float]] = best.values.tolist()
        for place, token_id in enumerate(token_ids):
            top = tuple(zip(ids[place], values[place], strict=True))
            draft.add(token_id, own[place], self.tokenizer.end_ids, top=top, entropy=entropies[place])
        return draft.completion()

    def _decode(
        self,
        rows: Rows,
        logits: torch.Tensor,
        drafts: list[Draft],
        *,
        top_k: int = 0,
        keep_rows: bool = False,
        choose: ChooseTokens | None = None,
    ) -> dict[int, tuple[Rows, int]]:
        """Goes on with each row's draft after `logits`, until all are closed; greedily where `choose` is not given.

        Finished rows leave the batch. With `keep_rows` they are laid aside: where the row of each draft is in the end.
        """
        alive = list(range(len(drafts)))
        ends: dict[int, tuple[Rows, int]] = {}
        while True:
            live = [row for row, index in enumerate(alive) if drafts[index].is_open]
            if not live:
                return ends | {index: (rows, row) for row, index in enumerate(alive)}
            if len(live) <= 0.7 * len(alive):
                if keep_rows:
                    done = sorted(set(range(len(alive))) - set(live))
                    aside = rows.part(torch.tensor(done, device=self.device))
                    ends |= {alive[row]: (aside, place) for place, row in enumerate(done)}
                keep = torch.tensor(live, device=self.device)
                rows.select(keep)
                logits, alive = logits[keep], [alive[row] for row in live]
            tokens = self._extend(drafts, alive, logits, top_k, choose)
            if any(drafts[index].is_open for index in alive):
                logits = feed(self.model, rows, [[token] for token in tokens])

    def _extend(
        self, drafts: list[Draft], alive: list[int], logits: torch.Tensor, top_k: int, choose: ChooseTokens | None
    ) -> list[int]:
        """Adds a token to each open row's draft; the tokens, for all rows."""
        logprobs = torch.log_softmax(logits, dim=-1)
        best = torch.topk(logprobs, min(max(top_k, 1), logprobs.shape[-1]), dim=-1)
        chosen = best.indices[:, 0] if choose is None else choose(alive, logits)
        tokens: list[int] = chosen.tolist()
        own: list[float] = logprobs.gather(1, chosen[:, None])[:, 0].tolist()
        ids: list[list[int]] = best.indices.tolist()
        values: list[list[float]] = best.values.tolist()
        entropies: list[float] = _entropies(logprobs).tolist() if top_k else [0.0] * len(alive)
        for row, index in enumerate(alive):
            if drafts[index].is_open:
                top = tuple(zip(ids[row], values[row], strict=True)) if top_k else ()
                drafts[index].add(tokens[row], own[row], self.tokenizer.end_ids, top=top, entropy=entropies[row])
        return tokens


def _entropies(logprobs: torch.Tensor) -> torch.Tensor:
    """Of each row's distribution, in nats."""
    return torch.special.entr(logprobs.exp()).sum(-1)
