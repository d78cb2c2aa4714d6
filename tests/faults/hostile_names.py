"""Promise 5 and the strict entry: hostile names of tools, arguments, records and runs; none acts, none is changed."""

import json
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from faults.names import BROKEN_NAMES, NAMES
from faults.table import Row
from ttpa.config import make_config
from ttpa.dialects import DIALECTS
from ttpa.errors import ConfigError, DialogueRefused, ToolError
from ttpa.records.messages import AssistantMessage
from ttpa.records.record import Record
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.runs.journal import Journal
from ttpa.runs.outcomes import Outcomes
from ttpa.runs.record_files import read_records, write_records
from ttpa.stages.report.wording import visible
from ttpa.stages.score import CompiledTools, TurnScorer
from ttpa.tools.offer import Definition, Offer, legal_names

_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


_ACTS = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")
"""Characters that a terminal obeys, that turn the direction of text, and halves of characters."""


class _Named(Record):
    """A record whose id is a hostile name."""

    id: str
    name: str


def try_names() -> Row:
    """Every name in every place; one that is changed, lost or taken for another is lost."""
    row = Row("5 hostile names act nowhere, and are told apart")
    for place, stands in PLACES.items():
        for name in (*NAMES, *BROKEN_NAMES):
            row.tried += 1
            try:
                problem = stands(name)
            except Exception as failure:
                row.crashed += 1
                problem = f"{type(failure).__name__}: {failure}"
            else:
                row.lost += problem is not None
            if problem is not None:
                row.remarks.append(f"{name!a} {place}: {problem[:200]}")
    names = legal_names(NAMES)
    row.lost += len(names) - len(set(names))  # tools that were told apart still are
    row.counted["names"] += len(NAMES) + len(BROKEN_NAMES)
    row.counted["places"] += len(PLACES)
    return row


def _as_tool(name: str) -> str | None:
    spec = ToolSpec(name=name, parameters={"type": "object", "properties": {}})
    offer = Offer("hostile", [Definition(spec, "none")], closed=True)
    offered = offer.specs[0].name
    if not _LEGAL.fullmatch(offered):
        return f"is offered as {offered!r}"
    if offer.original(offered) != name:
        return f"became {offer.original(offered)!r}"
    refused = offer.refuse(ToolCall(name=f"{offered}x", arguments={}))
    return None if refused is not None else "another name was taken for it"


def _as_argument(name: str) -> str | None:
    schema = {"type": "object", "properties": {name: {"type": "integer"}}, "required": [name]}
    spec = ToolSpec.model_validate({"name": "f", "parameters": schema})
    call = ToolCall(name="f", arguments={name: 3})
    wrong = ToolCall(name="f", arguments={name: "x"})
    try:
        offer = Offer("hostile", [Definition(spec, "none")], closed=True)
    except ToolError:
        return None if name in BROKEN_NAMES else "the schema is refused"
    if (refused := offer.refuse(call)) is not None:
        return f"a right call is refused: {refused.content}"
    if offer.refuse(wrong) is None:
        return "a wrong call is let through"
    scorer = TurnScorer([call], CompiledTools([spec]))
    right, bad = scorer.score_calls([call]).score, scorer.score_calls([wrong]).score
    return None if right == 1.0 > bad else f"scores of {right} for right and {bad} for wrong"


def _as_text_of_a_turn(name: str) -> str | None:
    calls = (ToolCall(name="f", arguments={name: name}),)
    for dialect in DIALECTS.values():
        read = dialect.read_turn(dialect.write_turn(AssistantMessage(tool_calls=calls)))
        if name in BROKEN_NAMES and read.calls is not None:
            return f"{dialect.name} reads half a character"
        if name not in BROKEN_NAMES and read.calls != calls:
            return f"{dialect.name} reads {read.calls}, {read.problem}"
        with suppress(DialogueRefused):  # a form may have none for such a tool
            dialect.read_turn(dialect.write_turn(AssistantMessage(tool_calls=(ToolCall(name=name, arguments={}),))))
    return None


def _as_json(name: str) -> str | None:
    try:
        return None if read_json(json.dumps({name: name})) == {name: name} else "it came back as something else"
    except InvalidJson:
        return None if name in BROKEN_NAMES else "it is refused"


def _as_record(name: str) -> str | None:
    if name in BROKEN_NAMES:
        return None  # no text that is read on entry holds one, see above
    record = _Named(id=name, name=name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        write_records(path, [record, record])
        if read_records(path, _Named) != [record, record]:
            return "a record file gives something else"
        Outcomes(path, _Named).add([record])
        if Outcomes(path, _Named).by_id.get(name) != record:
            return "an outcome is not found by it"
        journal = Journal(Path(folder) / "journal.sqlite")
        journal.keep(name, name)
        found = journal.find(name)
        journal.close()
        return None if found == name else f"the journal gives {found!r}"


def _as_run(name: str) -> str | None:
    try:
        path = make_config({"name": name, "runs": "/runs"}).path
    except ConfigError:
        return None
    return None if path.parent == Path("/runs") and path.name == name else f"its folder is {path}"


def _as_words(name: str) -> str | None:
    shown = visible(name)
    return f"is shown as {shown!a}" if _ACTS.search(shown) else None


PLACES: dict[str, Callable[[str], str | None]] = {
    "as a tool": _as_tool,
    "as an argument": _as_argument,
    "as text of a turn": _as_text_of_a_turn,
    "as JSON": _as_json,
    "as a record's id": _as_record,
    "as a run": _as_run,
    "as words for people": _as_words,
}
"""Where a name may stand, and what is wrong with what became of it there."""
