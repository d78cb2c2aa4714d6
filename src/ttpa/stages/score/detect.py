"""The errors of one candidate call against the reference call it is matched with, and the five parts of its score."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from ttpa.records.record import JsonValue
from ttpa.records.scores import ErrorKind
from ttpa.stages.score.broken_rules import Broken, of_alternative, untold_rule
from ttpa.stages.score.nodes import ANYTHING, Node, arguments_as
from ttpa.stages.score.schemas import CompiledTool
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
_NOTHING_BROKEN: Broken = MappingProxyType({})


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
    arguments: Node
    """The schema's arguments; of alternative ones those that were meant."""
    alternatives: tuple[tuple[int, int], ...] = ()
    """Indexes of these among how many, from the outermost choice on."""
    meant: dict[str, MeantArgument] = field(default_factory=dict[str, MeantArgument])

    def broken_rules(self, arguments: dict[str, JsonValue]) -> Broken | None:
        """What rules the arguments break together; none where the schema has no rules across arguments."""
        if not self.tool.is_crossing:
            return None
        broken = self.tool.broken_rules(arguments)
        for index, count in self.alternatives:
            broken = of_alternative(broken, (), index, count)
        return broken


def prepare(
    call: Call, tool: CompiledTool, *, offered: Container[str], acceptable: dict[str, list[JsonValue]], strings: Strings
) -> ReferenceCall:
    """The reference call with what each argument may be."""
    reference = ReferenceCall(call, tool, offered, strings, tool.arguments)
    if tool.arguments.variants:
        _choose_alternative(reference)
    members = reference.arguments
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


def _choose_alternative(reference: ReferenceCall) -> None:
    """Of alternative argument lists the one that the reference keeps to."""
    node, given = reference.tool.arguments, reference.call.arguments
    while (index := node.choose(given, given)) is not None:
        reference.alternatives += ((index, len(node.variants)),)
        node = node.variants[index]
    reference.arguments = arguments_as(reference.tool.arguments, node)


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
    broken = reference.broken_rules(call.arguments)
    tally = _compare_meant(reference, call.arguments, broken, findings)
    union = tally.asked
    if tally.met < len(call.arguments):
        union += _find_extras(reference, call.arguments, findings)
    required = reference.arguments.required
    missing = _find_missing(reference, call.arguments, findings) if required else 0
    values_part = tally.values / tally.asked if tally.asked else 1.0
    if broken and (rule := untold_rule(broken, (), reference.arguments, call.arguments)):
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


def _compare_meant(
    reference: ReferenceCall, arguments: dict[str, JsonValue], broken: Broken | None, findings: list[Finding]
) -> _Tally:
    """Compares every argument that was meant; the schema's required ones are missed elsewhere."""
    required = reference.arguments.required
    asked = met = known = 0
    types = values = 0.0
    for name, argument in reference.meant.items():
        if name in arguments:
            met += 1
            known += argument.node is not None
            grade = _grade(reference, argument, arguments[name], broken, findings)
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
    missing = [name for name in reference.arguments.required if name not in arguments]
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
        node = reference.arguments.member(name)
        if node is None:
            findings.append(Finding(ErrorKind.UNKNOWN_ARGUMENT, (name,), None, value))
        elif node.has_default and is_same(value, node.default, reference.strings):
            continue
        else:
            findings.append(Finding(ErrorKind.EXTRA_ARGUMENT, (name,), None, value))
        count += 1
    return count


def _grade(
    reference: ReferenceCall,
    argument: MeantArgument,
    value: JsonValue,
    broken: Broken | None,
    findings: list[Finding],
) -> Grade:
    """How right the value of one argument is; `broken` are the rules across arguments, where there are such."""
    first, node, name = argument.meanings[0], argument.node, argument.name
    if broken is not None:
        broken = {path: rules for path, rules in broken.items() if path and path[0] == name}
    is_exact = type(value) is type(first) and value == first and not broken
    if is_exact and _is_exactly_meant(reference, argument, value, broken):
        return ONE_RIGHT
    if node is None:
        findings.append(Finding(ErrorKind.UNKNOWN_ARGUMENT, (name,), shown(first), value))
    grade, found = _compare(reference, argument, value, broken)
    findings.extend(found)
    return grade


def _is_exactly_meant(
    reference: ReferenceCall, argument: MeantArgument, value: JsonValue, broken: Broken | None
) -> bool:
    """Whether `value`, equal to the reference's, is also without fault in the schema: asked once a reference."""
    node = argument.node
    if isinstance(value, (dict, list)):
        if not is_same(value, shown(argument.meanings[0])):  # `==` takes True for 1
            return False
    elif argument.is_clean is None and node is not None and not node.is_constrained:
        argument.is_clean = node.allows(value)
    if argument.is_clean is None:
        argument.is_clean = node is not None and not _compare(reference, argument, value, broken)[1]
    return argument.is_clean


def _compare(
    reference: ReferenceCall, argument: MeantArgument, value: JsonValue, broken: Broken | None
) -> tuple[Grade, Sequence[Finding]]:
    name, first, node = argument.name, argument.meanings[0], argument.node or ANYTHING
    if argument.acceptable and (broken or node.is_constrained):
        unruled = Comparison(_NOTHING_BROKEN, reference.strings)
        grade = unruled.best(value, argument.meanings, node, (name,))
        if not unruled.findings:
            return grade, ()
    if broken is None:
        broken = reference.tool.broken_rules({name: value}) if node.is_constrained else _NOTHING_BROKEN
    if len(argument.meanings) == 1 and not isinstance(first, (dict, list, Members, Items)):
        grade, finding = compare_whole(value, first, node, (name,), broken, reference.strings)
        return grade, () if finding is None else (finding,)
    comparison = Comparison(broken, reference.strings)
    return comparison.best(value, argument.meanings, node, (name,)), comparison.findings
