"""Which functions of a module are tools, and what they say of themselves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.calls import run
from ttpa.errors import ToolError
from ttpa.records.tools import ToolResult
from ttpa.tools.python_toolset import PythonToolset

WriteTools = Callable[[str], str]

ONE = "def one() -> int:\n    'One.'\n    return 1\n"


def test_listed_tools_go_before_public_functions(write_tools: WriteTools) -> None:
    two = ONE.replace("one", "two")
    with PythonToolset(write_tools(f"{ONE}{two}TOOLS = [two]\n")) as listed:
        assert [spec.name for spec in listed.specs] == ["two"]


def test_a_tool_file_imports_what_lies_beside_it(write_tools: WriteTools, tmp_path: Path) -> None:
    (tmp_path / "prices_beside.py").write_text("BREAD = 3\n", encoding="utf-8")
    source = "import prices_beside\ndef price() -> int:\n    'Price of bread.'\n    return prices_beside.BREAD\n"
    with PythonToolset(write_tools(source)) as shop:
        assert run(shop, "price").content == "3"


CALLABLES = """
    from dataclasses import dataclass
    from functools import cache, partial, wraps
    from os.path import join
    from textwrap import dedent
    from typing import NewType, TypedDict

    from pydantic import BaseModel
    from ttpa.tools.effects import effect

    Name = NewType("Name", str)

    class Node(BaseModel):
        children: list["Node"] = []

    class Desk:
        def ring(self, times: int) -> int:
            'Ring the bell.'
            return times

        def __call__(self) -> int:
            'Nothing that a model is told.'
            return 1

    @cache
    @effect("write")
    def keep(number: int) -> int:
        'Keep a number.'
        return number + 1

    def count(root: Node) -> int:
        'Count nodes.'
        return 1

    def add(*numbers: int) -> int:
        'Add numbers.'
        return sum(numbers)

    def bare(a: int) -> int:
        return a

    ring_bell = Desk().ring
    desk = Desk()
    keep_three = partial(keep, 3)
"""


def test_functions_that_cannot_be_tools_are_left_out_and_the_rest_is_offered(write_tools: WriteTools) -> None:
    path = write_tools(CALLABLES)
    with PythonToolset(path, allow_write=True) as tools:
        assert [spec.name for spec in tools.specs] == ["keep", "ring_bell"]
        assert tools.left_out == {
            "count": "its parameter 'root' is of the type 'Node', which holds itself; it must end",
            "add": "its parameter 'numbers' cannot be given by name",
            "bare": "it has no docstring; its first paragraph is what the model reads",
            "desk": "it is of the type 'Desk'; a function was due",
            "keep_three": "it is of the type 'partial'; a function was due",
        }
        assert [run(tools, "keep", number=3).content, run(tools, "ring_bell", times=2).content] == ["4", "2"]
        assert not run(tools, "bare", a=1).ok
    with PythonToolset(path) as tools:
        assert [spec.name for spec in tools.specs] == ["ring_bell"]
        assert "tools.allow_write" in tools.left_out["keep"]


DECORATED = """
    from functools import cached_property, lru_cache, partialmethod
    from pydantic import BaseModel
    from ttpa.tools.effects import effect

    class Shop(dict):
        Rows = list[int]
        __hash__ = object.__hash__

        @lru_cache
        def price(self, number: int) -> int:
            'Tell a price.'
            return number + len(self)

        @classmethod
        def open(cls, city: str) -> str:
            'Open a shop.'
            return f'{cls.__name__} in {city}'

        @effect('write')
        @classmethod
        def move(cls, city: str) -> str:
            'Move the shop.'
            return city

        @effect('write')
        @staticmethod
        def close(city: str) -> str:
            'Close a shop.'
            return city

        @classmethod
        def count(cls, kind) -> int:
            'Count shops.'
            return 1

    class Corner(Shop):
        cheap = partialmethod(Shop.price, 1)

        class Row(BaseModel):
            number: int

        @property
        def door(self) -> object:
            raise LookupError('nobody asked')

        @cached_property
        def window(self) -> object:
            raise LookupError('nobody asked')

    class Model(BaseModel):
        @staticmethod
        def ring(times: int) -> int:
            'Ring the bell.'
            return times

    TOOLS = [Corner, Model]
