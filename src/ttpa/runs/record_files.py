"""Typed record files: a record, or one a line, written whole or not at all."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ttpa.errors import DataError
from ttpa.records.record import Record

R = TypeVar("R", bound=Record)


def write_text(path: Path, text: str) -> None:
    """Writes a file so that a reader sees the old one or the new one, never a part."""
    write_lines(path, (text,), end="")


def write_lines(path: Path, lines: Iterable[str], end: str = "\n") -> None:
    """Writes a file line by line, in the same way: whole or not at all."""
    with drafting(path) as draft, draft.open("w", encoding="utf-8") as file:
        file.writelines(line + end for line in lines)


@contextmanager
def writing(path: Path) -> Generator[Callable[[Record], None]]:
    """Takes records as they come, one a line; the file is there, whole, when the block ends without an error."""
    with drafting(path) as draft, draft.open("w", encoding="utf-8") as file:
        yield lambda record: print(record.model_dump_json(), file=file)


@contextmanager
def drafting(path: Path) -> Generator[Path]:
    """A file to write in the place of `path`, which it becomes, on disk, when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".tmp")
    yield draft
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes names in a folder last: without it, a file that was just made or renamed may be gone after a power cut."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_record(path: Path, record: BaseModel) -> None:
    """Writes one record as indented JSON."""
    write_text(path, record.model_dump_json(indent=1) + "\n")


def read_record(path: Path, kind: type[R]) -> R:
    """Reads one record. Raises `DataError` that names the file when it holds something else."""
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise DataError(f"{path} does not hold a {kind.__name__}: {first_problem(error)}") from error


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Writes one record a line."""
    write_lines(path, (record.model_dump_json() for record in records))


def read_records(path: Path, kind: type[R]) -> list[R]:
    """Reads one record a line. Raises `DataError` that names file and line where a line holds something else."""
    return list(stream_records(path, kind))


def stream_records(path: Path, kind: type[R]) -> Iterator[R]:
    """The same, one after another."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield kind.model_validate_json(line)
            except ValidationError as error:
                raise DataError(f"{path}, line {number}: no {kind.__name__}: {first_problem(error)}") from error


def first_problem(error: ValidationError | UnicodeDecodeError) -> str:
    """The first thing that is wrong, and where."""
    if isinstance(error, UnicodeDecodeError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
