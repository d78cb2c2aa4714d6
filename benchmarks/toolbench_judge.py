"""All queries of some ToolBench files, with a scripted policy, simulator and judge, the last two over HTTP.

`python benchmarks/toolbench_judge.py FILE ... [--judgements 3]` prints, for both searches, what came of every query and
what arithmetic says: the policy errs at every 7th query, the judge refuses those whose text hashes to a multiple of 5.
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
from ttpa.steps.run import Run
from ttpa.steps.suite_results import suite_cases
from ttpa.steps.suites import evaluate_suite
from ttpa.suites.scripted import plan_mistakes, script_policy
from ttpa.suites.table import write_tables
from ttpa.suites.toolbench.answering import Answering
from ttpa.suites.toolbench.queries import read_queries
from ttpa.suites.toolbench.search import search_one_path
from ttpa.suites.toolbench.suite import ToolBench

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
        overrides += ["suites.toolbench.judge=judge", "suites.toolbench.simulator=player", "suites.resamples=500"]
        _measure([*overrides, f"suites.toolbench.judgements={options.judgements}"], options.files)


def _measure(overrides: list[str], files: list[Path]) -> None:
    config = load_config(None, overrides)
    queries = read_queries(files)
    player = ScriptedChatModel(lambda *_: PLAYED)
    items = ToolBench(queries, Answering(None, player), search_one_path, None, {}).items
    mistakes = plan_mistakes(items, every=7)
    model = script_policy(items, changed={item_id: mistake.text for item_id, mistake in mistakes.items()})
    parts = replace(assemble(config), load_tokenizer=lambda _: CharacterTokenizer(), load_model=lambda _: model)
    run = Run(config, parts, SilentReporter())
    due = {query.id for query in queries if not _is_refused(query.text)} - set(mistakes)
    for suite in ("toolbench-react", "toolbench-dfs"):
        started = time.monotonic()
        [(evaluation, missing)] = evaluate_suite(run, suite)
        print(f"\n{suite}: {time.monotonic() - started:.0f} s")
        print("\n".join(write_tables([evaluation])))
        found = {case.id for case in suite_cases(run, suite, "base") if case.right}
        total = evaluation.total
        print(f"{total.items} queries = {total.right} right + {total.wrong} wrong + {len(missing)} missing")
        print(f"arithmetic says {len(due)} right; differ: {sorted(found ^ due)}")


def _answer(model: str, texts: list[str], _: int) -> str:
    if model == "player":
        return PLAYED
    return json.dumps({"reason": "scripted", "solved": not _is_refused(json.loads(texts[1])["query"])})


def _is_refused(query: str) -> bool:
    return hashlib.sha256(query.encode()).digest()[0] % 5 == 0


if __name__ == "__main__":
    main()
