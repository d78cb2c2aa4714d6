"""Ray: the same records as locally, items that wait do so side by side, and a worker that dies loses nothing."""

# pyright: reportUnknownMemberType=false

import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.dialects import DIALECTS
from ttpa.engines.config import EngineConfig
from ttpa.errors import RunError
from ttpa.models.base import TokenModel
from ttpa.models.scripted import CharacterTokenizer, ScriptedTokenModel
from ttpa.models.scripted_endpoint import serve_script
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.quickstart.generator import OfflineGenerator
from ttpa.records.costs import Budget, Prices
from ttpa.records.instructions import Instruction
from ttpa.records.messages import SystemMessage, UserMessage
from ttpa.records.summaries import StepSummary
from ttpa.runs.journal import Journal
from ttpa.runs.layout import RunDirectory, Step
from ttpa.runs.record_files import read_record, read_records
from ttpa.steps.run import Run

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]' in a clone")

from ttpa.engines.ray_engine import RayEngine  # noqa: E402 - needs Ray

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore::ResourceWarning")]
ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
Result = TypeVar("Result")
TWO = EngineConfig(kind="ray", workers=2)
HERMES = DIALECTS["hermes"]
STEPS: tuple[Step, ...] = ("construct", "sample", "score", "pair", "evaluate")


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    yield
    ray.shutdown()


@contextmanager
def open_plain(work: Callable[[int], Result]) -> Generator[Callable[[int], Result]]:
    yield work


def same(number: int) -> int:
    return number


def test_results_come_in_order_and_each_worker_is_opened_once(tmp_path: Path) -> None:
    @contextmanager
    def open_squarer() -> Generator[Callable[[int], tuple[int, int]]]:
        (tmp_path / f"opened-{os.getpid()}-{time.monotonic_ns()}").touch()

        def square(number: int) -> tuple[int, int]:
            time.sleep(0.02 if number % 3 else 0.06)
            return number * number, os.getpid()

        yield square
        (tmp_path / f"closed-{os.getpid()}").touch()

    results = list(RayEngine(TWO).map(open_squarer, range(40)))
    assert [square for square, _ in results] == [number * number for number in range(40)]
    assert len(list(tmp_path.glob("opened-*"))) == len({pid for _, pid in results}) == 2
    assert len(list(tmp_path.glob("closed-*"))) == 2


def test_items_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = RayEngine(TWO).map(partial(open_plain, same), items())
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    assert len(taken) < 40
    del results


def test_a_first_item_that_takes_long_does_not_let_the_others_pile_up() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(300):
            taken += 1
            yield number

    def wait(number: int) -> int:
        time.sleep(0.0 if number else 2.0)
        return number

    results = RayEngine(TWO).map(partial(open_plain, wait), items())
    assert next(results) == 0
    assert taken <= 20
    assert list(results) == [*range(1, 300)]


def test_an_error_comes_out_as_it_was_raised() -> None:
    def fail(number: int) -> int:
        raise RunError(f"item {number} cannot be done")

    with pytest.raises(RunError, match=r"^item 0 cannot be done$"):
        list(RayEngine(TWO).map(partial(open_plain, fail), range(3)))


def test_two_workers_wait_side_by_side() -> None:
    def wait(_: int) -> tuple[float, float, int]:
        began = time.monotonic()
        time.sleep(0.2)
        return began, time.monotonic(), os.getpid()

    spans = list(RayEngine(TWO).map(partial(open_plain, wait), range(40)))
    # From when both were there on: a process takes a second or more to start.
    start = max(min(began for began, _, pid in spans if pid == one) for one in {pid for *_, pid in spans})
    end = max(ended for _, ended, _ in spans)
    waited = sum(max(0.0, ended - max(began, start)) for began, ended, _ in spans)
    assert waited / (end - start) >= 1.8


def test_a_worker_that_dies_loses_and_doubles_nothing(tmp_path: Path) -> None:
    def work(number: int) -> tuple[int, int]:
        with (tmp_path / f"{number}-{os.getpid()}").open("x"):
            time.sleep(0.1)
        return number, os.getpid()

    killed = 0
    results: list[tuple[int, int]] = []
    for number, pid in RayEngine(TWO).map(partial(open_plain, work), range(60)):
        results.append((number, pid))
        if len(results) in (12, 30):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    assert killed == 2
    assert [number for number, _ in results] == list(range(60))
    assert len({pid for _, pid in results}) == 4
    begun = [int(path.name.split("-")[0]) for path in tmp_path.iterdir()]
    assert len(begun) - len(set(begun)) <= killed


def test_a_worker_that_is_large_is_opened_again_when_it_dies(tmp_path: Path) -> None:
    held, died = bytes(3_000_000), tmp_path / "died"  # more than Ray hands over with a call

    def measure(number: int) -> tuple[int, int]:
        if number == 10 and not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number, len(held)

    found = list(RayEngine(TWO).map(partial(open_plain, measure), range(30)))

    assert found == [(number, len(held)) for number in range(30)]
    assert died.exists()


