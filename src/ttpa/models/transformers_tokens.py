"""A policy run by transformers in this process: greedy turns and branches on a shared KV cache."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from transformers import AutoModelForCausalLM, DynamicCache, PreTrainedModel

from ttpa.errors import ModelError
from ttpa.models.base import Branch, Completion, FindBranches, Growth
from ttpa.models.transformers_tokenizer import TransformersTokenizer


class TransformersModel:
    """A causal language model of transformers as a `TokenModel`."""

    def __init__(self, path: str, *, batch_size: int = 32) -> None:
        """Loads a checkpoint directory or hub model, on the GPU (bfloat16) where there is one, else the CPU (float32).

        `batch_size` is the number of turns, and of branches, that are decoded together. Raises `ModelError` where
        nothing can be loaded, or the model's attention does not keep all tokens (sliding window, linear).
        """
        self.tokenizer = TransformersTokenizer(path)
        cuda = torch.cuda.is_available()
        try:
            model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16 if cuda else torch.float32)
        except (OSError, ValueError) as error:
            raise ModelError(f"no model can be loaded from {path!r}: {error}") from error
        assert isinstance(model, PreTrainedModel)
        kinds = set(getattr(model.config, "layer_types", None) or ["full_attention"])
        if kinds != {"full_attention"}:
            raise ModelError(f"{path!r} has {', '.join(sorted(kinds))} layers; branches need full attention in all")
        self.device = torch.device("cuda" if cuda else "cpu")
        torch.nn.Module.to(model, self.device)  # in place
        self.model = model.eval()
        self.max_length = int(getattr(model.config, "max_position_embeddings", 2**31))
        self.batch_size = batch_size

    @torch.inference_mode()
    def complete(self, prompts: Sequence[Sequence[int]], *, max_new_tokens: int) -> list[Completion]:
        completions: dict[int, Completion] = {}
        for batch in self._batches(prompts):
            state, logits = self._prefill([prompts[index] for index in batch])
            completions.update(zip(batch, self._decode(state, logits, max_new_tokens, 0), strict=True))
        return [completions[index] for index in range(len(prompts))]

    @torch.inference_mode()
    def grow(
        self, prompts: Sequence[Sequence[int]], find_branches: FindBranches, *, max_new_tokens: int, top_k: int
    ) -> list[Growth]:
        grown: dict[int, Growth] = {}
        for batch in self._batches(prompts):
            growths = self._grow_batch(batch, [prompts[i] for i in batch], find_branches, max_new_tokens, top_k)
            grown.update(zip(batch, growths, strict=True))
        return [grown[index] for index in range(len(prompts))]

    def _batches(self, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
        """Indices of the prompts in batches of like length, so that little is padded."""
        by_length = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        return [by_length[start : start + self.batch_size] for start in range(0, len(by_length), self.batch_size)]

    def _grow_batch(
        self,
        indices: list[int],
        prompts: list[Sequence[int]],
        find_branches: FindBranches,
        max_new_tokens: int,
        top_k: int,
    ) -> list[Growth]:
        state, logits = self._prefill(prompts)
        trunks = self._decode(state, logits, max_new_tokens, top_k, keep_rows=True)
        wanted = [list(find_branches(index, trunk)) for index, trunk in zip(indices, trunks, strict=True)]
        requests = [(row, branch) for row, branches in enumerate(wanted) for branch in branches]
        requests.sort(key=lambda request: request[1].position)  # those of one depth share a batch, and its padding
        completions: list[list[tuple[Branch, Completion]]] = [[] for _ in prompts]
        for start in range(0, len(requests), self.batch_size):
            chunk = requests[start : start + self.batch_size]
            for (row, branch), completion in zip(
                chunk, self._branch(state, prompts, chunk, max_new_tokens), strict=True
            ):
                completions[row].append((branch, completion))
        return [
            Growth(
                trunk=trunk,
                branches=tuple(sorted(grown, key=lambda pair: branches.index(pair[0]))),
                prefilled=len(prompt),
                decoded=len(trunk.token_ids) + sum(len(completion.token_ids) - 1 for _, completion in grown),
            )
            for prompt, trunk, branches, grown in zip(prompts, trunks, wanted, completions, strict=True)
        ]

    def _prefill(self, prompts: list[Sequence[int]]) -> tuple["_Rows", torch.Tensor]:
        """One forward over the prompts, padded on the left; the logits after each prompt's last token."""
        longest = max(len(prompt) for prompt in prompts)
        pads = [longest - len(prompt) for prompt in prompts]
        input_ids = torch.tensor([[0] * pad + list(prompt) for pad, prompt in zip(pads, prompts, strict=True)])
        mask = torch.tensor([[0] * pad + [1] * (longest - pad) for pad in pads])
        rows = _Rows(
            cache=DynamicCache(config=self.model.config),
            mask=mask.to(self.device),
            positions=torch.tensor([len(prompt) for prompt in prompts], device=self.device),
        )
        output = self.model(
            input_ids=input_ids.to(self.device),
            attention_mask=rows.mask,
            position_ids=(rows.mask.cumsum(-1) - 1).clamp(min=0),
            past_key_values=rows.cache,
            logits_to_keep=1,
        )
        return rows, output.logits[:, -1].float()

    def _branch(
        self,
        trunks: "_Rows",
        prompts: list[Sequence[int]],
        requests: list[tuple[int, Branch]],
        max_new_tokens: int,
    ) -> list[Completion]:
        """Greedy continuations of forced tokens. The trunk's tokens from the fork on stay in the cache, masked out."""
        index = torch.tensor([row for row, _ in requests], device=self.device)
        positions = torch.tensor([branch.position for _, branch in requests], device=self.device)
        prompt_columns = max(len(prompt) for prompt in prompts)
        columns = prompt_columns + max(branch.position for _, branch in requests)
        kept = torch.arange(columns, device=self.device)[None] < (prompt_columns + positions)[:, None]
        rows = _Rows(
            cache=DynamicCache(
                [(keys[index, :, :columns], values[index, :, :columns]) for keys, values in trunks.layers()]
            ),
            mask=trunks.mask[index, :columns] * kept,
            positions=torch.tensor([len(prompts[row]) for row, _ in requests], device=self.device) + positions,
        )
        forced = torch.tensor([branch.token_id for _, branch in requests], device=self.device)
        logits = self._feed(rows, forced)
        return self._decode(rows, logits, max_new_tokens, 0, heads=[branch for _, branch in requests])

    def _feed(self, rows: "_Rows", token_ids: torch.Tensor) -> torch.Tensor:
        """One token into each row; the logits after it."""
        rows.mask = torch.cat([rows.mask, rows.mask.new_ones(len(token_ids), 1)], dim=1)
        output = self.model(
            input_ids=token_ids[:, None],
            attention_mask=rows.mask,
            position_ids=rows.positions[:, None],
            past_key_values=rows.cache,
        )
        rows.positions = rows.positions + 1
        return output.logits[:, -1].float()

    def _decode(
        self,
        rows: "_Rows",
        logits: torch.Tensor,
        max_new_tokens: int,
        top_k: int,
        *,
        keep_rows: bool = False,
        heads: Sequence[Branch] = (),
    ) -> list[Completion]:
        """Greedy turns after `logits`; with the trunk's tokens before its head a turn has at most `max_new_tokens`.

        Finished rows leave the batch, unless `keep_rows`: their caches are still needed.
        """
        drafts = [_Draft(max_new_tokens) for _ in range(len(logits))]
        for draft, head in zip(drafts, heads, strict=False):
            draft.limit = max_new_tokens - head.position
            draft.add(head.token_id, head.logprob, (), self.tokenizer.end_ids)
        alive = list(range(len(drafts)))
        while True:
            live = [row for row, index in enumerate(alive) if drafts[index].is_open]
            if not live:
                return [draft.completion() for draft in drafts]
            if not keep_rows and len(live) <= 0.7 * len(alive):
                keep = torch.tensor(live, device=self.device)
                rows.select(keep)
                logits, alive = logits[keep], [alive[row] for row in live]
            tokens = self._choose(drafts, alive, logits, top_k)
            if any(drafts[index].is_open for index in alive):
                logits = self._feed(rows, tokens)

    def _choose(self, drafts: list["_Draft"], alive: list[int], logits: torch.Tensor, top_k: int) -> torch.Tensor:
        """Adds each open row's most probable token to its draft; these tokens, for all rows."""
        logprobs = torch.log_softmax(logits, dim=-1)
        best = torch.topk(logprobs, min(max(top_k, 1), logprobs.shape[-1]), dim=-1)
        ids: list[list[int]] = best.indices.tolist()
        values: list[list[float]] = best.values.tolist()
        for row, index in enumerate(alive):
            if drafts[index].is_open:
                top = tuple(zip(ids[row], values[row], strict=True)) if top_k else ()
                drafts[index].add(ids[row][0], values[row][0], top, self.tokenizer.end_ids)
        return best.indices[:, 0]


