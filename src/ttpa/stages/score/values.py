"""How right a value is: compared with what was meant by structure, graded by matching leaves."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ttpa.records.record import JsonValue
from ttpa.records.scores import ErrorKind
from ttpa.stages.score.broken_rules import Broken, BrokenRule, of_alternative, untold_rule
from ttpa.stages.score.nodes import Node, Path

Strings = Literal["exact", "folded"]
"""`folded`: case, spaces, the marks `, . / - _ * ^` and the kind of quote do not count."""

MISSING_ELEMENT, SURPLUS_ELEMENT = "an element is missing", "an element too many"
"""Details of a wrong value where an array is too short or too long."""

_MARKS = re.compile(r"[ ,./\-_*^]")


class Finding(NamedTuple):
    """An error within one call."""

    kind: ErrorKind
    path: Path | None
    expected: JsonValue
    got: JsonValue
    detail: str = ""


class Grade(NamedTuple):
    """Leaves of a value: how many were meant and have the right type, how many there are and are right."""

    meant: int
    typed: int
    all: int
    right: int

    @property
    def values(self) -> float:
        """The share that is right."""
        return self.right / self.all


@dataclass(frozen=True, slots=True)
class Members:
    """An object each of whose members may have one of several values (as BFCL writes them)."""

    members: "dict[str, tuple[Meaning, ...]]"
    omittable: frozenset[str]


@dataclass(frozen=True, slots=True)
class Items:
    """An array some of whose elements are `Members`."""

    items: "tuple[Meaning, ...]"


Meaning = JsonValue | Members | Items
"""What a value may be: the value itself, or a structure with acceptable values inside."""


def fold(text: str) -> str:
    """`text` without what does not count in folded comparison."""
    return _MARKS.sub("", text).lower().replace("'", '"')


def is_same(value: JsonValue, other: JsonValue, strings: Strings = "exact") -> bool:
    """Whether two JSON values are equal: numbers by value, no boolean equals a number, strings as `strings` says."""
    if isinstance(value, str):
        return isinstance(other, str) and _is_same_text(value, other, strings)
    if isinstance(value, dict):
        return (
            isinstance(other, dict)
            and value.keys() == other.keys()
            and all(is_same(item, other[name], strings) for name, item in value.items())
        )
    if isinstance(value, list):
        return (
            isinstance(other, list)
            and len(value) == len(other)
            and all(is_same(item, other[index], strings) for index, item in enumerate(value))
        )
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    return value == other


def _is_same_text(text: str, other: str, strings: Strings) -> bool:
    """Whether two texts are equal; letters are, however their accents are written (some tokenizers join them: NFC)."""
    if text == other:
        return True
    if not (text.isascii() or other.isascii()):
        text, other = (unicodedata.normalize("NFC", each) for each in (text, other))
    return text == other or (strings == "folded" and fold(text) == fold(other))


def read_meanings(value: JsonValue) -> list[Meaning]:
    """The readings of one acceptable value: itself, and for objects of lists BFCL's one list of values a member."""
    structure = _structure(value)
    return [value] if structure is None else [value, structure]


def _structure(value: JsonValue) -> Members | Items | None:
    if isinstance(value, dict) and value and all(isinstance(item, list) for item in value.values()):
        members = {
            name: tuple(meaning for option in options for meaning in read_meanings(option))
            for name, options in value.items()
            if isinstance(options, list)
        }
        return Members(members, frozenset(name for name, options in members.items() if "" in options))
    if isinstance(value, list):
        items = [_structure(item) if isinstance(item, dict | list) else None for item in value]
        if any(item is not None for item in items):
            return Items(tuple(value[index] if item is None else item for index, item in enumerate(items)))
    return None


def shown(meaning: Meaning) -> JsonValue:
    """A plain value for `meaning`: of several acceptable ones the first."""
    if isinstance(meaning, Members):
        return {name: shown(options[0]) for name, options in meaning.members.items() if options and options[0] != ""}
    if isinstance(meaning, Items):
        return [shown(item) for item in meaning.items]
    return meaning


