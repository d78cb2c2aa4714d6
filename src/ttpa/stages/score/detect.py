"""The errors of one candidate call against the reference call it is matched with, and the five parts of its score."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from ttpa.records.record import JsonValue
from ttpa.records.scores import ErrorKind
from ttpa.stages.score.nodes import ANYTHING, Node, Path
from ttpa.stages.score.schemas import BrokenRule, CompiledTool
from ttpa.stages.score.turns import Call
from ttpa.stages.score.values import (
    ONE_RIGHT,
    Comparison,
    Finding,
    Grade,
    Items,
    Meaning,
    Members,
    Strings,
    compare_whole,
    is_same,
    read_meanings,
    shown,
)


class Parts(NamedTuple):
    """The five parts of one call's score, each in [0, 1]."""

    name: float
    required: float
    argument_names: float
    types: float
    values: float


class CallVerdict(NamedTuple):
    """What one call is worth, and why."""

    parts: Parts
    findings: Sequence[Finding]


_RIGHT = CallVerdict(Parts(1.0, 1.0, 1.0, 1.0, 1.0), ())
_NOTHING_BROKEN: Mapping[Path, BrokenRule] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class MeantArgument:
    """An argument of the reference call, or one that is acceptable."""

    name: str
    node: Node | None
    """None where the schema has no such argument."""
    meanings: tuple[Meaning, ...]
    """What it may be; the reference's own value first, where there is one."""
    is_in_reference: bool = True
    acceptable: Sequence[JsonValue] = ()
    """Right values as the caller lists them: right even where a rule of the schema says otherwise."""
    is_clean: bool | None = None
    """Whether the first meaning breaks nothing in the schema; none as long as nobody asked."""


@dataclass(slots=True, eq=False)
class ReferenceCall:
    """A reference call, ready to be compared with."""

    call: Call
    tool: CompiledTool
    offered: Container[str]
    """Names of the tools on offer."""
    strings: Strings
    meant: dict[str, MeantArgument] = field(default_factory=dict[str, MeantArgument])


def prepare(
    call: Call, tool: CompiledTool, *, offered: Container[str], acceptable: dict[str, list[JsonValue]], strings: Strings
) -> ReferenceCall:
    """The reference call with what each argument may be."""
    reference = ReferenceCall(call, tool, offered, strings)
    members = tool.arguments
    for name, value in call.arguments.items():
        meant = MeantArgument(name, members.member(name), (value,))
        if name in acceptable:
            meant.acceptable = acceptable[name]
            meant.meanings += _read_acceptable(meant.acceptable)
        reference.meant[name] = meant
    for name, values in acceptable.items():
        if name not in call.arguments and values:
            meanings = _read_acceptable(values)
            reference.meant[name] = MeantArgument(name, members.member(name), meanings, False, values)  # noqa: FBT003
    return reference


def _read_acceptable(values: Sequence[JsonValue]) -> tuple[Meaning, ...]:
    ordered = sorted(values, key=lambda value: value == "")  # the mark of omission is no value to show
    return tuple(meaning for value in ordered for meaning in read_meanings(value))


def _may_be_omitted(reference: ReferenceCall, argument: MeantArgument) -> bool:
    """Whether leaving out an optional argument says the same: by the caller's word, or as the schema's default."""
    if "" in argument.acceptable:
        return True
    node = argument.node
    if node is None or not node.has_default:
        return False
    return any(is_same(node.default, shown(meaning), reference.strings) for meaning in argument.meanings)


def detect(reference: ReferenceCall, call: Call) -> CallVerdict:
    """The verdict on `call` as an answer to `reference` (METHOD 3: five parts; the reference's schema counts)."""
    findings: list[Finding] = []
    name_part = _compare_names(reference, call, findings)
    tally = _compare_meant(reference, call.arguments, findings)
    union = tally.asked
    if tally.met < len(call.arguments):
        union += _find_extras(reference, call.arguments, findings)
    required = reference.tool.arguments.required
    missing = _find_missing(reference, call.arguments, findings) if required else 0
    values_part = tally.values / tally.asked if tally.asked else 1.0
    if reference.tool.is_crossing and (rule := reference.tool.broken_rules(call.arguments).get(())):
        findings.append(Finding(ErrorKind.INVALID_VALUE, (), None, None, rule.text))
        values_part = 0.0
    if not findings:
        return _RIGHT
    parts = Parts(
        name_part,
        1.0 - missing / len(required) if missing else 1.0,
        tally.known / union if union else 1.0,
        tally.types / tally.asked if tally.asked else 1.0,
        values_part,
    )
    return CallVerdict(parts, findings)


