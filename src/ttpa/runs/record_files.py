"""Typed record files: JSON Lines that are written whole or not at all, and outcomes that grow item by item."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from ttpa.errors import DataError
from ttpa.records.discards import Discard
from ttpa.records.record import Record

R = TypeVar("R", bound=Record)


def write_text(path: Path, text: str) -> None:
    """Writes a file so that a reader sees the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".tmp")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_record(path: Path, record: BaseModel) -> None:
    """Writes one record as indented JSON."""
    write_text(path, record.model_dump_json(indent=1) + "\n")


def read_record(path: Path, kind: type[R]) -> R:
    """Reads one record. Raises `DataError` that names the file when it holds something else."""
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise DataError(f"{path} does not hold a {kind.__name__}: {_first(error)}") from error


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Writes one record a line."""
    write_text(path, "".join(record.model_dump_json() + "\n" for record in records))


def read_records(path: Path, kind: type[R]) -> list[R]:
    """Reads one record a line. Raises `DataError` that names file and line where a line holds something else."""
    records: list[R] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                records.append(kind.model_validate_json(line))
            except ValidationError as error:
                raise DataError(f"{path}, line {number}: no {kind.__name__}: {_first(error)}") from error
    return records


class Outcomes(Generic[R]):
    """The outcomes of a resumable step, appended item by item beside the file they will become.

    An outcome is a record or a discard, and both have an `id`. A line that a crash cut off is dropped; its item runs
    again.
    """

    def __init__(self, path: Path, kind: type[R]) -> None:
        self._path = path.with_name(path.name + ".partial")
        self._kind = kind
        self.by_id: dict[str, R | Discard] = {}
        if self._path.exists():
            self._read()

    def add(self, outcomes: Sequence[R | Discard]) -> None:
        """Keeps outcomes on disk; after this a killed run does not lose them."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            for outcome in outcomes:
                mark = "-" if isinstance(outcome, Discard) else "+"
                file.write(f"{mark}{outcome.model_dump_json()}\n")
                self.by_id[_id(outcome)] = outcome
            file.flush()
            os.fsync(file.fileno())

    def in_order(self, ids: Sequence[str]) -> tuple[list[R], list[Discard]]:
        """All records and all discards, each in the order of `ids`."""
        ordered = [self.by_id[item_id] for item_id in ids]
        records = [outcome for outcome in ordered if not isinstance(outcome, Discard)]
        return records, [outcome for outcome in ordered if isinstance(outcome, Discard)]

    def clear(self) -> None:
        """Removes the file; what it held stands elsewhere now."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> None:
        *whole, _ = self._path.read_bytes().split(b"\n")
        for number, line in enumerate(whole, start=1):
            kind: type[Record] = Discard if line.startswith(b"-") else self._kind
            try:
                outcome = kind.model_validate_json(line[1:])
            except ValidationError as error:
                raise DataError(f"{self._path}, line {number}: {_first(error)}") from error
            assert isinstance(outcome, (self._kind, Discard))
            self.by_id[_id(outcome)] = outcome
        write_text(self._path, "".join(line.decode() + "\n" for line in whole))


def _id(outcome: Record) -> str:
    value = getattr(outcome, "id", None)
    assert isinstance(value, str), f"{type(outcome).__name__} has no id"
    return value


def _first(error: ValidationError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