def leaves(value: JsonValue) -> int:
    """Scalars and empty containers in `value`."""
    if isinstance(value, dict):
        return sum(leaves(item) for item in value.values()) or 1
    if isinstance(value, list):
        return sum(leaves(item) for item in value) or 1
    return 1


ONE_RIGHT = Grade(1, 1, 1, 1)


def compare_whole(
    value: JsonValue, meant: JsonValue, node: Node, path: Path, broken: Broken, strings: Strings
) -> tuple[Grade, Finding | None]:
    """The grade of a value that is right or wrong as a whole, and its error: of type, of a rule, or of value."""
    is_right = is_same(value, meant, strings)
    count = leaves(meant)
    if not node.allows(value):
        finding = Finding(ErrorKind.WRONG_TYPE, path, meant, value, " or ".join(node.types or ()))
        return Grade(count, 0, count, count if is_right else 0), finding
    rule = untold_rule(broken, path, node, value)
    if rule is not None and (not is_right or is_same(value, meant)):
        return Grade(count, count, count, 0), Finding(ErrorKind.INVALID_VALUE, path, meant, value, rule.text)
    if is_right:
        return Grade(count, count, count, count), None
    return Grade(count, count, count, 0), Finding(ErrorKind.WRONG_VALUE, path, meant, value)


