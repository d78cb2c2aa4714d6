"""Schemas as nodes that answer questions about values fast; a schema that refers to itself is a node in a circle."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ttpa.records.json_pointer import resolve
from ttpa.records.record import JsonValue
from ttpa.stages.score.normalise import CONSTRAINTS
from ttpa.stages.score.validators import has_pattern

Path = tuple[str | int, ...]
"""A place below a call's arguments."""

_CLASSES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


@dataclass(slots=True, eq=False)
class Node:
    """What a schema says about one value."""

    types: tuple[str, ...] | None = None
    """JSON types; none where anything goes."""
    classes: frozenset[type] | None = None
    """The Python classes of these types."""
    properties: "dict[str, Node]" = field(default_factory=dict[str, "Node"])
    required: tuple[str, ...] = ()
    patterns: "tuple[tuple[str, Node], ...]" = ()
    """Schemas of members whose names match a pattern."""
    additional: "Node | None" = None
    """Schema of all other members; none where there may be no such member."""
    items: "Node | None" = None
    prefix: "tuple[Node, ...]" = ()
    variants: "tuple[Node, ...]" = ()
    """Alternatives (`anyOf`), each joined with what the schema says besides."""
    has_default: bool = False
    default: JsonValue = None
    choices: tuple[JsonValue, ...] = ()
    """The values of `enum` or `const`, where the schema has one."""
    is_constrained: bool = False
    """Whether a value can break more than types and members."""

    def allows(self, value: JsonValue) -> bool:
        """Whether the JSON type of `value` is right: 3.0 is an integer, a boolean is not."""
        if self.classes is None or type(value) in self.classes:
            return True
        return isinstance(value, float) and int in self.classes and value.is_integer()

    def member(self, name: str) -> "Node | None":
        """The schema of a member; none where the schema knows no such member."""
        if self.patterns and name not in self.properties:
            return next((node for pattern, node in self.patterns if has_pattern(name, pattern)), self.additional)
        return self.properties.get(name, self.additional)

    def element(self, index: int) -> "Node":
        """The schema of an array's element."""
        if index < len(self.prefix):
            return self.prefix[index]
        return self.items or ANYTHING

    def choose(self, value: JsonValue, meant: JsonValue) -> int | None:
        """Index of the alternative that counts for an array or object; none where there is no choice.

        Of those that have its type it is the one that `meant` fits, whatever errors `value` holds: were it chosen by
        `value`, one more error could raise a score. If `meant` fits none, it is one that `value` fits, else the first.
        """
        if not self.variants or not isinstance(value, dict | list):
            return None
        allowed = [index for index, variant in enumerate(self.variants) if variant.allows(value)]
        fitting = (index for each in (meant, value) for index in allowed if fits(each, self.variants[index]))
        return next(fitting, allowed[0] if allowed else None)

    def variant_for(self, value: JsonValue) -> "Node":
        """The alternative that `value` is closest to, also where it is one of an alternative's own."""
        node = self
        while (index := node.choose(value, value)) is not None:
            node = node.variants[index]
        return node


ANYTHING = Node()
ANYTHING.additional = ANYTHING

_RULED = Node(additional=ANYTHING, is_constrained=True)
"""Anything, as far as the rules of the whole schema allow it."""


def fits(value: JsonValue, node: Node) -> bool:
    """Whether types, members and choices (`enum`, `const`) of `value` are as `node` says, all the way down."""
    if not node.allows(value):
        return False
    if node.choices and not any(
        value == each and isinstance(value, bool) is isinstance(each, bool) for each in node.choices
    ):
        return False
    if node.variants:
        return any(fits(value, variant) for variant in node.variants)
    if isinstance(value, dict):
        if any(name not in value for name in node.required):
            return False
        members = [(item, node.member(name)) for name, item in value.items()]
        return all(child is not None and fits(item, child) for item, child in members)
    if isinstance(value, list):
        return all(fits(item, node.element(index)) for index, item in enumerate(value))
    return True


def is_constrained(schema: JsonValue, root: dict[str, Any]) -> bool:
    """Whether `schema` holds a rule beyond types and members, itself or by reference."""
    stack, seen = [schema], set[str]()
    while stack:
        part = stack.pop()
        if isinstance(part, list):
            stack.extend(part)
        elif isinstance(part, dict):
            parts = part.get("allOf")
            if not CONSTRAINTS.isdisjoint(part) or (isinstance(parts, list) and len(parts) > 1):
                return True  # of a member that two parts describe a node tells what the first says
            stack.extend(value for key, value in part.items() if key not in ("default", "properties"))
            if isinstance(members := part.get("properties"), dict):
                stack.extend(members.values())
            reference = part.get("$ref")
            if isinstance(reference, str) and reference not in seen:
                seen.add(reference)
                stack.append(resolve(root, reference))
    return False


def compile_nodes(schema: dict[str, Any]) -> Node:
    """The node of an arguments object, from a schema as `SchemaReader` writes it."""
    arguments = _NodeCompiler(schema).root()
    _add_members(arguments, arguments.variants)  # `anyOf` over whole argument lists: what any of them knows is known
    return arguments


def arguments_as(arguments: Node, alternative: Node) -> Node:
    """The node of an arguments object where that alternative was meant; what another one knows is known, too."""
    return replace(
        arguments,
        properties={**arguments.properties, **alternative.properties},
        additional=alternative.additional if alternative.properties else arguments.additional,
        patterns=alternative.patterns,
    )


