import hashlib
from itertools import islice
from random import Random

from ttpa.pretrain.lexicon import PLACES, Share
from ttpa.pretrain.world import simple_kinds
from ttpa.pretrain.world.stream import PARTS, World
from ttpa.records.instructions import Instruction
from ttpa.records.record import JsonObject
from ttpa.records.tools import ToolSpec
from ttpa.stages.score import score_turn


def instructions(share: Share, worlds: int, each: int = 6) -> list[Instruction]:
    return [one for index in range(worlds) for one in islice(World(3, share, index).instructions(), each)]


def properties(tool: ToolSpec) -> dict[str, JsonObject]:
    """The schemas of a tool's parameters."""
    found = tool.parameters["properties"]
    assert isinstance(found, dict)
    return {name: schema for name, schema in found.items() if isinstance(schema, dict)}


def names(made: list[Instruction]) -> tuple[set[str], set[str], set[str]]:
    """Names of tools, names of parameters, and enum words."""
    tools = {tool.name: tool for one in made for tool in one.tools}
    schemas = [item for tool in tools.values() for item in properties(tool).items()]
    words: set[str] = set()
    for _, schema in schemas:
        options = schema.get("enum", [])
        assert isinstance(options, list)
        words.update(str(option) for option in options if str(option).islower())  # codes are drawn letter by letter
    return set(tools), {name for name, _ in schemas}, words


def test_a_world_is_a_function_of_seed_share_and_index() -> None:
    def some(seed: int, index: int) -> list[Instruction]:
        return list(islice(World(seed, "train", index).instructions(), 5))

    assert some(1, 7) == some(1, 7)
    assert some(1, 7) != some(2, 7)
    assert some(1, 7) != some(1, 8)


def test_every_reference_is_right_by_its_own_schema() -> None:
    for one in instructions("train", 120):
        for point in one.decision_points():
            verdict = score_turn(point.reference, point.reference, point.tools)
            assert verdict.errors == (), (point.id, verdict.errors)


def test_names_of_the_test_never_occur_in_training() -> None:
    train, test = names(instructions("train", 400, 1)), names(instructions("test", 400, 1))
    for kind, (known, held_out) in zip(
        ("tools", "parameters", "enum words"), zip(train, test, strict=True), strict=True
    ):
        assert len(held_out) > 100, kind
        assert not known & held_out, (kind, sorted(known & held_out)[:10])


def test_every_string_value_that_a_call_takes_stands_in_what_was_said_before() -> None:
    missing = 0
    points = [point for one in instructions("train", 150) for point in one.decision_points() if point.reference]
    values = 0
    for point in points:
        said = " ".join(message.content for message in point.history)
        for call in point.reference:
            for name, value in call.arguments.items():
                schema = properties(next(t for t in point.tools if t.name == call.name))[name]
                if isinstance(value, str) and "enum" not in schema and "date" not in name:
                    values += 1
                    missing += value not in said
    assert values > 500
    assert missing / values < 0.05  # days that are written out


def test_the_stream_is_the_one_that_the_embedded_policy_was_made_of() -> None:
    """Whoever changes the stream makes another policy: its card and figures are due again."""

    def digest(share: Share, first: int) -> str:
        made = hashlib.sha256()
        for index in range(first, first + 30):
            for one in islice(World(0, share, index).instructions(), 4):
                made.update(one.model_dump_json().encode())
        return made.hexdigest()[:16]

    assert [digest("train", first) for first in PARTS.values()] == [
        "5564a6d08efb5a88",
        "5cc16184d4ec5800",
        "4e60bde73ca0a3c7",
        "e385d1ddffad6fa8",
    ]
    assert digest("test", 0) == "e887bf82242d513f"


def test_strings_with_a_fixed_meaning_have_a_format_in_the_test_and_most_often_at_the_end_of_training() -> None:
    """For nothing else tells what `area` takes to a policy that has never met the word."""

    def told(share: Share, first: int) -> float:
        rng = Random(5)
        lexicon = World(0, share, first).lexicon
        return sum("format" in simple_kinds.place(rng, lexicon).schema for _ in range(400)) / 400

    assert told("train", PARTS["known"]) == told("train", PARTS["read"]) == 0
    assert abs(told("train", PARTS["told"]) - 0.75) < 0.06
    assert told("test", 0) == 1


def test_in_the_last_part_of_the_training_a_fixed_meaning_has_any_name() -> None:
    """So a place is not always `city` or `region`: what its parameter is called can only be read."""

    def place_names(first: int) -> set[str]:
        rng = Random(5)
        lexicon = World(0, "train", first).lexicon
        return {simple_kinds.place(rng, lexicon).name for _ in range(200)}

    known = set(PLACES[:6])
    assert place_names(PARTS["known"]) == place_names(PARTS["mixed"]) == known
    assert known < place_names(PARTS["read"])
    assert len(place_names(PARTS["read"])) > 60
    assert not place_names(PARTS["read"]) & set(PLACES[6:])
