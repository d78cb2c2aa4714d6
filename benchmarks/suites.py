"""A suite through its full path with policies whose answers are known: the gold of every item, then known mistakes.

`python benchmarks/suites.py bfcl [--set suites.bfcl.environment=FOLDER] [--every 7]` prints both tables, what
arithmetic says beside them, and every item where the two differ.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace

from ttpa.assemble import assemble
from ttpa.config import load_config
from ttpa.models.base import TokenModel
from ttpa.models.scripted import CharacterTokenizer
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.records.scores import ErrorKind
from ttpa.records.suites import SuiteEvaluation
from ttpa.runs.journal import Journal
from ttpa.steps.run import Run
from ttpa.steps.suite_results import suite_cases
from ttpa.steps.suites import evaluate_suite, suite_setting
from ttpa.suites import SUITES
from ttpa.suites.sample import draw_sample
from ttpa.suites.scripted import plan_mistakes, script_policy
from ttpa.suites.table import write_tables

_NO_CALLS = (ErrorKind.NO_CALL, ErrorKind.MALFORMED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", choices=sorted(SUITES))
    parser.add_argument("--config", default=None)
    parser.add_argument("--set", action="append", default=[], help="section.key=value")
    parser.add_argument("--every", type=int, default=7, help="every so-many-th item gets a mistake")
    parser.add_argument("--brief", action="store_true", help="totals alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        overrides = [f"runs={folder}", "suites.max_new_tokens=20000", "suites.resamples=200", *options.set]
        differs = _measure(options.suite, options.config, overrides, options.every, brief=options.brief)
    sys.exit(1 if differs else 0)


def _measure(suite: str, source: str | None, overrides: list[str], every: int, *, brief: bool) -> bool:
    config = load_config(source, overrides)
    said: list[TokenModel] = []
    parts = replace(assemble(config), load_tokenizer=lambda _: CharacterTokenizer(), load_model=lambda _: said[-1])
    run = Run(config, parts, SilentReporter())
    config.path.mkdir(parents=True)
    if suite == "tasks":
        take_steps(run, ["construct"])
    journal = Journal(run.directory.journal)
    with SUITES[suite](suite_setting(run, suite, journal)) as opened:
        items = draw_sample(opened.items, config.suites.limit, seed=config.seed)
        started = time.monotonic()
        mistakes = plan_mistakes(items, every=every)
        models = [script_policy(items), script_policy(items, changed={key: m.text for key, m in mistakes.items()})]
        print(f"{len(items)} items, scripts written in {time.monotonic() - started:.0f} s")
    evaluations: list[SuiteEvaluation] = []
    wrong: list[set[str]] = []
    for model in models:
        said.append(model)
        [(evaluation, missing)] = evaluate_suite(run, suite, redo=True)
        evaluations.append(evaluation)
        wrong.append({case.id for case in suite_cases(run, suite, "base") if not case.right} | {d.id for d in missing})
    refused = set(evaluations[0].refused_golds)
    named = [
        evaluation.model_copy(update={"policy": name})
        for evaluation, name in zip(evaluations, ("gold", "mistakes"), strict=True)
    ]
    for line in write_tables(named)[: 8 if brief else None]:
        print(line)
    # In `live_relevance` any call is right, whatever is wrong with it.
    harmless = {
        item.id
        for item in items
        if item.category == "live_relevance" and item.id in mistakes and mistakes[item.id].kind not in _NO_CALLS
    }
    due = [refused, refused | (set(mistakes) - harmless)]
    for name, found, expected in zip(("gold", "mistakes"), wrong, due, strict=True):
        odd = sorted(found ^ expected)
        print(f"{name}: {len(items) - len(found)} right, arithmetic says {len(items) - len(expected)}; differ: {odd}")
    kinds = Counter(mistake.kind.value for mistake in mistakes.values())
    print(f"mistakes made: {dict(sorted(kinds.items()))}; errors found: {evaluations[1].total.errors}")
    return wrong[0] != due[0] or wrong[1] != due[1]


if __name__ == "__main__":
    main()
