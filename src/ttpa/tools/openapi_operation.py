"""One operation of an OpenAPI service: what a model is told of it, and what its request is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ttpa.tools.offer import Definition

Place = Literal["path", "query", "header", "body"]
Style = Literal["simple", "form", "spaceDelimited", "pipeDelimited", "deepObject", "json"]
"""How a value that is no scalar is written: as OpenAPI names it, or as JSON where the document says so."""


@dataclass(frozen=True, slots=True)
class Argument:
    """Where one argument goes."""

    name: str
    """As the document has it."""
    place: Place
    explode: bool = True
    """Whether each item of an array, and each member of an object, is given by itself."""
    style: Style = "form"


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries."""

    kind: Literal["json", "form"]
    content_type: str
    """As the document has it."""
    is_required: bool
    """Whether it is sent without any argument too."""
    whole: str | None = None
    """The argument that is the whole body, where its members are no arguments of their own."""
    fields: Mapping[str, Argument] = field(default_factory=dict[str, Argument])
    """How a form that is whole writes its members, by their names; others are written in the usual style."""


@dataclass(frozen=True, slots=True)
class Secret:
    """How a request proves who sends it."""

    scheme: str
    """The document's name for it."""
    kind: Literal["header", "query", "cookie", "bearer", "basic"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the service."""

    definition: Definition
    server: str
    """The address that its path is added to."""
    method: str
    path: str
    """With the query of its own that some documents give it."""
    arguments: Mapping[str, Argument]
    """By the name that the tool's schema gives it."""
    body: Body | None = None
    secrets: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """What a document describes."""

    operations: tuple[Operation, ...]
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])
    """Operations that cannot be called, with the reason."""
