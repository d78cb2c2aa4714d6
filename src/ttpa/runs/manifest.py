"""What says that a folder is whole: the SHA-256 of every file in it, written last."""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from ttpa.errors import DataError
from ttpa.records.record import Record
from ttpa.runs.record_files import read_record, write_record

MANIFEST = "manifest.json"
_CHUNK = 1 << 20


class Manifest(Record):
    """The files of a folder, and what they are."""

    identity: str
    """What the folder was made of; one that was made of something else has another."""
    files: dict[str, str]
    """SHA-256 by path within the folder."""


def write_manifest(folder: Path, identity: str, known: Mapping[str, str] = MappingProxyType({})) -> None:
    """Writes the manifest of all that stands in `folder` now; from then on the folder counts as whole.

    Files in `known` are not read again.
    """
    files = {**hash_files(folder, without={*known, MANIFEST}), **known}
    write_record(folder / MANIFEST, Manifest(identity=identity, files=dict(sorted(files.items()))))


def hash_files(folder: Path, without: Collection[str] = ()) -> dict[str, str]:
    """The SHA-256 of each file by its path within the folder."""
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: sha256(path) for name, path in paths.items() if name not in without}


def find_damage(folder: Path, identity: str | None = None) -> str | None:
    """What is wrong with a folder, in words; nothing where it is whole and, if one is given, of that identity."""
    if not folder.is_dir():
        return "it is not there"
    if not (folder / MANIFEST).is_file():
        return f"{MANIFEST} is missing, so it was never finished"
    try:
        manifest = read_record(folder / MANIFEST, Manifest)
    except DataError:
        return f"{MANIFEST} is damaged"
    if identity not in (None, manifest.identity):
        return "it was made of other data, another policy or another config"
    for name, digest in manifest.files.items():
        if not (folder / name).is_file():
            return f"{name} is missing"
        if sha256(folder / name) != digest:
            return f"{name} is damaged: its SHA-256 is not the manifest's"
    return None


def sha256(path: Path) -> str:
    """The digest of one file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
