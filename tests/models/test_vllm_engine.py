"""vLLM in this process, as far as that shows without it: what is done before it starts, and what where it does not."""

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from importlib.util import find_spec, module_from_spec
from types import ModuleType

import pytest

from ttpa.errors import ModelError

OpenEngine = Callable[[Callable[..., None]], None]


class Cycle:
    """Holds itself, as a trainer does."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def open_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenEngine]:
    """Opens the engine over a vLLM that starts as it is told."""

    def start(load: Callable[..., None]) -> None:
        vllm = ModuleType("vllm")
        for name in ("LLM", "SamplingParams", "TokensPrompt"):
            setattr(vllm, name, load)
        monkeypatch.setitem(sys.modules, "vllm", vllm)
        spec = find_spec("ttpa.models.vllm_engine")
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        module.VllmEngine("org/policy")

    gc.disable()
    yield start
    gc.enable()


@pytest.mark.parametrize("failure", [ValueError("free memory is less than desired"), RuntimeError("no core came up")])
def test_a_failure_is_told_with_what_does_without(open_engine: OpenEngine, failure: Exception) -> None:
    def load(**_: object) -> None:
        raise failure

    with pytest.raises(
        ModelError, match=rf"vLLM does not start with 'org/policy': {failure}; .*policy\.engine = 'local'"
    ):
        open_engine(load)


def test_what_nothing_uses_is_gone_before_it_starts(open_engine: OpenEngine) -> None:
    held = weakref.ref(Cycle())
    assert held() is not None

    def load(**_: object) -> None:
        raise ValueError("held" if held() else "gone")

    with pytest.raises(ModelError, match="gone"):
        open_engine(load)
