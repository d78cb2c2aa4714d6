"""Results and states of Python tools: the same text for the same value, in every process."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.calls import run
from ttpa.records.tools import ToolResult
from ttpa.tools.python_toolset import PythonToolset
from ttpa.tools.python_values import result_text, state_text

WriteTools = Callable[[str], str]


def test_a_set_is_refused_wherever_it_stands_and_its_sorted_list_is_not(write_tools: WriteTools) -> None:
    source = """
        from dataclasses import dataclass
        from datetime import date
        from pydantic import BaseModel, field_serializer

        class Trip(BaseModel):
            cities: set[str]
            days: dict[date, int] = {date(2026, 3, 4): 1}

        class SortedTrip(Trip):
            @field_serializer("cities")
            def write(self, cities: set[str]) -> list[str]:
                return sorted(cities)

        @dataclass
        class Plan:
            trips: list[Trip]

        def give(kind: str) -> object:
            "Give something odd."
            trip = Trip(cities={"Bern", "Aarau"})
            odd = {"model": trip, "dataclass": Plan([trip]), "tuple": ({1},), "sorted": SortedTrip(cities=trip.cities)}
            return odd[kind]

        TOOLS = [give]
    """
    with PythonToolset(write_tools(source)) as tools:
        for kind in ("model", "dataclass", "tuple"):
            refused = run(tools, "give", kind=kind)
            assert not refused.ok
            assert refused.content.startswith("TypeError: Object of type set is not JSON serializable")
        told = run(tools, "give", kind="sorted")
        assert told == ToolResult(content='{"cities": ["Aarau", "Bern"], "days": {"2026-03-04": 1}}', ok=True)


STATES = """
    from collections import deque
    from dataclasses import dataclass, field
    from types import SimpleNamespace
    import attrs
    from pydantic import BaseModel

    LETTERS = frozenset('abcdefgh')

    @dataclass(frozen=True)
    class Box:
        inside: object
        lock: object = field(default_factory=object, repr=False)

    class Model(BaseModel):
        inside: set[str]

    @attrs.define
    class Crate:
        inside: object
        lock: object = attrs.field(factory=object, repr=False)

    class Cart:
        def __init__(self, inside: object) -> None:
            self.inside = inside

    class Named(Cart):
        def __str__(self) -> str:
            return 'a cart'

    LOOP = Box([])
    LOOP.inside.append(LOOP)

    def state() -> object:
        return {EXPRESSION}

    def one() -> int:
        'One.'
        return 1
"""

LETTERS = '["a", "b", "c", "d", "e", "f", "g", "h"]'

STATE_TEXTS = [
    ("{'cities': set(LETTERS)}", f'{{"cities": {LETTERS}}}'),
    ("Box(LETTERS)", f'{{"Box": {{"inside": {LETTERS}}}}}'),
    ("Model(inside=LETTERS)", f'{{"Model": {{"inside": {LETTERS}}}}}'),
    ("{frozenset({'z', 'y'}), LETTERS}", f'[{LETTERS}, ["y", "z"]]'),
    ("[{Box(letter) for letter in 'ba'}]", '[[{"Box": {"inside": "a"}}, {"Box": {"inside": "b"}}]]'),
    ("Box({('b', LETTERS): 2, ('a', 1): 1})", f'{{"Box": {{"inside": [[["a", 1], 1], [["b", {LETTERS}], 2]]}}}}'),
    ("deque([LETTERS])", f"[{LETTERS}]"),
    ("Crate(LETTERS)", f'{{"Crate": {{"inside": {LETTERS}}}}}'),
    ("Cart(LETTERS)", f'{{"Cart": {{"inside": {LETTERS}}}}}'),
    ("[Cart(Cart(1)), Cart(2)]", '[{"Cart": {"inside": {"Cart": {"inside": 1}}}}, {"Cart": {"inside": 2}}]'),
    ("Named(1)", '"a cart"'),
    ("SimpleNamespace(inside=LETTERS)", f'{{"SimpleNamespace": {{"inside": {LETTERS}}}}}'),
    ("LOOP", '{"Box": {"inside": ["..."]}}'),
]


@pytest.mark.parametrize(("expression", "text"), STATE_TEXTS)
def test_a_set_in_a_state_reads_the_same_in_every_process(
    write_tools: WriteTools, monkeypatch: pytest.MonkeyPatch, expression: str, text: str
) -> None:
    path = write_tools(STATES.replace("{EXPRESSION}", expression))
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        with PythonToolset(path) as toolset, toolset.session() as session:
            assert session.state() == text


class Slotted:
    __slots__ = ()


@pytest.mark.parametrize("value", [Slotted(), object(), len.__call__, lambda: 1, partial(lambda: 1), threading.Lock()])
def test_an_object_that_tells_only_its_address_is_no_state(value: object) -> None:
    with pytest.raises(TypeError, match=r"prints an address, another in each process; give it a `__repr__`"):
        state_text([{"held": value}])


class Unit(Enum):
    METRE = "m"


@dataclass
class Rows:
    found: object


def give(*items: object) -> Iterator[object]:
    yield from items


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({date(2026, 3, 4): 1}, '{"2026-03-04": 1}'),
        ({Unit.METRE: [{Unit.METRE: date(2026, 3, 4)}]}, '{"m": [{"m": "2026-03-04"}]}'),
        ({1: 1.5, 2: None}, '{"1": 1.5, "2": null}'),
        ({None: 1, "None": 2}, '{"null": 1, "None": 2}'),
        (deque([1, (2, 3)]), "[1, [2, 3]]"),
        (give(1, give(2), {"rows": give("a")}), '[1, [2], {"rows": ["a"]}]'),
        (Rows([Rows(1)]), '{"found": [{"found": 1}]}'),
        ("plain", "plain"),
        (["zürich", "a\ud800"], '["zürich", "a\ud800"]'),
    ],
)
def test_a_result_is_told_as_json_whatever_stands_in_it(value: object, text: str) -> None:
    assert result_text(value) == text


def test_a_key_that_json_cannot_have_is_refused() -> None:
    with pytest.raises(TypeError, match="not tuple"):
        result_text({(1, 2): "a", "1,2": "b"})


HOLDERS: list[Callable[[object], object]] = [
    give,
    Rows,
    lambda inner: [0, inner],
    lambda inner: (inner,),
    lambda inner: deque([inner]),
    lambda inner: {date(2026, 3, 4): inner},
]


@given(st.lists(st.sampled_from(HOLDERS), max_size=6), st.sampled_from([{"a"}, frozenset({"a"})]))
def test_no_set_is_told_as_a_list_in_whatever_it_stands(holders: list[Callable[[object], object]], odd: object) -> None:
    value = odd
    for hold in holders:
        value = hold(value)
    with pytest.raises(TypeError, match=r"is not JSON serializable.*; a (sorted )?list would be"):
        result_text(value)
