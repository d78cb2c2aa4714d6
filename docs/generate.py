"""Writes the reference pages out of the program itself: `reference-config.md` and `reference-cli.md`.

`python docs/generate.py` writes them; with `--check` it says which one is out of date, and ends with exit code 1.
"""

import re
import sys
from pathlib import Path
from typing import Any, get_args

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from ttpa.cli.commands import app
from ttpa.config import RunConfig

HERE = Path(__file__).parent
_NOTE = "<!-- Written by docs/generate.py; change the source and run `make docs`. -->\n\n"

_SHORT = {
    r"typing\.": "",
    r"dict\[(.+), (\w+)\]": r"table of \1 -> \2",
    r"tuple\[(.+), \.\.\.\]": r"list of \1",
    r" \| None": " or nothing",
    r"Literal\[([^]]+)\]": r"(\1)",
    r"\bstr\b": "text",
    r"\bbool\b": "true or false",
}
"""Patterns of a type's name -> what a person reads."""


def config_page() -> str:
    """Every key of the config with its type, its default and what the source says of it."""
    lines = [
        "# Every key of the config\n",
        "A config is TOML; every key has a default, unknown keys are refused, and each can be set from the",
        "command line: `--set section.key=value`. `ttpa init` writes a first one.\n",
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
            rows.append(f"| `{key}` | {_type(field.annotation)} | {default} | {_cell(text)} |")
    return [*(["| key | type | default | |", "|---|---|---|---|", *rows, ""] if rows else []), *below]


def _is_section(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _type(annotation: Any) -> str:
    text = str(annotation) if get_args(annotation) else getattr(annotation, "__name__", str(annotation))
    if text.startswith("typing.Literal"):
        return _cell(" or ".join(f"`{value}`" for value in get_args(annotation)))
    for long, short in _SHORT.items():
        text = re.sub(long, short, text)
    return _cell(text)


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "needed"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None or value in ("", (), {}):
        return "none"
    return _cell(f"`{list(value) if isinstance(value, tuple) else value}`")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


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
        *(f"| {_cell(word)} | {_cell(text)} |" for word, text in rows),
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
