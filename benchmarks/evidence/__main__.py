"""The experiment: arms at equal tokens, over tool sets and seeds.

`python -m benchmarks.evidence` trains every arm and asks it at dev turns; `--sweep` tries settings, on dev and on seeds
of its own, and `--from-base`, likewise, begins at the policy as it is; `--scaling` takes a quarter of the preference
data and four times as much; `--final` also asks at `test` and `test_unseen`, which nothing else opens; `--report`
writes the tables and pictures of what is done. Whatever is cut off goes on with the same command. `--small` is the same
in minutes. `--publish` keeps what is done beside the code, and `--published` reports that, in seconds.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.evidence.answers import Where
from benchmarks.evidence.arms import Arm
from benchmarks.evidence.jobs import do, run_jobs
from benchmarks.evidence.place import SETTINGS, Place
from benchmarks.evidence.report import write_report
from benchmarks.evidence.results import PUBLISHED, publish, read_published, read_results, withdrawn_arms
from benchmarks.evidence.sets import SETS
from benchmarks.evidence.sizes import DEV_SHARE, SMALL, TEST_SHARE, UNSEEN_SHARE, Size
from benchmarks.evidence.studies import STUDIES

from ttpa.dialects import DIALECTS
from ttpa.errors import TtpaError
from ttpa.quickstart.embedded import EMBEDDED, policy_path
from ttpa.records.record import JsonObject
from ttpa.runs.manifest import sha256
from ttpa.runs.record_files import write_text


def main() -> None:
    options = _parser().parse_args()
    try:
        sys.exit(_run(options))
    except TtpaError as error:
        print(f"evidence: {error}", file=sys.stderr)
        sys.exit(1)


def _run(options: argparse.Namespace) -> int:
    study = STUDIES[options.study]
    if study.on_dev_alone and options.final:
        raise TtpaError(f"--{options.study} chooses settings, so it never looks at the test: leave --final out")
    if options.small and (options.publish or options.published):
        raise TtpaError("--small shows that all of it runs; its figures say nothing and are not published")
    size = SMALL.model_copy(update={"fresh_share": study.size.fresh_share}) if options.small else study.size
    title = _join(options.study, options.label)
    out: Path = options.out or Path("runs") / _join("evidence-small" if options.small else "evidence", options.label)
    settings = _settings(size, options.policy, options.dialect)
    root = out / options.study
    if not options.published:
        _pin(root, settings)
    arms = _choose(options.study, options.arms)
    seeds: Sequence[int] = options.seeds or (size.sweep_seeds if study.on_dev_alone else size.seeds)
    places = {
        (name, seed): Place(root, SETS[name], seed, size, base=options.policy, dialect=options.dialect)
        for seed in seeds
        for name in options.sets
        if not SETS[name].missing
    }
    for name in options.sets:
        if SETS[name].missing and not (options.job or options.published):
            print(f"{name} is left out: {SETS[name].missing}")
    if options.job:
        name, _, seed = options.job.partition("/")
        do(places[name, int(seed)], arms, final=options.final)
        return 0
    if not (options.report or options.publish or options.published):
        failed = run_jobs(list(places), sys.argv[1:], options.workers)
        if failed:
            return 1
    kept = PUBLISHED / title
    if options.published and not options.arms:
        arms += withdrawn_arms(kept, study.arms)
    results = {
        where: read_published(kept, arms, where) if options.published else read_results(places.values(), arms, where)
        for where in study.looks
    }
    if options.publish:
        for path in publish(kept, settings, [one for each in results.values() for one in each]):
            print(path)
    folder: Path = options.report or out / "report"
    for where in study.looks:
        commands = _commands(options, kept if options.published else root, where)
        written = write_report(folder, title, results[where], arms, where, resamples=size.resamples, commands=commands)
        if written:
            print(written)
    return 0


def _join(name: str, label: str) -> str:
    return f"{name}-{label}" if label else name


def _commands(options: argparse.Namespace, pinned: Path, where: Where) -> list[str]:
    """That make a page of results, with the policy that the folder's settings name."""
    policy = json.loads((pinned / "settings.json").read_text(encoding="utf-8"))["policy"]
    words = ["python -m benchmarks.evidence"] + ["--small"] * options.small
    words += [f"--{options.study}"] * (options.study != "experiment")
    words += [f"--label {options.label}"] * bool(options.label)
    made = [*words, *[f"--policy {policy['name']} --dialect {policy['dialect']}"] * (policy["name"] != EMBEDDED)]
    made += ["--final"] * (where == "final")
    return [" ".join(made), *[" ".join([*words, "--published --report docs"])] * options.published]


def _choose(study: str, named: Sequence[str]) -> list[Arm]:
    every = {arm.name: arm for arm in STUDIES[study].arms}
    unknown = [name for name in named if name not in every]
    if unknown:
        raise TtpaError(f"there is no arm {unknown[0]!r} in the {study}; there are {', '.join(every)}")
    return [every[name] for name in named] if named else list(every.values())


def _settings(size: Size, policy: str, dialect: str) -> JsonObject:
    """What all figures of a folder depend on."""
    weights = sorted(Path(policy_path(policy)).glob("*.safetensors"))
    told = {
        "size": size.model_dump(mode="json"),
        "shares": {"test": TEST_SHARE, "test_unseen": UNSEEN_SHARE, "dev": DEV_SHARE},
        "settings": SETTINGS,
        "policy": {"name": policy, "dialect": dialect, "weights": [sha256(file) for file in weights]},
    }
    return json.loads(json.dumps(told))


def _pin(out: Path, settings: JsonObject) -> None:
    """Keeps the settings in the folder. Raises `TtpaError` where it was begun with others."""
    path = out / "settings.json"
    if path.exists() and json.loads(path.read_text(encoding="utf-8")) != settings:
        raise TtpaError(f"{str(out)!r} was begun with other settings than {path.name} says; give another --out")
    if not path.exists():
        write_text(path, json.dumps(settings, indent=1) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence", description=__doc__)
    parser.add_argument("--out", type=Path, help="runs/evidence, or runs/evidence-small; behind it the label")
    parser.add_argument("--small", action="store_true", help="tiny numbers, minutes: it shows that all of it runs")
    what = parser.add_mutually_exclusive_group()
    for study, says in (
        ("sweep", "settings, on dev turns alone"),
        ("from-base", "from the policy as it is, without fine-tuning, on dev turns alone"),
        ("scaling", "a quarter of the preference data, all, four times as much"),
    ):
        what.add_argument(f"--{study}", action="store_const", const=study, dest="study", help=says)
    parser.set_defaults(study="experiment")
    parser.add_argument("--final", action="store_true", help="also ask at test and test_unseen")
    parser.add_argument("--report", type=Path, nargs="?", const=Path(), help="only write tables and pictures, here")
    parser.add_argument("--publish", action="store_true", help="only keep what is done beside the code, and report it")
    parser.add_argument("--published", action="store_true", help="report what is kept there, and train nothing")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[])
    parser.add_argument("--arms", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--workers", type=int, default=2, help="sets and seeds at a time, one thread each")
    parser.add_argument("--policy", default=EMBEDDED, help="a checkpoint in place of the embedded one")
    parser.add_argument("--label", default="", help="of another policy: behind the names of the folder and the page")
    parser.add_argument("--dialect", choices=DIALECTS, default="hermes", help="that the policy speaks")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
