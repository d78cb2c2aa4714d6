"""Muon with AdamW: every trainable parameter is stepped once, and the schedule reaches both parts."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import torch

from ttpa.stages.train.optimizer import MuonWithAdamW


class Tiny(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(5, 8)
        self.up_proj = torch.nn.Linear(8, 8, bias=False)
        self.norm = torch.nn.LayerNorm(8)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.norm(self.up_proj(self.embedding(tokens)))


def test_every_parameter_moves_and_only_once() -> None:
    torch.manual_seed(0)
    model = Tiny()
    optimizer = MuonWithAdamW(model, 0.01)
    grouped = [id(parameter) for group in optimizer.param_groups for parameter in group["params"]]
    assert sorted(grouped) == sorted(id(parameter) for parameter in model.parameters())
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    model(torch.tensor([[0, 1, 2, 3, 4]])).pow(3).sum().backward()
    optimizer.step()
    assert all(not torch.equal(before[name], parameter) for name, parameter in model.named_parameters())


def test_a_schedule_reaches_both_parts() -> None:
    model = Tiny()
    optimizer = MuonWithAdamW(model, 0.01)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 0.0)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    model(torch.tensor([[0, 1]])).pow(3).sum().backward()
    optimizer.step()
    assert all(torch.equal(before[name], parameter) for name, parameter in model.named_parameters())
