"""What a run's data is, in numbers: splits, tools, calls a dialogue, and where the values of the calls stand."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pydantic import JsonValue

from ttpa.records.instructions import Instruction
from ttpa.records.json_shapes import leaves
from ttpa.records.words import tells, told_by
from ttpa.stages.report.inputs import DataCounts
from ttpa.stages.report.wording import count, percent, width, words
from ttpa.visible_text import visible

_MOST_TOOLS = 24
_GROUNDS = {
    "question": "stands in what was said before the calls",
    "result": "stands in an earlier result",
    "default": "is the schema's default",
    "elsewhere": "stands nowhere letter by letter: derived, or worded otherwise",
}


class DataBar(NamedTuple):
    """One bar: what it counts, how many, and their share."""

    name: str
    number: str
    share: str
    bar: str


class DataChart(NamedTuple):
    """Bars that belong together."""

    title: str
    bars: tuple[DataBar, ...]
    note: str


def count_data(instructions: Iterable[Instruction]) -> DataCounts:
    """The counts over all instructions of a run, whatever their split."""
    splits: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    tools: Counter[str] = Counter()
    calls: Counter[int] = Counter()
    grounds: Counter[str] = Counter()
    for one in instructions:
        splits[one.split] += 1
        kinds[one.kind] += 1
        calls[sum(len(step.calls) for step in one.steps)] += 1
        tools.update(call.name for step in one.steps for call in step.calls)
        grounds.update(_grounds(one))
    return DataCounts(
        splits=dict(splits.most_common()),
        kinds=dict(kinds.most_common()),
        tools=dict(tools.most_common()),
        calls={str(number): calls[number] for number in sorted(calls)},
        grounds={ground: grounds[ground] for ground in _GROUNDS if grounds[ground]},
    )


def data_charts(data: DataCounts) -> list[DataChart]:
    """The charts of the data section; empty where there is no data."""
    if not data.splits:
        return []
    more = len(data.tools) - _MOST_TOOLS
    shown = dict(list(data.tools.items())[:_MOST_TOOLS])
    return [
        _chart("Instructions by split", data.splits),
        _chart("Instructions by kind", data.kinds),
        _chart("Calls a dialogue", data.calls),
        _chart(
            "Where the calls' values stand",
            {_GROUNDS[ground]: number for ground, number in data.grounds.items()},
            "Strings and numbers, looked up word by word, case aside.",
        ),
        _chart("Calls by tool", shown, f"and {count(more)} more tools, called less often" if more > 0 else ""),
    ]


def _chart(title: str, numbers: dict[str, int], note: str = "") -> DataChart:
    whole, most = max(sum(numbers.values()), 1), max([*numbers.values(), 1])
    bars = tuple(
        DataBar(
            words(name) if "_" in name and title != "Calls by tool" else visible(name),
            count(number),
            percent(number / whole, 0),
            width(number / most),
        )
        for name, number in numbers.items()
    )
    return DataChart(title, bars, note)


def _grounds(instruction: Instruction) -> Iterator[str]:
    """For each string and number among the arguments: where it stands."""
    defaults = {tool.name: _defaults(tool.parameters.get("properties")) for tool in instruction.tools}
    said = "\n".join(told_by(message.content) for message in instruction.context)
    returned: list[str] = []
    for step in instruction.steps:
        for call in step.calls:
            for name, value in call.arguments.items():
                for _, leaf in leaves(value):
                    if leaf is None or isinstance(leaf, bool) or leaf == "":
                        continue
                    if tells(said, leaf):
                        yield "question"
                    elif any(tells(content, leaf) for content in returned):
                        yield "result"
                    else:
                        yield "default" if defaults.get(call.name, {}).get(name, ...) == value else "elsewhere"
        returned.extend(told_by(result.content) for result in step.results)


def _defaults(properties: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(properties, dict):
        return {}
    return {
        name: schema["default"]
        for name, schema in properties.items()
        if isinstance(schema, dict) and "default" in schema
    }
