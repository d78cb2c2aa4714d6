import os

import pytest

from ttpa.pretrain.family import FAMILIES
from ttpa.pretrain.sessions import SessionMaker, texts
from ttpa.pretrain.sessions_ahead import sessions_ahead
from ttpa.pretrain.tokenizer import make_renderer, train_tokenizer


def test_several_processes_give_the_sessions_of_one_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)  # so that two make them
    family = FAMILIES["qwen3"]
    make_session = SessionMaker(train_tokenizer(texts(0, 20, make_renderer(family)), 400, family), family, 0)
    made = dict(sessions_ahead(make_session, 2, first=3, last=16))
    assert made == {step: [make_session(2 * step), make_session(2 * step + 1)] for step in range(3, 16)}
