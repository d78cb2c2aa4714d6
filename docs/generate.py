"""Writes the reference pages out of the program itself: `reference-config.md` and `reference-cli.md`.

`python docs/generate.py` writes them; with `--check` it says which one is out of date, and ends with exit code 1.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, cast, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from ttpa.cli.commands import app
from ttpa.config import RunConfig

HERE = Path(__file__).parent
_NOTE = "<!-- Written by docs/generate.py; change the source and run `make docs`. -->\n\n"

_TYPES: dict[object, str] = {str: "string", bool: "boolean", int: "integer", float: "float"}
"""A plain type -> TOML's word for it."""


def config_page() -> str:
    """Every key of the config with its type, its default and what the source says of it."""
    lines = [
        "# Every key of the config\n",
        "A config is TOML; every key has a default, unknown keys are refused, and each can be set from the",
        "command line: `--set section.key=value`. `ttpa init` writes a first one. A relative path in it is taken from",
        "the folder where `ttpa` is run.\n",
    ]
    lines += _section(RunConfig, "")
    return _NOTE + "\n".join(lines).rstrip() + "\n"


def cli_page() -> str:
    """Every command with its arguments and options, and the exit codes."""
    group: Any = typer.main.get_command(app)
    lines = [
        "# Every command\n",
        "| exit code | means |",
        "|---|---|",
        "| 0 | done, or nothing was left to do |",
        "| 1 | a person can mend it: one line on standard error says what is wrong |",
        "| 1, and no such line | `doctor` found something wrong, or the call that `tools --call` tried failed |",
        "| 2 | words that are no command, or no value of an option: the usage is shown |",
        "| 130 | interrupted; the same command goes on from there |\n",
        "`--json`, where a command has it, prints one JSON document on standard output and nothing else.",
        "`ttpa --version` says which version is installed,",
        "`ttpa --install-completion` completes words in bash, zsh, fish and PowerShell.\n",
    ]
    for name, command in group.commands.items():
        lines += _command(name, command)
    return _NOTE + "\n".join(lines).rstrip() + "\n"


def _section(kind: type[BaseModel], prefix: str) -> list[str]:
    rows: list[str] = []
    below: list[str] = []
    for name, field in kind.model_fields.items():
        key = field.alias or name
        text = " ".join((field.description or "").split())
        inner = next((each for each in (field.annotation, *get_args(field.annotation)) if _is_section(each)), None)
        if inner is not None:
            about = " ".join((inner.__doc__ or "").split())
            below += [f"{'###' if prefix else '##'} `[{prefix}{key}]`\n", f"{about} {text}".strip() + "\n"]
            below += _section(inner, f"{prefix}{key}.")
        else:
            default = _default(field.get_default(call_default_factory=True))
            rows.append(f"| `{key}` | {_type(field.annotation)} | {default} | {text} |")
    return [*(["| key | type | default | |", "|---|---|---|---|", *rows, ""] if rows else []), *below]


def _is_section(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _type(annotation: Any, ending: str = "") -> str:
    """TOML's words for what a key takes; a key that is left out needs none."""
    kinds = get_args(annotation)
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(f"`{_toml(value)}`" for value in kinds)
    if origin is Annotated:
        return _type(kinds[0], ending)
    if origin is tuple:
        return f"array{ending} of {_type(kinds[0], 's')}"
    if origin in (dict, Mapping):
        return f"table{ending} of {_type(kinds[1], 's')}"
    if kinds:
        return " or ".join(_type(kind, ending) for kind in kinds if kind is not NoneType)
    return _TYPES[annotation] + ending


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "needed"
    return "not set" if value is None else f"`{_toml(value)}`"


def _toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, cast('tuple[object, ...]', value)))}]"
    if isinstance(value, float):
        return repr(value)
    assert not value or not isinstance(value, dict), "a default table is empty"
    return json.dumps(value)


def _command(name: str, command: Any) -> list[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and "--help" not in p.opts]
    words = " ".join([f"ttpa {name}", *(_argument(p) for p in arguments)])
    lines = [f"## `{words}`\n", " ".join((command.help or "").split()) + "\n"]
    rows = [(f"`{_argument(p)}`", _told(p)) for p in arguments]
    rows += [(f"`{', '.join(p.opts)}`", _told(p)) for p in options]
    return [
        *lines,
        "| argument or option | meaning |",
        "|---|---|",
        *(f"| {word} | {text} |" for word, text in rows),
        "",
    ]


def _told(parameter: Any) -> str:
    default = parameter.default if parameter.param_type_name == "option" else None
    return (parameter.help or "") + (f" (`{default}` by default)" if default not in (None, False, "", ()) else "")


def _argument(argument: Any) -> str:
    word = argument.metavar or argument.name.upper()
    return f"{word if argument.required else f'[{word}]'}{' ...' if argument.nargs == -1 else ''}"


def main() -> int:
    """Writes the pages that are out of date, or only names them."""
    pages = {HERE / "reference-config.md": config_page(), HERE / "reference-cli.md": cli_page()}
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            sys.stderr.write(f"docs/{path.name} is out of date: run `make docs`\n")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
