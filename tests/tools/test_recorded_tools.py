"""Tools that nothing executes: ToolBench's recorded responses, and definitions that a model plays."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ttpa.errors import ToolError
from ttpa.models.scripted import ScriptedChatModel
from ttpa.records.messages import Message
from ttpa.records.tools import ToolCall
from ttpa.tools.simulated_toolset import SimulatedToolset
from ttpa.tools.toolbench_toolset import ToolBenchToolset

DEFINITION = {
    "tool_name": "Word Dictionary",
    "tool_description": "A dictionary.",
    "api_list": [
        {
            "name": "Look Up/v2",
            "description": "Looks a word up.",
            "required_parameters": [{"name": "word", "type": "STRING", "description": "The word.", "default": "cat"}],
            "optional_parameters": [
                {"name": "limit", "type": "NUMBER", "description": "", "default": "10"},
                {"name": "strict", "type": "BOOLEAN", "description": "", "default": "maybe"},
            ],
        }
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    definitions = tmp_path / "tools" / "Education"
    definitions.mkdir(parents=True)
    (definitions / "word_dictionary.json").write_text(json.dumps(DEFINITION))
    cache = tmp_path / "tool_response_cache" / "Education" / "word_dictionary"
    cache.mkdir(parents=True)
    recorded = {
        "{'word': 'cat', 'strict': True}": {"error": "", "response": {"meaning": "an animal"}},
        '{"word": "dog"}': {"error": "Unauthorized", "response": "no key"},
        """{'word': "it's True"}""": {"error": "", "response": "so it is"},
    }
    (cache / "look_up_v2.json").write_text(json.dumps(recorded))
    return tmp_path


def test_toolbench_definitions_become_schemas(folder: Path) -> None:
    with ToolBenchToolset(str(folder), categories=["Education"]) as toolset:
        [spec] = toolset.specs
    assert (spec.name, spec.description) == ("look_up_v2_for_word_dictionary", "Looks a word up.")
    assert spec.parameters == {
        "type": "object",
        "properties": {
            "word": {"type": "string", "description": "The word."},
            "limit": {"type": "number", "default": 10},
            "strict": {"type": "boolean"},
        },
        "required": ["word"],
    }


def test_toolbench_calls_answer_from_what_was_recorded(folder: Path) -> None:
    with ToolBenchToolset(str(folder)) as toolset, toolset.session() as session:
        name = toolset.specs[0].name
        found = session.run(ToolCall(name=name, arguments={"strict": True, "word": "cat"}))
        assert (found.ok, found.content) == (True, '{"meaning": "an animal"}')
        refused = session.run(ToolCall(name=name, arguments={"word": "dog"}))
        assert (refused.ok, refused.content) == (False, "Unauthorized: no key")
        assert session.run(ToolCall(name=name, arguments={"word": "it's True"})).content == "so it is"
        unknown = session.run(ToolCall(name=name, arguments={"word": "emu"}))
        assert (unknown.ok, unknown.content) == (False, "no response is recorded for these arguments")
        assert not session.run(ToolCall(name=name, arguments={})).ok


def test_of_apis_with_one_name_the_first_is_offered_and_the_others_are_told(folder: Path) -> None:
    again = folder / "tools" / "Games" / "word_dictionary.json"
    again.parent.mkdir()
    again.write_text(json.dumps(DEFINITION))
    with ToolBenchToolset(str(folder)) as toolset, toolset.session() as session:
        [name] = [spec.name for spec in toolset.specs]
        assert toolset.left_out == {f"{name}_2": f"another tool is named {name!r} as well"}
        assert session.run(ToolCall(name=name, arguments={"strict": True, "word": "cat"})).ok


def test_a_folder_without_definitions_is_named(folder: Path) -> None:
    with pytest.raises(ToolError, match="has no definitions in Sports"):
        ToolBenchToolset(str(folder), categories=["Sports"])
    (folder / "tools" / "Education" / "broken.json").write_text("{}")
    with pytest.raises(ToolError, match="is no ToolBench definition: KeyError: 'api_list'"):
        ToolBenchToolset(str(folder))


TOOLS = [
    {"type": "function", "function": {"name": "book.room", "parameters": {"properties": {"guest": {"type": "string"}}}}}
]


@pytest.fixture
def definitions(tmp_path: Path) -> str:
    path = tmp_path / "tools.json"
    path.write_text(json.dumps(TOOLS))
    return str(path)


def test_a_model_plays_a_tool_and_is_told_of_the_calls_before(definitions: str) -> None:
    asked: list[dict[str, object]] = []

    def play(messages: Sequence[Message], seed: int) -> str:
        asked.append(json.loads(messages[-1].content))
        return 'Here: {"result": {"room": 12}}' if len(asked) == 1 else '{"error": "no room is left"}'

    with SimulatedToolset(definitions, ScriptedChatModel(play)) as toolset, toolset.session() as session:
        first = session.run(ToolCall(name="book_room", arguments={"guest": "Ann"}))
        second = session.run(ToolCall(name="book_room", arguments={"guest": "Bob"}))
    assert (first.content, first.ok, first.simulated) == ('{"room": 12}', True, True)
    assert (second.content, second.ok, second.simulated) == ("no room is left", False, True)
    assert asked[0]["earlier"] == []
    assert asked[1]["earlier"] == [
        {"call": {"name": "book_room", "arguments": {"guest": "Ann"}}, "gave": '{"room": 12}'}
    ]


def test_a_player_that_cannot_be_read_is_asked_again_and_then_given_up(definitions: str) -> None:
    seeds: list[int] = []

    def babble(_: object, seed: int) -> str:
        seeds.append(seed)
        return "I am a tool."

    with SimulatedToolset(definitions, ScriptedChatModel(babble)) as toolset, toolset.session() as session:
        result = session.run(ToolCall(name="book_room", arguments={}))
        assert not session.run(ToolCall(name="book_room", arguments={"guest": 3})).ok
    assert not result.ok
    assert "nothing that can be read" in result.content
    assert seeds == [0, 1, 2]


def test_a_file_without_definitions_is_named(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text('[{"name": "bare"}]')
    with pytest.raises(ToolError, match=r"tools.json.*, definition 1: function: Field required; OpenAI form was due"):
        SimulatedToolset(str(tmp_path / "tools.json"), ScriptedChatModel(lambda messages, seed: ""))
