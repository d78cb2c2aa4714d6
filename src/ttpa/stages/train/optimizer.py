"""Muon for weight matrices with AdamW for the rest: a policy from scratch learns faster (Jordan et al. 2024)."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable

import torch
from torch.optim import AdamW, Muon, Optimizer


class MuonWithAdamW(Optimizer):
    """One optimizer in two: Muon on the projections of all layers, AdamW on embeddings, norms and the head.

    Muon's steps are scaled to the size of AdamW's, so one learning rate and one schedule serve both.
    """

    def __init__(self, model: torch.nn.Module, learning_rate: float) -> None:
        named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
        matrices = [parameter for name, parameter in named if parameter.ndim == 2 and "_proj" in name]
        chosen = {id(parameter) for parameter in matrices}
        rest = [parameter for _, parameter in named if id(parameter) not in chosen]
        super().__init__([parameter for _, parameter in named], {"lr": learning_rate})
        muon = Muon(matrices, lr=learning_rate, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
        adamw = AdamW(rest, lr=learning_rate, betas=(0.9, 0.95), weight_decay=0.0)
        self._parts: tuple[Optimizer, ...] = (muon, adamw)
        # The scheduler writes the learning rate into these very groups.
        self.param_groups = [group for part in self._parts for group in part.param_groups]

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step of both."""
        assert closure is None
        for part in self._parts:
            part.step()
