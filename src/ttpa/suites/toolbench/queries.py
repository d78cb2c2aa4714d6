"""The benchmark's query files: each query with its APIs as tools, and which of them are relevant."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ttpa.errors import RunError
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.importing import name_sources
from ttpa.stages.score import CompiledTools
from ttpa.tools.offer import legal_names
from ttpa.tools.toolbench_toolset import describe_api, standardise

FINISH = ToolSpec(
    name="Finish",
    description=(
        "If you think you get the result which can answer the task, call this function to give the final answer. Or, "
        "if you think you can't handle the task from this status, call this function to restart. Remember: you should "
        "ALWAYS call this function at the end of your try, and the final answer is the ONLY part that will be showed "
        "to user, so final answer should contain enough information."
    ),
    parameters={
        "type": "object",
        "properties": {
            "return_type": {"type": "string", "enum": ["give_answer", "give_up_and_restart"]},
            "final_answer": {
                "type": "string",
                "description": (
                    "The final answer you want to give the user. You should have this field if "
                    '"return_type"=="give_answer"'
                ),
            },
        },
        "required": ["return_type"],
    },
)
"""The benchmark's own definition, by which every attempt ends."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query."""

    id: str
    group: str
    """What its file is called."""
    text: str
    apis: tuple[ToolSpec, ...]
    places: dict[str, Path]
    """For each API by its name: where its responses lie below the folder of responses."""
    relevant: frozenset[str]
    """Names of the APIs that solve it."""
    tools: tuple[str, ...]
    """The tools that the APIs belong to, by the names that the prompt tells."""

    def solution(self) -> list[ToolCall]:
        """A call of each relevant API with what its schema gives: defaults, else a word. The data has no values."""
        compiled = CompiledTools(self.apis)
        calls: list[ToolCall] = []
        for spec in self.apis:
            if spec.name in self.relevant:
                node = compiled.tool(spec.name).arguments
                kinds = {name: (node.properties[name].types or ["string"])[0] for name in node.required}
                calls.append(ToolCall(name=spec.name, arguments={name: _SAMPLES[kind] for name, kind in kinds.items()}))
        return calls


_SAMPLES: dict[str, Any] = {
    "string": "word", "number": 1, "integer": 1, "boolean": True, "array": [], "object": {}, "null": None,
}  # fmt: skip


def read_queries(files: list[Path]) -> list[Query]:
    """All queries of the files.

    Raises `RunError` where a file cannot be read or holds something else, and where two queries have one id.
    """
    queries: dict[str, Query] = {}
    for name, file in zip(name_sources(files), files, strict=True):
        try:
            rows = cast("list[dict[str, Any]]", json.loads(file.read_text(encoding="utf-8")))
            read = [_read_query(row, name) for row in rows]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            told = f"{type(error).__name__}: {error}"
            raise RunError(f"suites.toolbench.queries: {str(file)!r} holds no ToolBench queries: {told}") from error
        for query in read:
            if query.id in queries:
                told = f"query {query.id!r} of {str(file)!r} was there before"
                raise RunError(f"suites.toolbench.queries: {told}; an id names one query, and a file is named once")
            queries[query.id] = query
    return list(queries.values())


def _read_query(row: dict[str, Any], group: str) -> Query:
    apis = cast("list[dict[str, Any]]", row["api_list"])
    titles = [f"{standardise(api['api_name'])}_for_{standardise(api['tool_name'])}"[-64:] for api in apis]
    names = legal_names(titles)
    specs: dict[str, ToolSpec] = {}
    places: dict[str, Path] = {}
    relevant: set[str] = set()
    wanted = {(str(tool), str(api)) for tool, api in row["relevant APIs"]}
    for name, api in zip(names, apis, strict=True):
        entry = {**api, "name": api["api_name"], "description": api.get("api_description")}
        specs[name] = describe_api(name, "", entry)
        places[name] = (
            Path(str(api["category_name"])) / standardise(api["tool_name"]) / f"{standardise(api['api_name'])}.json"
        )
        if (api["tool_name"], api["api_name"]) in wanted:
            relevant.add(name)
    return Query(
        id=f"{group}:{row['query_id']}",
        group=group,
        text=str(row["query"]),
        apis=tuple(specs.values()),
        places=places,
        relevant=frozenset(relevant),
        tools=tuple(dict.fromkeys(standardise(api["tool_name"]) for api in apis)),
    )
