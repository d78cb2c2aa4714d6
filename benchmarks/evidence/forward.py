"""The same data as if the question had come first: it forgets values that the calls need, and names tools.

Not data that was made forward, which takes a model that writes and one that answers; a stand-in with the two faults
that the paper finds in such data (values that come from nowhere, leaks), at the rates below, which are ours.
"""

import re
from random import Random

from ttpa.records.instructions import Instruction
from ttpa.records.json_shapes import leaves
from ttpa.records.messages import Message, UserMessage

FORGOTTEN = 0.15
"""Of the values that the question holds."""
NAMED = 0.15
"""Of the questions: they name a tool that is due."""
_VAGUE = ("whatever fits", "the usual one", "a suitable one")


def as_if_forward(instruction: Instruction, seed: int) -> Instruction:
    """The instruction with the question that such data would have; without calls, as it is."""
    rng = Random(f"{seed}/forward/{instruction.id}")
    calls = [call for step in instruction.steps for call in step.calls]
    question = instruction.question
    for call in calls:
        for _, value in leaves(call.arguments, ""):
            text = str(value).replace("_", " ")
            place = re.search(rf"(?<!\w){re.escape(text)}(?!\w)", question, re.IGNORECASE) if text else None
            if place and not isinstance(value, bool) and rng.random() < FORGOTTEN:
                question = question[: place.start()] + rng.choice(_VAGUE) + question[place.end() :]
    if calls and rng.random() < NAMED:
        question = f"{question} Use {rng.choice(calls).name}."
    *before, last = instruction.context
    assert isinstance(last, UserMessage)
    context: tuple[Message, ...] = (*before, last.model_copy(update={"content": question}))
    return instruction.model_copy(update={"context": context})
