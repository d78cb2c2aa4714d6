"""Promise 10: a run from a stranger, with code wherever code could stand, is opened; and a run is carried elsewhere."""

import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from pathlib import Path

from faults.forks import UNTOLD, fork
from faults.played_run import STEPS, make_run, records
from faults.survivors import watched
from faults.table import Row
from ttpa.cli.commands import app
from ttpa.loading import load_run
from ttpa.models.transformers_tokens import TransformersModel
from ttpa.pipeline import take_steps

SENTINEL = "sentinel"
_MODULE = "import pathlib; pathlib.Path({sentinel!r}).touch()\n"
_MODULES = (
    *("sitecustomize.py", "usercustomize.py", "conftest.py", "json.py", "sqlite3.py", "pydantic.py", "tools.py"),
    *("ttpa/__init__.py", "5-train/dpo/modeling_own.py", "1-construct/__init__.py"),
)
_TEMPLATE = "{{{{ ''.__class__.__mro__[1].__subclasses__() }}}}{{% import 'os' as os %}}{{{{ os.system('touch {}') }}}}"


class _Trap:
    """Unpickled, it runs a command."""

    def __init__(self, sentinel: Path) -> None:
        self._sentinel = sentinel

    def __reduce__(self) -> tuple[Callable[[list[str]], int], tuple[list[str]]]:
        return subprocess.call, (["touch", str(self._sentinel)],)


def try_strangers_run(step: int = 1) -> Row:
    """Puts code into each file of a run in turn, and beside them, and opens it in every way; what ran is lost.

    With a `step`, only every so manieth place is tried.
    """
    row = Row("10 opening a stranger's run executes nothing")
    with watched(row) as temporary:
        folder = temporary.parent
        sentinel = folder / SENTINEL
        pickle.loads(pickle.dumps(_Trap(sentinel)))
        assert sentinel.exists(), "the trap does not snap"
        sentinel.unlink()
        made = make_run(folder / "made" / "run", 12, offline=True)
        take_steps(made, (*STEPS, "report"))
        for number, (name, run) in enumerate(_poisoned(made.directory.path, folder / "strangers", sentinel)):
            for way, opens in WAYS.items() if number % step == 0 else ():
                row.tried += 1
                _, status = os.waitpid(fork(_apart(opens, run, sentinel), told=folder / "told"), 0)
                if os.waitstatus_to_exitcode(status) == UNTOLD:
                    row.crashed += 1
                    row.remarks.append(f"{name}, {way}: {(folder / 'told').read_text().strip().splitlines()[-1][:200]}")
                if sentinel.exists():
                    row.lost += 1
                    row.remarks.append(f"{name}, {way}: its code ran")
                    sentinel.unlink()
            shutil.rmtree(run)
    return row


def try_carried_run(items: int) -> Row:
    """Takes a run half the way, carries its folder elsewhere under another name, and takes it to its end there."""
    row = Row("10 a run goes on where it was carried", tried=1)
    with watched(row) as temporary:
        folder = temporary.parent
        whole = make_run(folder / "whole" / "run", items, offline=True)
        take_steps(whole, STEPS)
        take_steps(make_run(folder / "here" / "run", items, offline=True), STEPS[:2])
        (folder / "there").mkdir()
        (folder / "here" / "run").rename(folder / "there" / "renamed")
        carried = make_run(folder / "there" / "renamed", items, offline=True)
        take_steps(carried, STEPS)
        row.lost += records(carried) != records(whole)
        opened = load_run(folder / "there" / "renamed")
        row.lost += len(opened.instructions) != items or not opened.pairs or not opened.cases
    row.counted["items, carried after sampling"] += items
    return row


def _poisoned(made: Path, target: Path, sentinel: Path) -> Iterator[tuple[str, Path]]:
    """Copies of a run, each with another poison, by what was done to it."""
    trap = pickle.dumps(_Trap(sentinel))
    module = _MODULE.format(sentinel=str(sentinel))
    yaml = f'!!python/object/apply:os.system ["touch {sentinel}"]\n'

    def copy(name: str) -> Path:
        return Path(shutil.copytree(made, target / name))

    for path in sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file()):
        for kind, content in (("pickle", trap), ("python", module.encode()), ("yaml", yaml.encode())):
            run = copy("run")
            (run / path).write_bytes(content)
            yield f"{path} is {kind}", run
    run = copy("modules")
    for name in _MODULES:
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(module)
    for name in ("states.pkl", "5-train/dpo/optimizer.pt", "5-train/dpo/training_args.bin", "1-construct/tools.pkl"):
        (run / name).write_bytes(trap)
    config = json.loads((run / "config.json").read_text())
    config["tools"]["module"] = str(run / "tools.py")
    (run / "config.json").write_text(json.dumps(config))
    yield "modules beside the records, and tools of its own", run
    for kind in ("auto_map", "pickled weights", "template"):
        run = copy(kind.replace(" ", "_"))
        _write_checkpoint(run, kind, trap, module, sentinel)
        yield f"a checkpoint with {kind}", run


def _write_checkpoint(run: Path, kind: str, trap: bytes, module: str, sentinel: Path) -> None:
    checkpoint = run / "5-train" / "dpo"
    checkpoint.mkdir(parents=True, exist_ok=True)
    config: dict[str, object] = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "num_hidden_layers": 1}
    config |= {"hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 1, "vocab_size": 16}
    if kind == "auto_map":
        config = {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"}}
        config |= {"tokenizer_class": "Own"}
        own = {"auto_map": {"AutoTokenizer": ["own.Own", None]}, "tokenizer_class": "Own"}
        (checkpoint / "tokenizer_config.json").write_text(json.dumps(own))
    (checkpoint / "config.json").write_text(json.dumps(config))
    (checkpoint / "own.py").write_text(module)
    (checkpoint / "pytorch_model.bin").write_bytes(trap)
    (checkpoint / "chat_template.jinja").write_text(_TEMPLATE.format(sentinel))


def _apart(opens: Callable[[Path], None], run: Path, sentinel: Path) -> Callable[[], None]:
    """Opens a run from within its folder, without words; a connection counts as code that ran."""

    def refuse(*_: object, **__: object) -> None:
        sentinel.touch()
        raise OSError("no network here")

    def act() -> None:
        setattr(socket.socket, "connect", refuse)  # noqa: B010 - for this process alone
        os.chdir(run)
        sys.path.insert(0, "")  # the worst place to stand in
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            opens(run)

    return act


def _say(*words: str) -> None:
    with suppress(SystemExit):
        app(list(words), prog_name="ttpa", standalone_mode=False)


def _load(run: Path) -> None:
    loaded = load_run(run)
    for kind in ("instructions", "trees", "turns", "pairs", "cases"):
        loaded.rows(kind)
    assert loaded.checkpoints is not None
    loaded.show()


def _load_checkpoint(run: Path) -> None:
    if (run / "5-train" / "dpo" / "config.json").exists():
        TransformersModel(str(run / "5-train" / "dpo"))


WAYS: dict[str, Callable[[Path], None]] = {
    "status": lambda run: _say("status", str(run)),
    "status --json": lambda run: _say("status", str(run), "--json"),
    "load_run": _load,
    "compare": lambda run: _say("compare", str(run), str(run)),
    "export": lambda run: _say("export", str(run), "--out", str(run / "exported")),
    "report --dry-run": lambda run: _say("report", str(run), "--dry-run"),
    "loading its checkpoint": _load_checkpoint,
}
"""How a run is opened, by what a person would call it."""