class _NodeCompiler:
    """Turns a rewritten schema into nodes; what refers to itself becomes a node that points to itself."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._nodes: dict[int, Node] = {}
        self._unjoined: dict[int, _Unjoined] = {}
        """By the node's id. A join copies, so it waits until the schema is read: within itself it is not yet whole."""

    def root(self) -> Node:
        """The node of the whole schema."""
        arguments = self.node(self._root)
        while self._unjoined:
            self._complete(next(iter(self._unjoined.values())).node)
        return arguments

    def node(self, schema: dict[str, Any]) -> Node:
        """The node of a schema, made once for each place in it."""
        known = self._nodes.get(id(schema))
        if known is not None:
            return known
        reference = schema.get("$ref")
        found = resolve(self._root, reference) if isinstance(reference, str) else None
        target = found if isinstance(found, dict) else None
        if target is not None and len(schema) == 1:
            self._nodes[id(schema)] = Node()  # stands where references lead to each other in a circle
            self._nodes[id(schema)] = self.node(target)
            return self._nodes[id(schema)]
        node = self._nodes[id(schema)] = Node()
        self._fill(node, schema)
        parts: list[dict[str, Any]] = schema.get("allOf", [])
        others = [self.node(part) for part in (parts if target is None else [target, *parts])]
        options = [self.node(option) for option in schema.get("anyOf", ())]
        conditional = [schema[key] for key in ("if", "then", "else") if key in schema]
        asides = [self.node(part) for part in (*conditional, *schema.get("dependentSchemas", {}).values())]
        if others or options or asides:
            self._unjoined[id(node)] = _Unjoined(node, others, options, asides)
        return node

    def _complete(self, node: Node) -> None:
        """Joins a node with what it is to say besides; one that is part of itself stays as far as it is."""
        if id(node) not in self._unjoined:
            return
        _, others, options, asides = self._unjoined.pop(id(node))
        for part in (*others, *options, *asides):
            self._complete(part)
        for other in others:
            _join(node, other)
        _add_members(node, asides)
        choices = [each for each in (options, *(other.variants for other in others)) if each]
        if choices:
            for more in choices[1:]:
                _add_members(node, more)
            node.variants = tuple(_variant(node, option) for option in choices[0])
            if node.types is None and all(variant.types for variant in node.variants):
                _set_types(node, [name for variant in node.variants for name in variant.types or ()])

    def _fill(self, node: Node, schema: dict[str, Any]) -> None:
        types: str | list[str] | None = schema.get("type")
        if types is not None:
            _set_types(node, [types] if isinstance(types, str) else types)
        node.properties = {name: self.node(member) for name, member in schema.get("properties", {}).items()}
        node.required = tuple(schema.get("required", ()))
        node.items = self.node(schema["items"]) if "items" in schema else None
        node.prefix = tuple(self.node(item) for item in schema.get("prefixItems", ()))
        patterns: dict[str, Any] = schema.get("patternProperties", {})
        node.patterns = tuple((pattern, self.node(member)) for pattern, member in patterns.items())
        is_free = bool(patterns) or (not node.properties and schema is not self._root)
        more: dict[str, Any] | bool = schema.get("additionalProperties", is_free)
        if more is not False:
            node.additional = ANYTHING if more is True else self.node(more)
        node.has_default, node.default = "default" in schema, schema.get("default")
        choices: list[JsonValue] = [schema["const"]] if "const" in schema else schema.get("enum", [])
        node.choices = tuple(choices)
        node.is_constrained = is_constrained(schema, self._root)


class _Unjoined(NamedTuple):
    """A node that does not yet say all that it is to say."""

    node: Node
    others: list[Node]
    """What it is to say besides."""
    options: list[Node]
    """Its alternatives."""
    asides: list[Node]
    """What holds on a condition."""


def _variant(base: Node, option: Node) -> Node:
    """An alternative joined with what is said besides."""
    variant = Node(types=base.types, classes=base.classes, properties=base.properties, required=base.required)
    variant.items, variant.prefix, variant.patterns = base.items, base.prefix, base.patterns
    variant.additional = base.additional if _lists_members(base) else None
    _join(variant, option)
    variant.variants = tuple(_variant(variant, each) for each in option.variants)
    return variant


def _add_members(node: Node, others: Iterable[Node]) -> None:
    """Makes `node` know the members of others of which one may hold; what these are rules decide."""
    for other in others:
        node.properties = {**dict.fromkeys(other.properties, _RULED), **node.properties}
        _add_members(node, other.variants)


def _lists_members(node: Node) -> bool:
    """Whether an object is told of its members, so that it is closed unless it says otherwise."""
    return any(member is not _RULED for member in node.properties.values())


def _set_types(node: Node, names: Sequence[str]) -> None:
    node.types = tuple(dict.fromkeys(names))
    node.classes = frozenset(each for name in node.types for each in _CLASSES[name])


def _join(node: Node, other: Node) -> None:
    """Makes `node` say what `other` says besides (`allOf`, or keywords beside `$ref`)."""
    if other.types is not None:
        both = other.types if node.types is None else tuple(name for name in node.types if name in other.types)
        _set_types(node, both or other.types)
    if _lists_members(other) and not _lists_members(node):
        node.additional = other.additional
    elif other.additional is not None and _lists_members(other):
        node.additional = node.additional or other.additional
    elif not _lists_members(node) and other.additional is not None:
        node.additional = other.additional
    node.properties = {**other.properties, **node.properties}
    node.patterns += other.patterns
    node.required = tuple(dict.fromkeys((*node.required, *other.required)))
    node.items = node.items or other.items
    node.prefix = node.prefix or other.prefix
    if other.has_default and not node.has_default:
        node.has_default, node.default = True, other.default
    node.choices = node.choices or other.choices
    node.is_constrained = node.is_constrained or other.is_constrained
