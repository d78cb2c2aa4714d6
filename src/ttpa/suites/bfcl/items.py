"""The benchmark's items as episodes: one turn, or a dialogue whose calls its own classes execute."""

from collections.abc import Iterator, Sequence
from itertools import count

from pydantic import BaseModel, JsonValue

from ttpa.records.instructions import Acceptable
from ttpa.records.messages import AssistantMessage, Message, SystemMessage, ToolMessage, UserMessage
from ttpa.records.record import JsonObject
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.suites.bfcl.environment import BfclWorker
from ttpa.suites.bfcl.golds import first_calls
from ttpa.suites.episodes import Ask, Ended, Episode, Item

_SESSIONS: Iterator[int] = count(1)
_REFUSAL = AssistantMessage(content="None of these functions can do that.")
_DONE = AssistantMessage(content="It is done.")
ENDLESS = "at calls that do not end"


class ItemTurn(BaseModel):
    """A turn of the user, and the functions that come with it."""

    messages: list[dict[str, str]]
    added: list[ToolSpec]
    added_functions: list[JsonObject]


class BfclItem(BaseModel):
    """An item as the worker tells it."""

    id: str
    turns: list[ItemTurn]
    tools: list[ToolSpec]
    functions: list[JsonObject]
    """As the benchmark defines them; scoring reads its types."""
    gold: list[JsonValue] | None
    """Acceptable answers of one turn, or for each turn of a dialogue its calls; none where only the number counts."""
    is_dialogue: bool
    most_steps: int

    def acceptable(self) -> list[Acceptable] | None:
        """The acceptable values of a single turn's calls."""
        return None if self.gold is None or self.is_dialogue else _Answer.model_validate({"calls": self.gold}).calls

    def executable(self) -> set[str]:
        """Names that its classes have: one that is held back executes before it is offered, as in the package."""
        return {tool.name for tools in (self.tools, *(turn.added for turn in self.turns)) for tool in tools}

    def gold_calls(self) -> list[tuple[ToolCall, ...]] | None:
        """The gold calls of each turn."""
        if self.gold is None:
            return None
        if self.is_dialogue:
            return [_Turn.model_validate({"calls": turn}).calls for turn in self.gold]
        return [first_calls(self.acceptable() or [])]


class _Answer(BaseModel):
    calls: list[Acceptable]


class _Turn(BaseModel):
    calls: tuple[ToolCall, ...]


def make_item(told: BfclItem, category: str, worker: BfclWorker) -> Item:
    """The item as an episode, with its gold."""
    golds = told.gold_calls()
    if golds is None and category == "live_relevance":  # any call is right there
        gold = (AssistantMessage(tool_calls=(ToolCall(name=told.tools[0].name, arguments={}),)),)
    elif golds is None:
        gold = (_REFUSAL,)
    elif told.is_dialogue:
        gold = tuple(
            turn for calls in golds for turn in ((AssistantMessage(tool_calls=calls), _DONE) if calls else (_DONE,))
        )
    else:
        gold = (AssistantMessage(tool_calls=golds[0]),)
    start = (lambda: _play_dialogue(told, worker)) if told.is_dialogue else (lambda: _play_turn(told))
    return Item(id=told.id, category=category, start=start, gold=gold)


def permit(calls: tuple[ToolCall, ...], executable: set[str]) -> list[ToolCall]:
    """The calls as the package may execute them, which evaluates Python text that it makes of their names.

    A name that its classes do not have, or an argument that is no name at all, becomes a function that does not exist.
    """
    return [
        call
        if call.name in executable and all(name.isidentifier() for name in call.arguments)
        else ToolCall(name="no_such_function", arguments={})
        for call in calls
    ]


def _play_turn(told: BfclItem) -> Episode:
    heard = yield Ask(_messages(told.turns[0]), told.tools)
    return Ended(((heard.text,),))


def _play_dialogue(told: BfclItem, worker: BfclWorker) -> Episode:
    """As the package's own handlers go on: until a step calls nothing, and 20 steps a turn at most."""
    session = _Session(worker, told.id)
    history: list[Message] = []
    tools = list(told.tools)
    said: list[tuple[str, ...]] = []
    try:
        for turn in told.turns:
            tools.extend(turn.added)
            history.extend(_messages(turn))
            steps: list[str] = []
            said.append(())
            while len(steps) <= told.most_steps:
                heard = yield Ask(tuple(history), tuple(tools))
                steps.append(heard.text)
                said[-1] = tuple(steps)
                message = heard.message()
                history.append(message)
                if not message.tool_calls:
                    break
                try:
                    results = session.execute(permit(message.tool_calls, told.executable()))
                except TimeoutError:
                    return Ended(tuple(said), {"ended": ENDLESS})
                history.extend(ToolMessage(content=result) for result in results)
            else:
                return Ended(tuple(said), {"ended": "at the step limit"})
        return Ended(tuple(said), {"ended": "after the last turn"})
    finally:
        session.release()


class _Session:
    """The instances of the package's classes that a dialogue has, in whichever process."""

    def __init__(self, worker: BfclWorker, item_id: str) -> None:
        self._worker = worker
        self._item_id = item_id
        self._number = next(_SESSIONS)
        self._starts = worker.starts
        self._executed: list[list[JsonValue]] = []

    def execute(self, calls: Sequence[ToolCall]) -> list[str]:
        """Their results. Raises `TimeoutError` where they do not end."""
        if self._worker.starts != self._starts:  # calls of another dialogue have ended the process
            self._starts = self._worker.starts
            for before in self._executed:
                self._ask(before)
        made: list[JsonValue] = [call.model_dump() for call in calls]
        results = self._ask(made)
        self._executed.append(made)
        return [str(result) for result in results]

    def release(self) -> None:
        self._worker.ask(op="release", session=self._number)

    def _ask(self, calls: list[JsonValue]) -> list[JsonValue]:
        results = self._worker.ask(op="execute", id=self._item_id, session=self._number, calls=calls)
        assert isinstance(results, list)
        return results


def _messages(turn: ItemTurn) -> list[Message]:
    kinds = {"system": SystemMessage, "user": UserMessage, "assistant": AssistantMessage}
    return [kinds[each["role"]](content=each["content"]) for each in turn.messages]
