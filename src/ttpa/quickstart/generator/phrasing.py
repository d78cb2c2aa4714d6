"""Putting things into words: questions and answers, from the templates of the tools' entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from pydantic import JsonValue

from ttpa.quickstart.generator.entry import Argument, Entry
from ttpa.quickstart.generator.knowledge import DOMAIN_OF, ENTRIES
from ttpa.quickstart.generator.plan import Plan

MAX_QUESTION_WORDS = 60
MAX_ANSWER_WORDS = 30
MAX_ATTEMPTS = 40
"""How often a question is put anew because it is too long; the shortest is taken."""
LEAD_SHARE = 0.35
"""How often a question opens with a sentence on why it is asked."""
ECHO_SHARE = 0.5
"""How often a repeated call is asked for as `the same for ...`."""
SHUFFLE_SHARE = 0.12
"""How often the parts of a turn stand in another order than its calls."""

_OPENERS = (
    ("Please ", "."),
    ("Could you ", "?"),
    ("Can you ", "?"),
    ("Would you ", "?"),
    ("I need you to ", "."),
    ("I want you to ", "."),
    ("I would like you to ", "."),
    ("Do me a favour and ", "."),
    ("For me, please ", "."),
    ("", "."),
)
_BESIDE = (
    " and ",
    ", and also ",
    ", plus ",
    " and at the same time ",
    ". Also, ",
    ". Besides, please ",
    ". I also want you to ",
)
_AFTERWARDS = (
    ", then ",
    " and then ",
    ", and after that ",
    ". Then ",
    ". After that, ",
    ". Once that is done, ",
    ". Next, ",
)
_HENCE = (*_AFTERWARDS, " and ", ", and ")
_ECHOES = ("do the same for {}", "do that for {} as well", "repeat it for {}")


@dataclass(frozen=True, slots=True)
class _Part:
    """What one call is asked with, and how it hangs on the part before it."""

    text: str
    joins: tuple[str, ...]


def write_question(rng: Random, plan: Plan, turns: Sequence[Sequence[int]], missing: Sequence[str]) -> str:
    """A question of at most 60 words that asks for the calls of `turns`, with what is `missing` put at its end."""
    words, best = MAX_QUESTION_WORDS + 1, ""
    for attempt in range(MAX_ATTEMPTS):
        question = _compose(rng, _parts(rng, plan, turns), plan.calls[turns[0][0]].tool, lead=attempt == 0)
        if len(question.split()) < words or not best:
            words, best = len(question.split()), question
        if words <= MAX_QUESTION_WORDS:
            break
    values = [text.partition(" = ")[2] or text for text in missing]  # construction names them as `argument = value`
    absent = [value for value in values if value not in best]
    return f"{best} Keep in mind: {', '.join(absent)}." if absent else best


def write_request(rng: Random, entry: Entry, given: Mapping[str, JsonValue]) -> str:
    """A question that asks for one call."""
    text = _clause(rng, entry, given, {})
    return _compose(rng, [_Part(text, ())], entry.tool, lead=True)


def write_answer(rng: Random, told: Sequence[tuple[str, Mapping[str, JsonValue], JsonValue]]) -> str:
    """An answer of at most 30 words from (tool, arguments, result) of every call; the last ones where not all fit."""
    reports = [_report(rng, tool, arguments, result) for tool, arguments, result in told]
    opening = rng.choice(("", "", "Done: ", "All right: ", "Here you go: "))
    join = rng.choice(("; ", ", and "))
    while len(reports) > 1 and len((opening + join.join(reports)).split()) > MAX_ANSWER_WORDS:
        reports.pop(0)
    text = opening + join.join(reports)
    return text[0].upper() + text[1:] + "."


def spoken(value: JsonValue) -> str:
    """A value as people write it: `_` in words as a space, lists with an `and`."""
    if isinstance(value, list):
        *others, last = [spoken(item) for item in value]
        return f"{', '.join(others)} and {last}" if others else last
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("_", " ")


def _parts(rng: Random, plan: Plan, turns: Sequence[Sequence[int]]) -> list[_Part]:
    parts: list[_Part] = []
    before = -1
    for turn in turns:
        order = list(turn)
        if len(order) > 1 and rng.random() < SHUFFLE_SHARE:
            rng.shuffle(order)
        for index in order:
            call = plan.calls[index]
            apart = _AFTERWARDS if index == order[0] else _BESIDE
            joins = _HENCE if call.readings else apart
            echo = _echo(rng, plan, before, index)
            parts.append(
                _Part(echo or _clause(rng, ENTRIES[call.tool], call.given, _read_phrases(rng, plan, index)), joins)
            )
            before = index
    return parts


def _echo(rng: Random, plan: Plan, before: int, index: int) -> str | None:
    """`the same for ...` where the call differs from the one before it in one value only."""
    if before < 0 or rng.random() >= ECHO_SHARE:
        return None
    call, other = plan.calls[index], plan.calls[before]
    varies = ENTRIES[call.tool].varies
    if call.tool != other.tool or call.readings or other.readings or varies not in call.given:
        return None
    if {**call.given, varies: None} != {**other.given, varies: None}:
        return None
    return rng.choice(_ECHOES).format(spoken(call.given[varies]))


def _read_phrases(rng: Random, plan: Plan, index: int) -> dict[str, str]:
    """How the question speaks of values that only an earlier result tells, by argument."""
    call = plan.calls[index]
    phrases: dict[str, str] = {}
    for name, reading in call.readings.items():
        source = ENTRIES[call.tool].argument(name).source(plan.calls[reading.call].tool)
        phrases[name] = rng.choice(source.phrases).format(pick=reading.pick)
    return phrases


def _clause(rng: Random, entry: Entry, given: Mapping[str, JsonValue], read: Mapping[str, str]) -> str:
    phrases = {a.name: read[a.name] if a.name in read else _phrase(rng, a, given) for a in entry.arguments}
    return " ".join(rng.choice(entry.requests).format(**phrases).rstrip(",").split())


def _phrase(rng: Random, argument: Argument, given: Mapping[str, JsonValue]) -> str:
    if argument.name not in given:
        return argument.absent
    value = given[argument.name]
    if isinstance(value, dict):
        return rng.choice(argument.phrases).format(**{name: spoken(field) for name, field in value.items()})
    return rng.choice(argument.denied if value is False else argument.phrases).format(spoken(value))


def _compose(rng: Random, parts: Sequence[_Part], tool: str, *, lead: bool) -> str:
    opener, end = rng.choice(_OPENERS)
    text = opener + parts[0].text
    for part in parts[1:]:
        join = rng.choice(part.joins)
        if join.startswith("."):
            text += end + join[1:] + part.text
            end = "."
        else:
            text += join + part.text
    text = text[0].upper() + text[1:] + end
    if lead and rng.random() < LEAD_SHARE:
        return f"{rng.choice(DOMAIN_OF[tool].leads)} {text}"
    return text


def _report(rng: Random, tool: str, arguments: Mapping[str, JsonValue], result: JsonValue) -> str:
    row = result[0] if isinstance(result, list) and result else result
    if not isinstance(row, dict):
        return "nothing was found"
    fields = {name: spoken(value) for name, value in {**arguments, **row}.items() if not isinstance(value, dict)}
    return rng.choice(ENTRIES[tool].reports).format(**fields)
