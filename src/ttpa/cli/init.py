"""`ttpa init`: a commented config for the user's case."""

import os
import shlex
import shutil
import tomllib
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated, Literal

import typer

from ttpa.cli.words import tell, toml_string
from ttpa.config import NAME_RULE, is_run_name, make_config
from ttpa.errors import ConfigError

Case = Literal["python", "openapi", "mcp", "data"]
_GENERATOR = "gpt-5-mini"
_POLICY = "Qwen/Qwen2.5-0.5B-Instruct"
_NEEDS: dict[Case, str] = {
    "python": "a file of functions, as in `ttpa init python my_tools.py`",
    "openapi": "a document, as in `ttpa init openapi https://example.org/openapi.json`",
    "mcp": "a server, as in `ttpa init mcp http://localhost:8000/mcp` or `ttpa init mcp 'npx my-server'`",
    "data": "a file of dialogues, as in `ttpa init data dialogues.jsonl`",
}


def init(
    word: Annotated[
        str,
        typer.Argument(
            metavar="CASE", help="Where you start from: python, openapi, mcp or data.", autocompletion=lambda: [*_NEEDS]
        ),
    ],
    place: Annotated[str, typer.Argument(help="A file, an address, or the command of an MCP server.")] = "",
    out: Annotated[Path, typer.Option(help="The config to write; it must not be there yet.")] = Path("ttpa.toml"),
    name: Annotated[str | None, typer.Option(help="Of the run; by default the config's file name.")] = None,
    generator_model: Annotated[
        str | None,
        typer.Option(help=f"The endpoint's name for the model that writes the data, by default {_GENERATOR}."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(help=f"The model that learns: a hub name or a folder, by default {_POLICY}. Needs a GPU."),
    ] = None,
) -> None:
    """Write a commented config for your case, and say what comes next."""
    case = _read_case(word)
    if not place:
        raise ConfigError(f"ttpa init {case} needs {_NEEDS[case]}")
    if out.exists():
        raise ConfigError(f"{str(out)!r} is there already; name another file with --out")
    is_local = case in ("python", "data") or (case == "openapi" and not place.startswith(("http://", "https://")))
    if is_local and not Path(place).is_file():
        raise ConfigError(f"{place!r} is no file; ttpa init {case} needs {_NEEDS[case]}")
    has_gpu, has_endpoint = shutil.which("nvidia-smi") is not None, _has_endpoint()
    _refuse_ignored(case, generator_model, policy, has_gpu=has_gpu, has_endpoint=has_endpoint)
    parts = [case]
    if case != "data":
        parts += ["generator_openai" if has_endpoint else "generator_schema", "construct"]
    parts.append("policy_gpu" if has_gpu else "policy_cpu")
    run = name or out.stem
    if not is_run_name(run):
        raise ConfigError(f"{run!r} names no run: {NAME_RULE}; give one with --name")
    text = f"name = {toml_string(run)}\n\n" + "".join(
        _starter(part, place, generator_model or _GENERATOR, policy or _POLICY) for part in parts
    )
    make_config(tomllib.loads(text))
    out.write_text(text, encoding="utf-8")
    tell(f"wrote {out}: {_found(case, has_gpu=has_gpu, has_endpoint=has_endpoint)}")
    config = shlex.quote(str(out))
    if case == "data":
        named = shlex.quote(run)
        tell(f"next: ttpa import {shlex.quote(place)} --run {named} --config {config}, then ttpa run {named}")
    else:
        tell(f"next: ttpa tools {config}, then ttpa run {config} --dry-run")


def _read_case(word: str) -> Case:
    for case in _NEEDS:
        if case == word:
            return case
    raise typer.BadParameter(f"{word!r} is none of {', '.join(_NEEDS)}", param_hint="CASE")


def _has_endpoint() -> bool:
    return bool(os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL"))


def _refuse_ignored(
    case: Case, generator_model: str | None, policy: str | None, *, has_gpu: bool, has_endpoint: bool
) -> None:
    """Raises `ConfigError` for an option that the config would not hold."""
    if generator_model is not None and case == "data":
        raise ConfigError("--generator-model has no place in this config: your dialogues stand for a generator's")
    if generator_model is not None and not has_endpoint:
        raise ConfigError("--generator-model needs an endpoint: set OPENAI_API_KEY (and OPENAI_BASE_URL)")
    if policy is not None and not has_gpu:
        raise ConfigError(
            f"--policy {policy!r} needs a GPU, and nvidia-smi was not found: without the option the small embedded "
            "policy learns; to take the config elsewhere, write policy.base into it there"
        )


def _starter(part: str, place: str, model: str, policy: str) -> str:
    text = (files("ttpa.cli") / "starters" / f"{part}.toml").read_text(encoding="utf-8")
    is_command = part == "mcp" and not place.startswith(("http://", "https://"))
    quoted = f"[{', '.join(map(toml_string, _split_command(place)))}]" if is_command else toml_string(place)
    return Template(text).substitute(
        place=quoted,
        place_key="command" if is_command else "url",
        model=toml_string(model),
        policy=toml_string(policy),
    )


def _split_command(place: str) -> list[str]:
    """The words of a command as a shell takes them. Raises `ConfigError` where a quote is left open."""
    try:
        return shlex.split(place)
    except ValueError as error:
        raise ConfigError(f"{place!r} is no command: {error}; quotes go around a word with spaces") from error


def _found(case: Case, *, has_gpu: bool, has_endpoint: bool) -> str:
    policy = "a GPU was found" if has_gpu else "no GPU was found, so the small embedded policy learns"
    if case == "data":
        return policy
    endpoint = "OPENAI_* names an endpoint" if has_endpoint else "no OPENAI_API_KEY, so the schemas alone make the data"
    return f"{policy}; {endpoint}"
