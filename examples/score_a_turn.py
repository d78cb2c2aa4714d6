"""Scores one candidate turn against a reference and prints each error with its place."""

from ttpa import score_turn

weather = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer"},
                "unit": {"type": "string", "enum": ["metric", "imperial"]},
            },
            "required": ["city", "days"],
        },
    },
}
tools = [weather]
reference = [{"name": "get_weather", "arguments": {"city": "Paris", "days": 3, "unit": "metric"}}]
candidate = """<tool_call>
{"name": "get_weather", "arguments": {"city": "Paris", "days": "3", "unit": "kelvin"}}
</tool_call>"""

verdict = score_turn(candidate, reference, tools, dialect="hermes")
print(f"score {verdict.score:.3f}")
for error in verdict.errors:
    print(f"call {error.call}, {error.path}: {error.kind}, expected {error.expected!r}, got {error.got!r}")