class Comparison:
    """Compares one argument's value with what was meant, and collects the errors."""

    def __init__(self, broken: Broken, strings: Strings) -> None:
        self._broken = broken
        self._strings: Strings = strings
        self.findings: list[Finding] = []

    def best(self, value: JsonValue, meanings: Sequence[Meaning], node: Node, path: Path) -> Grade:
        """The grade against the meaning that `value` is closest to (the first of equals), its errors in `findings`."""
        if len(meanings) == 1:
            return self._against(value, meanings[0], node, path)
        before = self.findings
        best: tuple[Grade, list[Finding]] | None = None
        for meaning in meanings:
            self.findings = []
            grade = self._against(value, meaning, node, path)
            if best is None or grade.values > best[0].values or not self.findings:
                best = (grade, self.findings)
            if not self.findings:
                break
        assert best is not None, "at least one meaning"
        before.extend(best[1])
        self.findings = before
        return best[0]

    def _add(self, kind: ErrorKind, path: Path, expected: JsonValue, got: JsonValue, detail: str = "") -> None:
        self.findings.append(Finding(kind, path, expected, got, detail))

    def _against(self, value: JsonValue, meaning: Meaning, node: Node, path: Path) -> Grade:
        if not isinstance(value, dict | list) or not node.allows(value):
            return self._whole(value, meaning, node, path)
        start, broken = len(self.findings), self._broken
        if isinstance(value, dict) and isinstance(meaning, dict | Members):
            node = self._alternative(value, meaning, node, path)
            grade = self._objects(value, meaning, node, path)
        elif isinstance(value, list) and isinstance(meaning, list | Items):
            node = self._alternative(value, meaning, node, path)
            grade = self._arrays(value, meaning, node, path)
        else:
            return self._whole(value, meaning, node, path)
        if rule := untold_rule(self._broken, path, node, value):
            grade = self._after_rule(rule, grade, Finding(ErrorKind.INVALID_VALUE, path, shown(meaning), value), start)
        self._broken = broken
        return grade

    def _whole(self, value: JsonValue, meaning: Meaning, node: Node, path: Path) -> Grade:
        grade, finding = compare_whole(value, shown(meaning), node, path, self._broken, self._strings)
        if finding is not None:
            self.findings.append(finding)
        return grade

    def _alternative(self, value: JsonValue, meaning: Meaning, node: Node, path: Path) -> Node:
        """The alternative that was meant; a broken `anyOf` gives way to what is broken of it."""
        while (index := node.choose(value, shown(meaning))) is not None:
            self._broken = of_alternative(self._broken, path, index, len(node.variants))
            node = node.variants[index]
        return node

    def _after_rule(self, rule: BrokenRule, grade: Grade, invalid: Finding, start: int) -> Grade:
        """The grade once a rule on the whole array or object (length, uniqueness, ...) is counted."""
        self.findings[start:] = [each for each in self.findings[start:] if each.kind is ErrorKind.WRONG_TYPE]
        self.findings.append(invalid._replace(detail=rule.text))
        return grade._replace(right=0)

    def _objects(
        self, value: dict[str, JsonValue], meaning: dict[str, JsonValue] | Members, node: Node, path: Path
    ) -> Grade:
        grades: list[Grade] = []
        meant = set[str]()
        for name, options, is_omittable in _members(meaning):
            meant.add(name)
            grades.append(self._member(value, name, options, is_omittable, node, (*path, name)))
        for name in node.required:
            if name not in meant and name not in value:
                self._add(ErrorKind.MISSING_REQUIRED, (*path, name), None, None)
                grades.append(Grade(1, 0, 1, 0))
        for name, item in value.items():
            if name in meant:
                continue
            child = node.member(name)
            if child is None:
                self._add(ErrorKind.UNKNOWN_ARGUMENT, (*path, name), None, item)
            elif child.has_default and is_same(item, child.default, self._strings):
                continue
            else:
                self._add(ErrorKind.EXTRA_ARGUMENT, (*path, name), None, item)
            grades.append(Grade(0, 0, 1, 0))
        return _total(grades)

    def _member(
        self,
        value: dict[str, JsonValue],
        name: str,
        options: Sequence[Meaning],
        is_omittable: bool,
        node: Node,
        path: Path,
    ) -> Grade:
        child = node.member(name)
        plain = shown(options[0])
        count = leaves(plain)
        if name in value:
            if child is not None:
                return self.best(value[name], options, child, path)
            self._add(ErrorKind.UNKNOWN_ARGUMENT, path, plain, value[name])
            return Grade(count, count, count, 0)
        if name in node.required:
            self._add(ErrorKind.MISSING_REQUIRED, path, plain, None)
            return Grade(count, 0, count, 0)
        if is_omittable or (child is not None and child.has_default and self.is_among(child.default, options)):
            return Grade(count, count, count, count)
        self._add(ErrorKind.MISSING_OPTIONAL, path, plain, None)
        return Grade(count, 0, count, 0)

    def is_among(self, value: JsonValue, options: Sequence[Meaning]) -> bool:
        """Whether `value` is one of the options."""
        return any(is_same(value, shown(option), self._strings) for option in options)

    def _arrays(self, value: list[JsonValue], meaning: list[JsonValue] | Items, node: Node, path: Path) -> Grade:
        grades: list[Grade] = []
        items: Sequence[Meaning] = meaning.items if isinstance(meaning, Items) else meaning
        for index, item in enumerate(items):
            if index < len(value):
                grades.append(self._against(value[index], item, node.element(index), (*path, index)))
            else:
                plain = shown(item)
                self._add(ErrorKind.WRONG_VALUE, (*path, index), plain, None, MISSING_ELEMENT)
                grades.append(Grade(leaves(plain), 0, leaves(plain), 0))
        for index in range(len(items), len(value)):
            self._add(ErrorKind.WRONG_VALUE, (*path, index), None, value[index], SURPLUS_ELEMENT)
            grades.append(Grade(0, 0, 1, 0))
        return _total(grades)


def _members(meaning: dict[str, JsonValue] | Members) -> Iterator[tuple[str, Sequence[Meaning], bool]]:
    if isinstance(meaning, Members):
        for name, options in meaning.members.items():
            yield name, options or ("",), name in meaning.omittable
    else:
        for name, item in meaning.items():
            yield name, (item,), False


def _total(grades: Sequence[Grade]) -> Grade:
    """The sum; an empty container that was meant and given is one right leaf."""
    meant, typed, total, right = (sum(each[index] for each in grades) for index in range(4))
    if not meant:
        meant = typed = 1
    if not total:
        total = right = 1
    return Grade(meant, typed, total, right)
