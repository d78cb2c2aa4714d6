"""What the offline generator knows, held against the bundled tools themselves."""

import inspect
from random import Random
from string import Formatter

import pytest

from ttpa.quickstart.generator.entry import Entry
from ttpa.quickstart.generator.knowledge import DOMAINS, ENTRIES
from ttpa.quickstart.tools import TOOLS

SIGNATURES = {function.__name__: inspect.signature(function) for function in TOOLS}


def _slots(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@pytest.fixture(params=sorted(ENTRIES))
def entry(request: pytest.FixtureRequest) -> Entry:
    return ENTRIES[str(request.param)]


def test_every_bundled_tool_is_known_and_no_other() -> None:
    assert set(ENTRIES) == set(SIGNATURES)
    assert sum(len(domain.entries) for domain in DOMAINS) == len(ENTRIES)


def test_an_entry_has_the_parameters_of_its_tool(entry: Entry) -> None:
    parameters = SIGNATURES[entry.tool].parameters
    assert [argument.name for argument in entry.arguments] == list(parameters)
    for argument in entry.arguments:
        assert (argument.chance == 1) == (parameters[argument.name].default is inspect.Parameter.empty)


def test_every_phrasing_holds_every_argument(entry: Entry) -> None:
    assert len(set(entry.requests)) >= 4
    for request in entry.requests:
        assert _slots(request) == {argument.name for argument in entry.arguments}


def test_values_are_read_from_tools_that_exist(entry: Entry) -> None:
    for argument in entry.arguments:
        for source in argument.sources:
            assert source.tool in ENTRIES
            assert len({"{pick}" in phrase for phrase in source.phrases}) == 1
            for name in source.shares:
                assert entry.argument(name).chance == ENTRIES[source.tool].argument(name).chance == 1


def test_free_values_come_from_large_spaces() -> None:
    rng = Random(0)
    for tool, name in (
        ("get_weather", "city"),
        ("get_weather", "date"),
        ("find_contact", "name"),
        ("add_event", "title"),
        ("find_products", "query"),
        ("find_books", "topic"),
        ("send_message", "text"),
        ("change_address", "address"),
        ("convert_currency", "amount"),
        ("find_recipes", "ingredients"),
    ):
        sample = ENTRIES[tool].argument(name).sample
        assert len({str(sample(rng)) for _ in range(1000)}) > 120, (tool, name)