"""


def test_methods_that_a_decorator_wraps_are_offered_or_left_out_with_the_reason(write_tools: WriteTools) -> None:
    path = write_tools(DECORATED)
    with PythonToolset(path, allow_write=True) as tools:
        names = {spec.name for spec in tools.specs}
        assert {"close", "move", "open", "price", "ring"} <= names
        assert tools.left_out["cheap"] == "it is of the type 'partial'; a function was due"
        assert tools.left_out["count"] == "its parameter 'kind' has no type annotation"
        no_methods = {"Row", "Rows", "door", "window"}
        not_own = {"fromkeys", "get", "model_validate"}
        assert not (no_methods | not_own) & (names | set(tools.left_out))
        assert run(tools, "open", city="Oslo") == ToolResult(content="Corner in Oslo", ok=True)
        assert [run(tools, name, city="Oslo").content for name in ("move", "close")] == ["Oslo", "Oslo"]
        assert [run(tools, "price", number=3).content, run(tools, "ring", times=2).content] == ["3", "2"]


def test_an_effect_above_a_decorator_of_a_method_is_heard(write_tools: WriteTools) -> None:
    with PythonToolset(write_tools(DECORATED)) as tools:
        assert not {"move", "close"} & {spec.name for spec in tools.specs}
        assert all("tools.allow_write" in tools.left_out[name] for name in ("move", "close"))


def test_two_tools_of_one_name_are_refused(write_tools: WriteTools) -> None:
    source = """
    def one() -> str:
        '''One.'''
        return ""

    TOOLS = [one, one]
    """
    with pytest.raises(ToolError, match="two tools are named 'one'"):
        PythonToolset(write_tools(source))


@pytest.mark.parametrize(("mark", "told"), [('("writes")', "'writes'"), ("", "one"), ("(None)", "None")])
def test_a_mark_that_names_no_effect_is_refused_where_it_stands(write_tools: WriteTools, mark: str, told: str) -> None:
    path = write_tools(f"from ttpa.tools.effects import effect\n@effect{mark}\n{ONE}")
    with pytest.raises(ToolError, match=rf'@effect\({told}\) names no effect; .* or @effect\("write"\) was due'):
        PythonToolset(path)


MARKED = """
    from ttpa.tools.effects import effect

    @effect("write")
    class Shop:
        def __init__(self) -> None:
            self.sold = 0

        def sell(self, number: int) -> int:
            "Sell."
            self.sold += number
            return self.sold

        @effect("read")
        def look(self) -> int:
            "Look."
            return self.sold

        @staticmethod
        def close(city: str) -> str:
            "Close a shop."
            return city

        @classmethod
        def open(cls, city: str) -> str:
            "Open a shop."
            return city

    class Corner(Shop):
        def move(self, city: str) -> str:
            "Move the shop."
            return city

    SHOP = Shop()
    sell_more = SHOP.sell

    def idle() -> int:
        "Do nothing."
        return 0
"""


@pytest.mark.parametrize(
    ("listed", "marked"),
    [
        ("TOOLS = [Corner]", ["close", "move", "open", "sell"]),
        ("TOOLS = [sell_more, idle]", ["sell"]),
        ("TOOLS = [SHOP.close, idle]", ["close"]),
        ("", ["sell_more"]),
    ],
)
def test_a_mark_on_a_class_counts_for_its_methods_that_have_none(
    write_tools: WriteTools, listed: str, marked: list[str]
) -> None:
    with PythonToolset(write_tools(f"{MARKED}\n    {listed}\n")) as tools:
        assert sorted(tools.left_out) == marked
        assert all("tools.allow_write" in reason for reason in tools.left_out.values())


def test_methods_of_a_marked_class_begin_every_session_anew(write_tools: WriteTools) -> None:
    with PythonToolset(write_tools(f"{MARKED}\n    TOOLS = [Corner]\n"), allow_write=True) as tools:
        assert [run(tools, "sell", number=2).content for _ in range(2)] == ["2", "2"]


def test_what_has_no_module_of_its_own_costs_no_other_tool(write_tools: WriteTools) -> None:
    source = """
        def count() -> int:
            "Count them."
            return 1

        TOOLS = [count, str.upper]
    """
    with PythonToolset(write_tools(source)) as tools:
        assert [spec.name for spec in tools.specs] == ["count"]
        assert tools.left_out == {"upper": "its parameter 'self' cannot be given by name"}


def test_an_error_without_a_text_is_told_by_its_type(write_tools: WriteTools) -> None:
    source = """
        def count() -> int:
            "Count them."
            raise ValueError
    """
    with PythonToolset(write_tools(source)) as tools:
        assert run(tools, "count").content == "ValueError"


def test_hints_that_quote_a_name_within_are_looked_up_in_the_module(write_tools: WriteTools) -> None:
    source = """
        from typing import Optional
        from typing_extensions import TypedDict

        def count(items: list["Item"], extra: Optional["Item"] = None) -> int:
            "Count them."
            return sum(item["number"] for item in [*items, *([extra] if extra else [])])

        def lose(items: list["Lost"]) -> int:
            "Lose them."
            return 0

        def nest(rows: list["Rows"]) -> int:
            "Nest them."
            return 0

        Rows = list["Rows"]

        class Item(TypedDict):
            number: int
    """
    with PythonToolset(write_tools(source)) as tools:
        assert [spec.name for spec in tools.specs] == ["count"]
        assert "its parameter 'items' has a type without a JSON Schema" in tools.left_out["lose"]
        assert tools.left_out["nest"] == "its parameter 'rows' is of a type that holds itself; it must end"
        assert run(tools, "count", items=[{"number": 2}], extra={"number": 3}).content == "5"


def test_an_instance_in_the_list_is_left_out_by_its_place_and_type(write_tools: WriteTools) -> None:
    source = f"{ONE}class Shop:\n    pass\nTOOLS = [Shop(), one, Shop()]\n"
    with PythonToolset(write_tools(source)) as tools:
        reason = "it is of the type 'Shop'; a function was due"
        assert tools.left_out == {"TOOLS[0]": reason, "TOOLS[2]": reason}
