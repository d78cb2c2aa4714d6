"""`ttpa tools`: the tools as they are offered, and a call to try."""

from collections.abc import Sequence
from typing import Annotated

import typer

from ttpa.assemble import assemble
from ttpa.cli.words import AsJson, Overrides, Source, load, tell, tell_json
from ttpa.errors import ConfigError
from ttpa.models.recorded_chat import ForgetfulStore
from ttpa.models.spending import Spending
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.tools.base import Toolset
from ttpa.tools.offer import legal_names


def tools(
    source: Source,
    overrides: Overrides = None,
    call: Annotated[str | None, typer.Option(help="The name of a tool to call.")] = None,
    arguments: Annotated[str, typer.Option(help="Its arguments, as a JSON object.")] = "{}",
    as_json: AsJson = False,
) -> None:
    """List and check the tools, or try a call."""
    config = load(source, overrides)
    with assemble(config).open_toolset(
        ForgetfulStore(), Spending(config.generator.budget, config.generator.prices)
    ) as toolset:
        if call is None:
            _list(toolset, as_json=as_json)
            return
        names = [spec.name for spec in toolset.specs]
        if call not in names:
            for name, reason in toolset.left_out.items():
                if call in (name, *legal_names([name])):
                    raise ConfigError(f"tool {name!r} is left out: {reason}")
            raise ConfigError(f"there is no tool {call!r} to call; the tools are {', '.join(names)}")
        try:
            values = read_json(arguments)
        except InvalidJson as error:
            raise ConfigError(f"--arguments is no JSON object: {error}") from error
        if not isinstance(values, dict):
            raise ConfigError("--arguments is no JSON object")
        with toolset.session() as session:
            result = session.run(ToolCall(name=call, arguments=values))
        if as_json:
            tell_json(result.model_dump(mode="json"))
        else:
            tell(result.content)
        if not result.ok:
            raise typer.Exit(1)


def _list(toolset: Toolset, *, as_json: bool) -> None:
    if as_json:
        offered = [spec.model_dump(mode="json") for spec in toolset.specs]
        tell_json({"tools": offered, "left_out": dict(toolset.left_out)})
        return
    for name, parameters, description in _rows(toolset.specs):
        tell(f"{name}  {parameters}  {description}".rstrip())
    for name, reason in toolset.left_out.items():
        tell(f"left out: {_on_one_line(name)}: {_on_one_line(reason)}")
    number = len(toolset.specs)
    tell(f"{number} tool, its schema is valid" if number == 1 else f"{number} tools, all schemas valid")
    silent = [_on_one_line(spec.name) for spec in toolset.specs if not spec.description.strip()]
    if silent:
        tell(f"no description: {', '.join(silent)}; a model picks tools by what their description says: add one")


def _rows(specs: Sequence[ToolSpec]) -> list[tuple[str, str, str]]:
    """Name, parameters (those that may be left out in brackets) and the description's first line, padded."""
    rows = [(_on_one_line(spec.name), _parameters(spec), _first_line(spec.description)) for spec in specs]
    names = max((len(name) for name, _, _ in rows), default=0)
    parameters = min(max((len(parameter) for _, parameter, _ in rows), default=0), 44)
    return [(name.ljust(names), parameter.ljust(parameters), text) for name, parameter, text in rows]


def _parameters(spec: ToolSpec) -> str:
    properties, required = spec.parameters.get("properties"), spec.parameters.get("required")
    due = required if isinstance(required, list) else []
    names = properties if isinstance(properties, dict) else ()
    return ", ".join(_on_one_line(key) if key in due else f"[{_on_one_line(key)}]" for key in names)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].rstrip("\r")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