@dataclass
class _Rows:
    """The rows of a batch: their KV cache, which of its columns count, and the position of the next token."""

    cache: DynamicCache
    mask: torch.Tensor
    """(rows, columns), 1 where a cached token is seen."""
    positions: torch.Tensor
    """(rows,)"""

    def layers(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Keys and values of each layer, (rows, heads, columns, head size)."""
        return [(keys, values) for keys, values, _ in self.cache if keys is not None and values is not None]

    def select(self, keep: torch.Tensor) -> None:
        self.cache.batch_select_indices(keep)
        self.mask, self.positions = self.mask[keep], self.positions[keep]


@dataclass
class _Draft:
    """A completion in the making."""

    limit: int
    """Tokens it may have."""
    token_ids: list[int] = field(default_factory=list[int])
    logprobs: list[float] = field(default_factory=list[float])
    top: list[tuple[tuple[int, float], ...]] = field(default_factory=list[tuple[tuple[int, float], ...]])
    is_open: bool = True
    finished: bool = False

    def add(self, token_id: int, logprob: float, top: tuple[tuple[int, float], ...], end_ids: frozenset[int]) -> None:
        self.token_ids.append(token_id)
        self.logprobs.append(logprob)
        self.top.append(top)
        self.finished = token_id in end_ids
        self.is_open = not self.finished and len(self.token_ids) < self.limit

    def completion(self) -> Completion:
        top = tuple(self.top) if any(self.top) else ()
        return Completion(tuple(self.token_ids), tuple(self.logprobs), top, self.finished)
