"""Promise 5 and the strict entry: hostile JSON, schemas, names and calls; each bounded in time, none executed."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from faults.played_run import surroundings
from faults.table import Row
from ttpa.dialects import DIALECTS
from ttpa.records.strict_json import InvalidJson, find_object, read_json
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.score import CompiledTools, TurnScorer
from ttpa.tools.offer import Definition, Offer
from ttpa.tools.python_tools import check_schema

SECONDS = 2.0
DEEP = 100_000
JSON: tuple[str, ...] = (
    *("[" * DEEP, '{"a":' * DEEP, "[" * DEEP + "]" * DEEP, "[" * 65 + "]" * 65, '{"a": 1, "a": 2}', "9" * 5000),
    *("NaN", "Infinity", "-Infinity", "1e999", '"\\ud800"', '"\ud800"', "{'a': 1}", '{"a": 1,}', "// x\n1", '"\x00"'),
    *("\ufeff{}", "nul", "", " ", "1 2", '{"a"}', '{"a": 1', '"unfinished', "\x00", "[1,]", "01", "+1", ".5", "0x10"),
    *("1_000", "{1: 2}", "undefined"),
)


def hostile_schemas() -> dict[str, dict[str, object]]:
    """Schemas that ask for the world, or for ever."""
    doubling: dict[str, object] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    doubling["d40"] = {"minLength": 1}
    growing: dict[str, object] = {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/g"}] * 2}}
    text: dict[str, object] = {"type": "string"}

    def over(value: object, **more: object) -> dict[str, object]:
        return {"type": "object", "properties": {"value": value}, **more}

    return {
        "pattern bomb": over(text | {"pattern": "^(a+)+$"}),
        "pattern bomb with look-around": over(text | {"pattern": r"^(?=a)(a|a)*b\1$"}),
        "nested pattern bomb": over(text | {"pattern": "^((a*)*)*c$"}),
        "counted pattern": over(text | {"pattern": "^(a{1,1000}){1,1000}$"}),
        "pattern names": over(text, patternProperties={"^(v+)+$": True}),
        "uniqueItems": over({"type": "array", "uniqueItems": True}),
        "$ref doubling": over({"$ref": "#/$defs/d0"}, **{"$defs": doubling}),
        "$ref growing": over({"$ref": "#/$defs/g"}, **{"$defs": {"g": growing}}),
        "$ref loop": over({"$ref": "#/$defs/l"}, **{"$defs": {"l": {"$ref": "#/$defs/l"}}}),
        "remote $ref": over({"$ref": "http://127.0.0.1:9/schema.json"}),
        "file $ref": over({"$ref": "file:///etc/passwd"}),
        "remote $id": over({"$ref": "other.json"}, **{"$id": "http://127.0.0.1:9/schema.json"}),
        "remote $schema": over(text, **{"$schema": "http://127.0.0.1:9/meta.json"}),
        "many members": over({"type": "object", "properties": {str(n): True for n in range(20_000)}}),
        "huge enum": over({"enum": list(range(100_000))}),
        "multipleOf": over({"type": "number", "multipleOf": 1e-300}),
        "huge counts": over({"type": "array", "minItems": 10**300}),
    }


def hostile_values() -> Iterator[object]:
    """Values that make a bad schema cost most."""
    nested: object = "no such type"
    for _ in range(30):
        nested = [nested]
    yield from (
        "a" * 5_000 + "!",
        list(range(20_000)),
        [{"a": n} for n in range(3_000)],
        nested,
        1e300,
        {"v" * 5_000 + "!": 1},
    )


def try_json() -> Row:
    """Every text is read or refused with `InvalidJson`, in time."""
    row = Row("5 JSON that is not strict is refused")
    for text in JSON:
        for reads in (read_json, find_object, *(dialect.read_turn for dialect in DIALECTS.values())):
            started = time.process_time()
            row.tried += 1
            try:
                reads(text)
            except InvalidJson:
                pass
            except Exception as failure:
                row.crashed += 1
                row.remarks.append(f"{text[:20]!r}: {type(failure).__name__}")
            if (took := time.process_time() - started) > SECONDS:
                row.lost += 1
                row.remarks.append(f"{text[:20]!r} took {took:.1f} s")
    return row


def try_schema(name: str) -> None:
    """Compiles one schema, checks it, and scores every hostile value against it; no socket can be opened."""

    def refuse(*_: object, **__: object) -> None:
        raise SystemExit(f"{name}: a socket was opened")

    setattr(socket.socket, "connect", refuse)  # noqa: B010 - for this process alone
    schema = hostile_schemas()[name]
    started = time.process_time()
    spec = ToolSpec.model_validate({"name": "f", "parameters": schema})
    offer = Offer("hostile", [Definition(spec, "none")], closed=False) if check_schema(spec) is None else None
    tools = CompiledTools([{"name": "f", "parameters": schema}])
    for value in hostile_values():
        call = {"name": "f", "arguments": {"value": value}}
        TurnScorer([call], tools).score_calls([call])
        if offer is not None:
            offer.refuse(ToolCall.model_validate(call))
    print(json.dumps(time.process_time() - started))


def try_schemas() -> Row:
    """Each schema in a process of its own, which has two seconds of a core once it has started."""
    row = Row("5 hostile schemas are bounded in 2 s, without network")
    slowest = 0.0
    for name in hostile_schemas():
        row.tried += 1
        program = [sys.executable, "-c", f"from faults.texts import try_schema; try_schema({name!r})"]
        try:
            ended = subprocess.run(program, capture_output=True, text=True, check=False, timeout=30, env=surroundings())
        except subprocess.TimeoutExpired:
            row.lost += 1
            row.remarks.append(f"{name}: no end in 30 s")
            continue
        seconds = float(ended.stdout) if ended.returncode == 0 else None
        row.crashed += seconds is None
        row.lost += (seconds or 0.0) > SECONDS
        slowest = max(slowest, seconds or 0.0)
        if seconds is None or seconds > SECONDS:
            row.remarks.append(f"{name}: {ended.stderr.strip()[-200:] or f'{seconds:.1f} s'}")
    row.remarks.append(f"the slowest took {slowest:.1f} s")
    return row
