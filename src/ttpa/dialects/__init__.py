"""How a model family writes tool calls; a new dialect is one file and one line here."""

from ttpa.dialects.base import Dialect, TextSpan, TurnText
from ttpa.dialects.hermes import Hermes
from ttpa.dialects.llama3_json import Llama3Json
from ttpa.dialects.llama3_pythonic import Llama3Pythonic
from ttpa.dialects.mistral import Mistral
from ttpa.dialects.plain_json import PlainJson

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (Hermes(), Llama3Json(), Llama3Pythonic(), Mistral(), PlainJson())
}

__all__ = ["DIALECTS", "Dialect", "TextSpan", "TurnText"]