class _Tally(NamedTuple):
    """What came of the meant arguments."""

    asked: int
    """Meant arguments."""
    met: int
    """Meant arguments that are given."""
    known: int
    """Meant arguments that are given, or need not be, and that the schema has."""
    types: float
    values: float


def _compare_meant(reference: ReferenceCall, arguments: dict[str, JsonValue], findings: list[Finding]) -> _Tally:
    """Compares every argument that was meant; the schema's required ones are missed elsewhere."""
    required = reference.tool.arguments.required
    asked = met = known = 0
    types = values = 0.0
    for name, argument in reference.meant.items():
        if name in arguments:
            met += 1
            known += argument.node is not None
            grade = _grade(reference, argument, arguments[name], findings)
            types += grade.typed / grade.meant
            values += grade.right / grade.all
        elif name not in required:
            if not argument.is_in_reference or _may_be_omitted(reference, argument):
                known += 1
                types += 1.0
                values += 1.0
            else:
                findings.append(Finding(ErrorKind.MISSING_OPTIONAL, (name,), shown(argument.meanings[0]), None))
        asked += 1
    return _Tally(asked, met, known, types, values)


def _find_missing(reference: ReferenceCall, arguments: dict[str, JsonValue], findings: list[Finding]) -> int:
    """How many arguments are not given although the schema requires them."""
    missing = [name for name in reference.tool.arguments.required if name not in arguments]
    for name in missing:
        expected = shown(reference.meant[name].meanings[0]) if name in reference.meant else None
        findings.append(Finding(ErrorKind.MISSING_REQUIRED, (name,), expected, None))
    return len(missing)


def _compare_names(reference: ReferenceCall, call: Call, findings: list[Finding]) -> float:
    expected = reference.call.name
    if call.name not in reference.offered:
        findings.append(Finding(ErrorKind.UNKNOWN_TOOL, None, expected, call.name))
    elif call.name != expected:
        findings.append(Finding(ErrorKind.WRONG_TOOL, None, expected, call.name))
    else:
        return 1.0
    return 0.0


def _find_extras(reference: ReferenceCall, arguments: dict[str, JsonValue], findings: list[Finding]) -> int:
    """How many arguments were not meant; one that equals its schema default is as good as omitted."""
    count = 0
    for name, value in arguments.items():
        if name in reference.meant:
            continue
        node = reference.tool.arguments.member(name)
        if node is None:
            findings.append(Finding(ErrorKind.UNKNOWN_ARGUMENT, (name,), None, value))
        elif node.has_default and is_same(value, node.default, reference.strings):
            continue
        else:
            findings.append(Finding(ErrorKind.EXTRA_ARGUMENT, (name,), None, value))
        count += 1
    return count


def _grade(reference: ReferenceCall, argument: MeantArgument, value: JsonValue, findings: list[Finding]) -> Grade:
    """How right the value of one argument is."""
    first, node = argument.meanings[0], argument.node
    if type(value) is type(first) and value == first and _is_exactly_meant(reference, argument, value):
        return ONE_RIGHT
    if node is None:
        findings.append(Finding(ErrorKind.UNKNOWN_ARGUMENT, (argument.name,), shown(first), value))
    grade, found = _compare(reference, argument, value)
    findings.extend(found)
    return grade


def _is_exactly_meant(reference: ReferenceCall, argument: MeantArgument, value: JsonValue) -> bool:
    """Whether `value`, equal to the reference's, is also without fault in the schema: asked once a reference."""
    node = argument.node
    if isinstance(value, (dict, list)):
        if not is_same(value, shown(argument.meanings[0])):  # `==` takes True for 1
            return False
    elif argument.is_clean is None and node is not None and not node.is_constrained:
        argument.is_clean = node.allows(value)
    if argument.is_clean is None:
        argument.is_clean = node is not None and not _compare(reference, argument, value)[1]
    return argument.is_clean


def _compare(reference: ReferenceCall, argument: MeantArgument, value: JsonValue) -> tuple[Grade, Sequence[Finding]]:
    name, first, node = argument.name, argument.meanings[0], argument.node or ANYTHING
    if argument.acceptable and node.is_constrained:
        unruled = Comparison(_NOTHING_BROKEN, reference.strings)
        grade = unruled.best(value, argument.meanings, node, (name,))
        if not unruled.findings:
            return grade, ()
    broken = reference.tool.broken_rules({name: value}) if node.is_constrained else _NOTHING_BROKEN
    if len(argument.meanings) == 1 and not isinstance(first, (dict, list, Members, Items)):
        grade, finding = compare_whole(value, first, node, (name,), broken, reference.strings)
        return grade, () if finding is None else (finding,)
    comparison = Comparison(broken, reference.strings)
    return comparison.best(value, argument.meanings, node, (name,)), comparison.findings
