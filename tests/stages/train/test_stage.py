"""Training examples: whole dialogues where prompts continue one another, only the assistant's own tokens learned."""

from collections.abc import Sequence

from ttpa.dialects import DIALECTS
from ttpa.models.scripted import CharacterTokenizer
from ttpa.records.instructions import Instruction, Step
from ttpa.records.messages import AssistantMessage, Message, UserMessage
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.stages.train import SftExample, build_examples

HERMES = DIALECTS["hermes"]
TOOL = ToolSpec(name="add", parameters={"type": "object", "properties": {}})
CALL = ToolCall(name="add", arguments={"x": 1})
INSTRUCTION = Instruction(
    id="i",
    source="test",
    split="train",
    tools=(TOOL,),
    context=(UserMessage(content="Add one."),),
    steps=(Step(calls=(CALL,), results=(ToolResult(content="1", ok=True),)),),
    answer="It is 1.",
)


class ChatTokenizer(CharacterTokenizer):
    """Renders a dialogue as lines, so that each prompt continues the turn before it."""

    def prompt_ids(self, history: Sequence[Message], tools: Sequence[ToolSpec]) -> tuple[int, ...]:
        ids: list[int] = []
        for message in history:
            if isinstance(message, AssistantMessage):
                ids.extend([ord(">"), *map(ord, HERMES.write_turn(message)), 0])
            else:
                ids.extend(ord(character) for character in f"{message.role}: {message.content}\n")
        return (*ids, ord(">"))


def learned_text(example: SftExample) -> str:
    pairs = zip(example.token_ids, example.is_learned, strict=True)
    return "".join(chr(token_id) if token_id else "$" for token_id, learned in pairs if learned)


def test_a_dialogue_is_one_sequence_where_prompts_continue_one_another() -> None:
    [example] = build_examples(INSTRUCTION, ChatTokenizer())
    turn = '<tool_call>\n{"name": "add", "arguments": {"x": 1}}\n</tool_call>'
    assert learned_text(example) == f"{turn}$It is 1.$"


def test_a_template_that_rewrites_history_gives_a_sequence_a_turn() -> None:
    examples = build_examples(INSTRUCTION, CharacterTokenizer())  # it renders each prompt as one JSON text
    assert len(examples) == 2
    assert learned_text(examples[1]) == "It is 1.$"


def test_every_learned_turn_ends_with_the_end_token() -> None:
    for example in build_examples(INSTRUCTION, CharacterTokenizer()):
        assert example.token_ids[-1] == 0
        assert example.is_learned[-1]


def test_a_turn_without_calls_and_text_teaches_nothing() -> None:
    silent = INSTRUCTION.model_copy(update={"steps": (), "answer": ""})
    assert build_examples(silent, ChatTokenizer()) == []