def test_an_item_that_kills_every_worker_stops_the_run() -> None:
    def die(number: int) -> int:
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with pytest.raises(RunError, match="a worker died 4 times"):
        list(RayEngine(TWO).map(partial(open_plain, die), range(10)))


def test_a_cluster_that_is_too_small_is_named() -> None:
    list(RayEngine(TWO).map(partial(open_plain, same), range(2)))
    with pytest.raises(RunError, match=r"engine.workers = 500 need 500 CPUs, and the Ray cluster has \d+"):
        list(RayEngine(EngineConfig(kind="ray", workers=500)).map(partial(open_plain, same), range(2)))


def scripted_model(directory: RunDirectory, _: str) -> TokenModel:
    """A policy that is right with 0.6, and else mistakes a value."""
    gold: dict[str, str] = {}
    for instruction in read_records(directory.instructions, Instruction):
        for point in instruction.decision_points():
            prompt = "".join(map(chr, CharacterTokenizer().prompt_ids(point.history, point.tools)))
            gold[prompt] = HERMES.write_turn(point.reference_turn())

    def turns(prompt: str) -> Mapping[str, float]:
        right = gold[prompt]
        wrong = right.replace('": "', '": "x', 2).replace('"name": "x', '"name": "', 1)
        return {right: 1.0} if wrong == right else {right: 0.6, wrong: 0.4}

    return ScriptedTokenModel(turns)


def load_tokenizer(_: str) -> CharacterTokenizer:
    return CharacterTokenizer()


def make_run(folder: Path, name: str, engine: str, **sections: object) -> Run:
    config = make_config(
        {
            "name": name,
            "runs": str(folder),
            "engine": {"kind": engine, "workers": 2},
            "construct": {"instances": 40, "test_share": 0.3},
            "sample": {"points": 40, "batch": 4, "max_new_tokens": 1000},
            "evaluate": {"points": 20, "batch": 4, "resamples": 20, "max_new_tokens": 1000},
            "train": {"sft": False},
            **sections,
        }
    )
    directory = RunDirectory(config.path)
    parts = replace(
        assemble(config),
        load_tokenizer=load_tokenizer,
        load_model=partial(scripted_model, directory),
    )
    return Run(config, parts, SilentReporter())


def written(run: Run) -> dict[str, bytes]:
    files = sorted(run.directory.path.rglob("*.jsonl"))
    return {file.relative_to(run.directory.path).as_posix(): file.read_bytes() for file in files}


def test_a_run_has_the_records_that_it_has_locally(tmp_path: Path) -> None:
    runs = [make_run(tmp_path, engine, engine) for engine in ("local", "ray")]
    for run in runs:
        take_steps(run, STEPS)
    local, remote = map(written, runs)
    assert local == remote
    assert len(local["2-sample/trees.jsonl"]) > 0
    assert {"1-construct/instructions.jsonl", "4-pair/pairs.jsonl", "6-evaluate/base.jsonl"} <= set(local)
    for step in STEPS:
        here, there = (read_record(run.directory.summary(step), StepSummary) for run in runs)
        assert here.model_copy(update={"seconds": 0}) == there.model_copy(update={"seconds": 0})


def test_a_journal_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    journal.write_bytes(b"no SQLite, and long enough to be told from it" * 100)
    with pytest.raises(RunError, match=r"journal.sqlite' is damaged"):
        RayEngine(TWO).open_desk(journal, Budget(), Prices())


def play_generator(_: str, texts: Sequence[str], seed: int) -> str:
    messages = [SystemMessage(content=texts[0]), *(UserMessage(content=text) for text in texts[1:])]
    return OfflineGenerator().chat(messages, seed=seed).text


def test_one_journal_and_one_budget_serve_all_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(model: str, texts: Sequence[str], seed: int) -> str:
        asked.append(texts[-1])
        return play_generator(model, texts, seed)

    with serve_script(answer) as url:
        ray.shutdown()  # workers see the environment that their cluster was started in
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")

        def take(name: str, engine: str, requests: int | None = None) -> Run:
            generator = {"kind": "openai", "model": "m", "workers": 2, "budget": {"requests": requests}}
            run = make_run(tmp_path, name, engine, generator=generator, construct={"instances": 8})
            take_steps(run, ("construct",))
            return run

        local = take("local", "local")
        whole = len(asked)
        asked.clear()
        with pytest.raises(RunError, match=r"the generator's budget leaves no room.*requests = 15"):
            take("remote", "ray", requests=15)
        assert len(asked) == 15
        remote = take("remote", "ray")
        assert len(asked) == whole
        assert written(local) == written(remote)
        journal = Journal(remote.directory.journal)
        assert journal.spent().requests == whole
        journal.close()
        ray.shutdown()
