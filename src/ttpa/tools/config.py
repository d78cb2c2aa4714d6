"""What a config says of tools: their source, and what each source needs."""

import re
from typing import Literal

from pydantic import Field, model_validator

from ttpa.records.record import Record
from ttpa.records.strict_json import canonical_json

_HEADER_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_HEADER = re.compile(r"(?:[\w-]+ )?[A-Za-z_]\w*", re.ASCII)


class McpConfig(Record):
    """An MCP server."""

    command: tuple[str, ...] = ()
    """Starts it, to be spoken to over its pipes."""
    url: str = ""
    """In place of a command: where it is reached over HTTP."""
    headers: dict[str, str] = {}
    """For `url`: headers of every request, each by its name, with the environment variable that holds its value; a word
    before it is sent as it is, as in `Authorization = "Bearer ROOMS_TOKEN"`."""
    environment: tuple[str, ...] = ()
    """For `command`: names of environment variables that it sees besides the usual ones."""

    @model_validator(mode="after")
    def _names_its_headers(self) -> "McpConfig":
        if self.headers and self.command:
            raise ValueError("tools.mcp.headers are for tools.mcp.url; a command's keys are named in .environment")
        for name, told in self.headers.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER.fullmatch(told):
                raise ValueError(  # without what was told, which may be the key itself
                    f"tools.mcp.headers: {name!r} has no variable of the environment; a header's name and a variable's "
                    "were due, as in X-Api-Key = 'ROOMS_KEY' or Authorization = 'Bearer ROOMS_TOKEN'"
                )
        return self


class OpenApiConfig(Record):
    """A service with an OpenAPI 3 document."""

    document: str = ""
    """A local file or an address, JSON or YAML."""
    server: str = ""
    """In place of the document's first server."""
    keys: dict[str, str] = {}
    """For each security scheme by its name: the environment variable that holds its key."""


class ToolBenchConfig(Record):
    """A folder of ToolBench's definitions and recorded responses."""

    folder: str = ""
    """With `tools/CATEGORY/TOOL.json` and `tool_response_cache/CATEGORY/TOOL/API.json`."""
    categories: tuple[str, ...] = ()
    """All where empty."""


class SimulatedConfig(Record):
    """Definitions that a chat model plays, at the generator's endpoint."""

    definitions: str = ""
    """A file of definitions in OpenAI form: a JSON array, or JSON lines."""
    model: str = ""
    """The endpoint's name for the model."""
    temperature: float = 0.7


ToolSource = Literal["python", "mcp", "openapi", "toolbench", "simulated"]


class ToolsConfig(Record):
    """Where the tools come from."""

    source: ToolSource = "python"
    module: str = "ttpa.quickstart.tools"
    """For `python`: a module or a `.py` file: its `TOOLS`, else its public functions. Loading it runs its code."""
    mcp: McpConfig = McpConfig()
    openapi: OpenApiConfig = OpenApiConfig()
    toolbench: ToolBenchConfig = ToolBenchConfig()
    simulated: SimulatedConfig = SimulatedConfig()
    only: tuple[str, ...] = ()
    """Names of the tools to use; all where empty."""
    allow_write: bool = False
    """Whether tools are offered, and so really executed, that change something outside of this run."""
    timeout_seconds: float = Field(default=10.0, gt=0)
    """After this a call is stopped."""
    memory_gb: float = Field(default=8.0, ge=0)
    """For `python`: address space that a worker process may take; no limit where 0."""
    environment: tuple[str, ...] = ()
    """For `python`: names of environment variables that the tools see besides the usual ones, of which keys are none;
    their values are hidden in results."""

    @property
    def origin(self) -> str:
        """What tells the results of one source from another's, as JSON: its module, command, addresses or model."""
        section: Record | None = getattr(self, self.source, None)  # each source but `python` has one of its name
        told = self.module if section is None else section.model_dump(mode="json")
        return canonical_json([self.source, told])

    @model_validator(mode="after")
    def _names_its_source(self) -> "ToolsConfig":
        due = {
            "mcp": bool(self.mcp.command) != bool(self.mcp.url) or "either tools.mcp.command or tools.mcp.url",
            "openapi": bool(self.openapi.document) or "tools.openapi.document",
            "toolbench": bool(self.toolbench.folder) or "tools.toolbench.folder",
            "simulated": bool(self.simulated.definitions and self.simulated.model)
            or "tools.simulated.definitions and tools.simulated.model",
        }
        if isinstance(missing := due.get(self.source, True), str):
            raise ValueError(f"tools.source = {self.source!r} needs {missing}")
        return self
