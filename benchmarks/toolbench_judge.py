"""All queries of some ToolBench files, with scripted policies, simulator and judge, the last two over HTTP.

`python benchmarks/toolbench_judge.py FILE ... [--judgements 3]` prints, for both searches, what came of every query and
what arithmetic says: `base` errs at every 7th query, `sft` at every 5th, the judge refuses those whose text hashes to a
multiple of 5. Of two attempts the judge prefers the one that answered, else the first: asked in both orders, a tie.
"""

import argparse
import hashlib
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from ttpa.assemble import assemble
from ttpa.config import load_config
from ttpa.models.scripted import CharacterTokenizer, ScriptedChatModel
from ttpa.models.scripted_endpoint import serve_script
from ttpa.progress import SilentReporter
from ttpa.records.checkpoints import Checkpoint
from ttpa.runs.record_files import write_record
from ttpa.steps.run import Run
from ttpa.steps.suite_results import suite_cases
from ttpa.steps.suites import evaluate_suite
from ttpa.suites.scripted import plan_mistakes, script_policy
from ttpa.suites.table import write_tables
from ttpa.suites.toolbench.answering import Answering
from ttpa.suites.toolbench.queries import read_queries
from ttpa.suites.toolbench.search import search_one_path
from ttpa.suites.toolbench.suite import ToolBench

_SFT = Checkpoint(
    method="sft", base="scripted", examples=0, steps=0, tokens=0, trainable_parameters=0, history=(), files={}
)
PLAYED = '{"result": {"status": "ok"}}'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--judgements", type=int, default=3)
    options = parser.parse_args()
    os.environ["OPENAI_API_KEY"] = "unused"
    with serve_script(_answer) as url, tempfile.TemporaryDirectory() as folder:
        os.environ["OPENAI_BASE_URL"] = url
        files = json.dumps([str(file) for file in options.files])
        overrides = [f"runs={folder}", f"suites.toolbench.queries={files}", "suites.max_new_tokens=20000"]
        overrides += [
            "suites.toolbench.against=base",
            "suites.toolbench.judge=judge",
            "suites.toolbench.simulator=player",
            "suites.resamples=500",
        ]
        _measure([*overrides, f"suites.toolbench.judgements={options.judgements}"], options.files)


def _measure(overrides: list[str], files: list[Path]) -> None:
    config = load_config(None, overrides)
    queries = read_queries(files)
    player = ScriptedChatModel(lambda *_: PLAYED)
    items = ToolBench(queries, Answering(None, player), search_one_path, None, {}).items
    mistakes = {name: plan_mistakes(items, every=every) for name, every in (("base", 7), ("sft", 5))}
    models = {
        name: script_policy(items, changed={item_id: mistake.text for item_id, mistake in made.items()})
        for name, made in mistakes.items()
    }
    run = Run(config, assemble(config), SilentReporter())
    write_record(run.directory.checkpoint_record("sft"), _SFT)
    of_path = {run.parts.base: models["base"], str(run.directory.checkpoint("sft")): models["sft"]}
    parts = replace(run.parts, load_tokenizer=lambda _: CharacterTokenizer(), load_model=of_path.__getitem__)
    run = Run(config, parts, SilentReporter())
    for suite in ("toolbench-react", "toolbench-dfs"):
        started = time.monotonic()
        found = evaluate_suite(run, suite)
        print(f"\n{suite}: {time.monotonic() - started:.0f} s")
        print("\n".join(write_tables([evaluation for evaluation, _ in found])))
        for evaluation, missing in found:
            total = evaluation.total
            print(f"{total.items} queries = {total.right} right + {total.wrong} wrong + {len(missing)} missing")
            right = {case.id for case in suite_cases(run, suite, evaluation.policy) if case.right}
            due = {query.id for query in queries if not _is_refused(query.text)} - set(mistakes[evaluation.policy])
            print(f"arithmetic says {len(due)} right; differ: {sorted(right ^ due)}")
        wins = found[1][0].total.measures["wins against base"].value
        lost, won = (set(mistakes["sft"]) - set(mistakes["base"]), set(mistakes["base"]) - set(mistakes["sft"]))
        print(f"wins {wins:.4f}; arithmetic says {0.5 + (len(won) - len(lost)) / (2 * len(queries)):.4f}")


def _answer(model: str, texts: list[str], _: int) -> str:
    if model == "player":
        return PLAYED
    told = json.loads(texts[1])
    if "first" in told:
        only_second = told["first"]["answer"] is None and told["second"]["answer"] is not None
        return json.dumps({"reason": "scripted", "better": "second" if only_second else "first"})
    return json.dumps({"reason": "scripted", "solved": not _is_refused(told["query"])})


def _is_refused(query: str) -> bool:
    return hashlib.sha256(query.encode()).digest()[0] % 5 == 0


if __name__ == "__main__":
    main()
