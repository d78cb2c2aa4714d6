"""`ttpa tools`: the tools as they are offered, and a call to try."""

from typing import Annotated

import typer

from ttpa.assemble import assemble
from ttpa.cli.words import Overrides, Source, load
from ttpa.errors import ConfigError
from ttpa.models.recorded_chat import ForgetfulStore
from ttpa.models.spending import Spending
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.records.tools import ToolCall


def tools(
    source: Source,
    overrides: Overrides = None,
    call: Annotated[str | None, typer.Option(help="The name of a tool to call.")] = None,
    arguments: Annotated[str, typer.Option(help="Its arguments, as a JSON object.")] = "{}",
) -> None:
    """List and check the tools, or try a call."""
    config = load(source, overrides)
    with assemble(config).open_toolset(
        ForgetfulStore(), Spending(config.generator.budget, config.generator.prices)
    ) as toolset:
        if call is None:
            for spec in toolset.specs:
                properties = spec.parameters.get("properties")
                parameters = ", ".join(properties) if isinstance(properties, dict) else ""
                typer.echo(f"{spec.name}({parameters})  {spec.description}")
            for name, reason in toolset.left_out.items():
                typer.echo(f"left out: {name}: {reason}")
            typer.echo(f"{len(toolset.specs)} tools, all schemas valid")
            return
        try:
            values = read_json(arguments)
        except InvalidJson as error:
            raise ConfigError(f"--arguments is no JSON object: {error}") from error
        if not isinstance(values, dict):
            raise ConfigError("--arguments is no JSON object")
        with toolset.session() as session:
            result = session.run(ToolCall(name=call, arguments=values))
        typer.echo(result.content)
        if not result.ok:
            raise typer.Exit(1)
