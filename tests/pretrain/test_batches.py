import pytest
from transformers import PreTrainedTokenizerFast

from ttpa.pretrain.batches import make_batches
from ttpa.pretrain.family import FAMILIES
from ttpa.pretrain.sessions import Session, SessionMaker, texts
from ttpa.pretrain.tokenizer import make_renderer, train_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_tokenizer(texts(0, 20, make_renderer(FAMILIES["qwen3"])), 400, FAMILIES["qwen3"])


def test_every_token_of_the_assistant_is_learned_once(tokenizer: PreTrainedTokenizerFast) -> None:
    make_session = SessionMaker(tokenizer, FAMILIES["qwen3"], 0)
    sessions = [make_session(index) for index in range(5)]
    batches = make_batches(sessions, forward_tokens=2048, seed=0)
    learned = sorted(int(token) for batch in batches for token in batch.target_ids[batch.is_learned])
    own = (
        token
        for session in sessions
        for token, is_own in zip(session.token_ids[1:], session.is_learned[1:], strict=True)
        if is_own
    )
    assert learned == sorted(own)


def test_padding_is_no_target() -> None:
    sessions = [Session((7,) * length, (False,) * length, (False,) * length) for length in (70, 130)]
    batches = make_batches(sessions, forward_tokens=2048, seed=0)
    assert all(bool((batch.target_ids == 7).all()) for batch in batches)
    assert sum(batch.input_ids.numel() for batch in batches) > 200
