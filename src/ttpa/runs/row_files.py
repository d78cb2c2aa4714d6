"""Rows for other programs, written as they come: JSON lines or Parquet, one file or one after so many rows."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import json
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from ttpa.errors import RunError
from ttpa.records.record import JsonObject, JsonValue
from ttpa.runs.record_files import drafting

if TYPE_CHECKING:
    from datasets import Features

RowKind = Literal["jsonl", "parquet"]
Write = Callable[[JsonObject], None]
_ROW_GROUP = 1000
"""Rows that are held until they are written to a table together."""


class RowFiles:
    """Takes rows, and writes them to `STEM.KIND`, or to `STEM-00000.KIND` and on where a file has so many at most.

    Each file is there, whole, when it is full or the block ends without an error.
    """

    def __init__(self, folder: Path, stem: str, kind: RowKind, *, columns: JsonObject, rows_a_file: int | None) -> None:
        """`columns` are the columns of a table with their types, as in `{"id": "string", "messages": [{...}]}`."""
        self.files: dict[Path, int] = {}
        """How many rows each file has."""
        self._name = self._path = folder / stem
        self._kind: RowKind = kind
        self._columns = columns
        self._rows_a_file = rows_a_file
        self._open = ExitStack()
        self._write: Write | None = None

    @property
    def pattern(self) -> str:
        """The name that stands for all of its files."""
        return f"{self._name.name}{'' if self._rows_a_file is None else '-*'}.{self._kind}"

    def add(self, row: JsonObject) -> None:
        """Writes one row."""
        if self._write is None or (self._rows_a_file is not None and self.files[self._path] == self._rows_a_file):
            self._open.close()
            number = "" if self._rows_a_file is None else f"-{len(self.files):05d}"
            self._path = self._name.with_name(f"{self._name.name}{number}.{self._kind}")
            self._write = self._open.enter_context(self._writing(self._path))
            self.files[self._path] = 0
        self._write(row)
        self.files[self._path] += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._open.__exit__(kind, error, trace)

    def _writing(self, path: Path) -> AbstractContextManager[Write]:
        return _writing_lines(path) if self._kind == "jsonl" else _writing_table(path, self._columns)


@contextmanager
def _writing_lines(path: Path) -> Generator[Write]:
    with drafting(path) as draft, draft.open("w", encoding="utf-8") as file:
        yield lambda row: print(json.dumps(row, ensure_ascii=False), file=file)


@contextmanager
def _writing_table(path: Path, columns: JsonObject) -> Generator[Write]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise RunError(f"{path.name} needs an extra: pip install '.[train]' in a clone") from error
    schema = _features(columns).arrow_schema
    waiting: list[JsonObject] = []
    with drafting(path) as draft, pq.ParquetWriter(draft, schema) as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(waiting, schema=schema))
            waiting.clear()

        def write(row: JsonObject) -> None:
            waiting.append(row)
            if len(waiting) == _ROW_GROUP:
                flush()

        yield write
        if waiting:
            flush()


def _features(columns: JsonObject) -> "Features":
    """The columns as `datasets` tells them to a reader: told, not guessed, for a file may lack what another has."""
    from datasets import Features, List, Value

    def feature(told: JsonValue) -> object:
        if isinstance(told, dict):
            return {name: feature(inner) for name, inner in told.items()}
        return List(feature(told[0])) if isinstance(told, list) else Value(str(told))

    return Features({name: feature(told) for name, told in columns.items()})
