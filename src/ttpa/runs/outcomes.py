"""Outcomes of a resumable step that grow item by item on disk; of each, memory holds its place alone."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from ttpa.errors import DataError
from ttpa.records.discards import Discard
from ttpa.records.record import Record
from ttpa.runs.record_files import first_problem, sync_folder

R = TypeVar("R", bound=Record)
_PLAIN_ID = re.compile(rb'[+-]{"id":"([^"\\]*)"[,}]')
"""A line whose record begins with its id, and that has no escape in it."""


class Outcomes(Generic[R]):
    """The outcomes of a step, appended beside the file that they will become.

    An outcome is a record or a discard, and both have an `id`. A line that a crash cut off is dropped; its item runs
    again.
    """

    def __init__(self, path: Path, kind: type[R]) -> None:
        """Takes up what is there. Raises `DataError` that names file and line where a whole line has no outcome."""
        self._path = path.with_name(path.name + ".partial")
        self._outcomes = _OutcomesById(self._path, kind)

    @property
    def by_id(self) -> Mapping[str, R | Discard]:
        """The outcomes by their ids, each read when it is asked for."""
        return self._outcomes

    def add(self, outcomes: Sequence[R | Discard]) -> None:
        """Keeps outcomes on disk; after this a killed run does not lose them."""
        is_new = not self._path.exists()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            start = file.tell()
            for outcome in outcomes:
                mark = "-" if isinstance(outcome, Discard) else "+"
                line = f"{mark}{outcome.model_dump_json()}\n".encode()
                file.write(line)
                self._outcomes.places[_id(outcome)] = start
                start += len(line)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(self._path.parent)

    def ordered(self, ids: Iterable[str]) -> Iterator[R | Discard]:
        """The outcomes in the order of `ids`, one after another."""
        return map(self.by_id.__getitem__, ids)

    def in_order(self, ids: Sequence[str]) -> tuple[list[R], list[Discard]]:
        """All records and all discards, each in the order of `ids`."""
        ordered = list(self.ordered(ids))
        records = [outcome for outcome in ordered if not isinstance(outcome, Discard)]
        return records, [outcome for outcome in ordered if isinstance(outcome, Discard)]

    def clear(self) -> None:
        """Removes the file; what it held stands elsewhere now."""
        self._path.unlink(missing_ok=True)
        self._outcomes.places.clear()


class _OutcomesById(Mapping[str, R | Discard]):
    """What a file holds, by id; ids and places are known, the rest is read from the file."""

    def __init__(self, path: Path, kind: type[R]) -> None:
        self._path = path
        self._kind = kind
        self.places: dict[str, int] = {}
        if path.exists():
            self._find_places()

    def __getitem__(self, outcome_id: str) -> R | Discard:
        place = self.places[outcome_id]
        with self._path.open("rb") as file:
            file.seek(place)
            return self._parse(file.readline(), f"byte {place}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def _find_places(self) -> None:
        """Reads the file once, line by line, and cuts off what a crash left unfinished."""
        place = 0
        with self._path.open("rb+") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    file.truncate(place)
                    os.fsync(file.fileno())
                    break
                self.places[self._find_id(line, f"line {number}")] = place
                place += len(line)

    def _find_id(self, line: bytes, where: str) -> str:
        """The id, without a look at the rest where the line is as this class writes it."""
        try:
            line.decode()
        except UnicodeDecodeError as error:
            raise DataError(f"{self._path}, {where}: {error}") from error
        plain = _PLAIN_ID.match(line)
        return plain[1].decode() if plain and line.endswith(b"}\n") else _id(self._parse(line, where))

    def _parse(self, line: bytes, where: str) -> R | Discard:
        kind: type[Record] = Discard if line.startswith(b"-") else self._kind
        try:
            outcome = kind.model_validate_json(line[1:])
        except ValidationError as error:
            raise DataError(f"{self._path}, {where}: {first_problem(error)}") from error
        assert isinstance(outcome, (self._kind, Discard))
        return outcome


def _id(outcome: Record) -> str:
    value = getattr(outcome, "id", None)
    assert isinstance(value, str), f"{type(outcome).__name__} has no id"
    return value
