"""The benchmark's two searches for a query: one path (ReAct style), and depth first with two tries a state.

Limits are the benchmark's: a path has at most 12 nodes, where a thought is one and a call two (its name, its
arguments; several calls of one turn, which the benchmark does not know, count as one). A search asks the policy at most
200 times and ends with the first answer. A path that gives up sends depth-first search two states back. A turn that
calls nothing ends its path, where the benchmark asks on; depth-first search tries no other way after it, since it would
be asked for in the same words, and a greedy policy would say the same again. So does one that is cut off.
"""

import json
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import JsonValue

from ttpa.records.messages import Message, SystemMessage, ToolMessage, UserMessage
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.suites.episodes import Ask, Ended, Episode, Said
from ttpa.suites.toolbench.answering import Answering, observe
from ttpa.suites.toolbench.queries import FINISH, Query

MOST_NODES = 12
MOST_ASKS = 200
WIDTH = 2
_GIVE_UP_BACK = 2
_FOUND = 10_000
_PROMPTS = Path(__file__).with_name("prompts")


@dataclass(frozen=True, slots=True)
class _State:
    """A place in the search: the dialogue so far, and how deep it is."""

    history: tuple[Message, ...]
    nodes: int = 0
    calls: tuple[JsonValue, ...] = ()
    """The path's calls and what they gave."""


@dataclass(slots=True)
class _Search:
    """What one query's search has come to."""

    query: Query
    answering: Answering
    said: list[str] = field(default_factory=list[str])
    path: tuple[JsonValue, ...] = ()
    """The calls of the path that answered, else of the last one."""
    made: list[JsonValue] = field(default_factory=list[JsonValue])
    """All calls of all paths."""
    answer: str | None = None
    gave_up: int = 0

    def hear(self, state: _State, heard: Said) -> tuple[_State, str]:
        """The state after a turn, and how its path stands: `open`, `answered`, `gave up` or `dead`."""
        self.said.append(heard.text)
        turn = heard.message()
        nodes = state.nodes + bool(turn.content) + 2 * bool(turn.tool_calls)
        new = replace(state, history=(*state.history, turn), nodes=nodes)
        if not turn.tool_calls or not heard.ended:  # calls of a turn that was cut off are never run
            return new, "dead"
        for call in turn.tool_calls:
            if call.name == FINISH.name:
                return new, self._finish(new, call)
            result = self.answering.run(self.query, call, new.calls)
            kept = _kept(call, result)
            self.made.append(kept)
            message = ToolMessage(content=observe(result))
            new = replace(new, history=(*new.history, message), calls=(*new.calls, kept))
        self.path = new.calls
        return new, "open" if new.nodes < MOST_NODES else "dead"

    def _finish(self, state: _State, call: ToolCall) -> str:
        self.path = state.calls
        answer = call.arguments.get("final_answer")
        if call.arguments.get("return_type") == "give_answer" and isinstance(answer, str):
            self.answer = answer
            return "answered"
        self.gave_up += 1
        return "gave up"

    def ended(self) -> Ended:
        notes: dict[str, JsonValue] = {
            "answer": self.answer,
            "path": list(self.path),
            "made": list(self.made),
            "gave up": self.gave_up,
        }
        return Ended((tuple(self.said),), notes)


def search_one_path(query: Query, answering: Answering) -> Episode:
    """One path from the query to its end."""
    search = _Search(query, answering)
    state, standing = _begin(query), "open"
    while standing == "open" and len(search.said) < MOST_ASKS:
        heard = yield _ask(state, query)
        state, standing = search.hear(state, heard)
    return search.ended()


def search_depth_first(query: Query, answering: Answering) -> Episode:
    """Depth first: at each state a first turn and what follows from it, then one whose calls differ from its calls."""
    search = _Search(query, answering)
    yield from _explore(_begin(query), search)
    return search.ended()


def _explore(state: _State, search: _Search) -> Generator[Ask, Said, int]:
    """Explores what follows `state`; how many states the search goes back from here."""
    tried: list[JsonValue] = []
    for _ in range(WIDTH):
        if len(search.said) >= MOST_ASKS:
            return _FOUND
        shown = state
        if tried:
            prompt = (_PROMPTS / "other_way.md").read_text(encoding="utf-8")
            told = prompt.replace("{candidates}", json.dumps(tried, ensure_ascii=False, indent=1)).strip()
            shown = replace(state, history=(*state.history, UserMessage(content=told)))
        heard = yield _ask(shown, search.query)
        after, standing = search.hear(state, heard)
        tried.extend(call.model_dump(mode="json") for call in heard.message().tool_calls)
        back = 1
        if standing == "answered":
            return _FOUND
        if standing == "gave up":
            back = _GIVE_UP_BACK
        elif standing == "open":
            back = yield from _explore(after, search)
        if back > 1:
            return back - 1 if back < _FOUND else _FOUND
        if not tried:
            break
    return 1


def _begin(query: Query) -> _State:
    task = (_PROMPTS / "task.md").read_text(encoding="utf-8")
    tools = "".join(f"{number}.{tool}\n" for number, tool in enumerate(query.tools, start=1))
    return _State((SystemMessage(content=task + tools), UserMessage(content=f"\n{query.text}\nBegin!\n")))


def _ask(state: _State, query: Query) -> Ask:
    return Ask(state.history, (*query.apis, FINISH))


def _kept(call: ToolCall, result: ToolResult) -> JsonValue:
    return {"call": call.model_dump(mode="json"), "gave": result.model_dump(mode="json")}
