"""What a tool is, a call of it, and what came back."""

from pydantic import JsonValue

from ttpa.records.record import JsonObject, Record
from ttpa.records.strict_json import canonical_json


class ToolSpec(Record):
    """A tool as a model sees it."""

    name: str
    description: str = ""
    parameters: JsonObject
    """JSON Schema of the arguments, an object schema."""

    def as_openai(self) -> JsonObject:
        """The OpenAI function form: `{"type": "function", "function": {...}}`."""
        function: JsonObject = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}


class ToolCall(Record):
    """One call: a tool's name and its arguments by name."""

    name: str
    arguments: dict[str, JsonValue]

    def identity(self) -> str:
        """Text that calls share exactly where they are equal: numbers by value, members in any order."""
        return canonical_json([self.name, _with_whole_numbers(self.arguments)])


def _with_whole_numbers(value: JsonValue) -> JsonValue:
    """The value with 3 for 3.0."""
    if isinstance(value, dict):
        return {name: _with_whole_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class ToolResult(Record):
    """What a tool gave back."""

    content: str
    """The result as the model reads it: JSON text where the tool returned a value, the error's text otherwise."""
    ok: bool
    """Whether the call succeeded."""
    simulated: bool = False
    """Whether a model played the tool."""
