"""Questions and answers in words, put together from what tools, parameters and values are called."""

import json
from collections.abc import Mapping, Sequence
from random import Random

from pydantic import JsonValue

from ttpa.pretrain.lexicon import Lexicon
from ttpa.pretrain.world import values
from ttpa.pretrain.world.parameter import BEFORE, Parameter
from ttpa.pretrain.world.tools import VERBS, GeneratedTool

LEAD_SHARE = 0.2
"""How often a question opens with a sentence that asks for nothing."""
SHUFFLE_SHARE = 0.35
"""How often values stand in another order than in the signature."""

_OPENERS = (
    ("Please ", "."), ("Could you ", "?"), ("Can you ", "?"), ("Would you ", "?"), ("I need you to ", "."),
    ("I want you to ", "."), ("I would like to ", "."), ("I'd like you to ", "."), ("Help me ", "."), ("", "."),
    ("", "."), ("", ""), ("Hi, please ", "."), ("Now ", "."), ("Kindly ", "."), ("Do me a favour and ", "."),
)  # fmt: skip
_BESIDE = (" and ", " and ", ", and also ", ", plus ", " and at the same time ", ". Also, ", ". Besides, please ", "; ")
_AFTERWARDS = (
    ", then ",
    " and then ",
    ", and after that ",
    ". Then ",
    ". After that, ",
    ". Once that is done, ",
    ". Next, ",
)
_ECHOES = ("do the same{}", "do it again{}", "once more{}", "repeat that{}")
_ECHOED_VALUES = ("do the same for {}", "do that for {} as well", "repeat it for {}", "the same for {}")
_UNABLE = (
    "I am sorry, but none of my tools can {}.",
    "Sorry, I have no tool to {}.",
    "I cannot {} with the tools I have.",
    "None of the tools here can {}.",
)
_ASKING = ("Could you tell me the {}?", "What is the {}?", "I still need the {}.", "Please give me the {} first.")
_FOUND = (
    "The {field} of the {noun} is {value}.",
    "The {noun} has the {field} {value}.",
    "Here it is: {field} {value}.",
    "Done: {field} {value}.",
)


def clause(
    rng: Random, tool: GeneratedTool, given: Mapping[str, JsonValue], said: Mapping[str, str]
) -> tuple[str, bool]:
    """A clause that asks for one call, and whether it is a question by itself.

    `given` holds the values that are named, `said` words for arguments that an earlier result tells.
    """
    parts: list[tuple[Parameter, str]] = []
    for parameter in tool.parameters:
        if parameter.name in said:
            parts.append((parameter, said[parameter.name]))
        elif parameter.name in given:
            parts.append((parameter, parameter.say(given[parameter.name], rng, before=not tool.takes)))
    subject = next((text for parameter, text in parts if parameter.fills), None)
    rest = [text for parameter, text in parts if not parameter.fills and not text.startswith(BEFORE)]
    before = " ".join(text.removeprefix(BEFORE) for _, text in parts if text.startswith(BEFORE))
    if rng.random() < SHUFFLE_SHARE:
        rng.shuffle(rest)
    tail = "".join(rest)
    thing = _with_adjectives(rng.choice(tool.objects), before)
    if subject:
        about = thing.removeprefix("a ").removeprefix("the ").removeprefix("one ")
        is_named = tool.deed in ("get", "compute", "control") or rng.random() < 0.15
        thing = f"the {about}{rng.choice((' of', ' for'))}{subject}" if is_named else subject.strip()
    if tool.deed in ("get", "compute") and rng.random() < 0.3:
        return f"{rng.choice(('what is', 'what is', 'what would be'))} {thing}{tail}", True
    if tool.deed == "find" and not subject and not thing.startswith("a ") and rng.random() < 0.12:
        return f"{rng.choice(('which', 'what'))} {thing} are there{tail}", True
    return f"{rng.choice(VERBS[tool.deed].requests)} {thing}{tail}", False


def join_parts(rng: Random, lexicon: Lexicon, parts: Sequence[tuple[str, bool, bool]]) -> str:
    """Clauses as one request; each with whether it is a question by itself, and whether it follows the one before."""
    first, is_question, _ = parts[0]
    opener, end = ("", "?") if is_question else rng.choice(_OPENERS)
    text = opener + first
    for part, _, comes_after in parts[1:]:
        join = rng.choice(_AFTERWARDS if comes_after else _BESIDE)
        if join.startswith("."):
            text, end = text + (end or ".") + join[1:] + part, "."
        else:
            text += join + part
    text = (
        text[0].upper() + text[1:] + end
        if rng.random() < 0.95
        else text.lower()
        if not parts[1:] and text.islower()
        else text
    )
    return f"{_lead(rng, lexicon)} {text}" if rng.random() < LEAD_SHARE else text


def echo(rng: Random, parameter: Parameter, value: JsonValue) -> str:
    """Asks for the call before again, with another value."""
    if rng.random() < 0.4:
        return rng.choice(_ECHOES).format(parameter.say(value, rng).removeprefix(","))
    return rng.choice(_ECHOED_VALUES).format(parameter.speak(value, rng))


def refusal(rng: Random, tool: GeneratedTool) -> str:
    """What is said where no tool fits."""
    return rng.choice(_UNABLE).format(f"{rng.choice(VERBS[tool.deed].requests)} {rng.choice(tool.objects)}")


def query(rng: Random, parameter: Parameter) -> str:
    """Asks for a value that is missing."""
    return rng.choice(_ASKING).format(parameter.words)


def answer(rng: Random, told: Sequence[tuple[GeneratedTool, JsonValue]]) -> str:
    """Tells what came of the calls; of the last two at most."""
    sentences: list[str] = []
    for tool, result in told[-2:]:
        row = result[0] if isinstance(result, list) and result else result
        assert isinstance(row, dict)
        field, value = rng.choice(list(row.items()))
        text = json.dumps(value) if isinstance(value, dict | list) else str(value)
        sentences.append(rng.choice(_FOUND).format(field=field.replace("_", " "), noun=tool.noun, value=text))
    return " ".join(sentences)


def _with_adjectives(thing: str, adjectives: str) -> str:
    """`the report` with `new` as `the new report`."""
    if not adjectives:
        return thing
    article, _, rest = thing.partition(" ")
    return f"{article} {adjectives} {rest}" if article in ("a", "the", "one") else f"{adjectives} {thing}"


def _lead(rng: Random, lexicon: Lexicon) -> str:
    thing, other = lexicon.thing(rng).text, lexicon.thing(rng).text
    return rng.choice(
        (
            f"I am thinking about a {thing}.",
            f"My {thing} is {lexicon.adjective(rng)}.",
            f"We are getting ready for the {thing}.",
            f"The {thing} needs a {other}.",
            f"I am {values.person(rng)}.",
            f"{values.proper_name(rng)} asked me about the {thing}.",
            f"There are {rng.randint(2, 20)} of us.",
            f"I have {rng.randint(2, 9)} {thing}s at home.",
        )
    )
