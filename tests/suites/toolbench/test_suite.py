"""ToolBench: its limits, its two searches, where responses come from, and a judge behind HTTP."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ttpa.dialects import DIALECTS
from ttpa.errors import RunError
from ttpa.models.scripted import ScriptedChatModel, ScriptedTokenModel
from ttpa.models.scripted_endpoint import serve_script
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.messages import AssistantMessage, ToolMessage, UserMessage
from ttpa.records.record import JsonValue
from ttpa.records.suites import SuiteAnswer
from ttpa.records.tools import ToolCall
from ttpa.runs.manifest import write_manifest
from ttpa.runs.record_files import read_records, write_record
from ttpa.steps.compare import compare_runs
from ttpa.steps.run import Run
from ttpa.steps.suite_results import SuiteFiles, suite_cases
from ttpa.steps.suites import evaluate_suite
from ttpa.suites.episodes import Ask, Ended, Said
from ttpa.suites.scripted import plan_mistakes, script_policy
from ttpa.suites.toolbench.answering import LONGEST, Answering
from ttpa.suites.toolbench.judge import Judge
from ttpa.suites.toolbench.queries import Query, read_queries
from ttpa.suites.toolbench.search import search_depth_first, search_one_path
from ttpa.suites.toolbench.suite import ToolBench

MakeRun = Callable[..., Run]
HERMES = DIALECTS["hermes"]
SHARED = Path(os.environ.get("TTPA_SHARED", Path(__file__).parents[4] / "shared"))
SOLVABLE = SHARED / "data" / "toolbench" / "solvable_queries"


def api(name: str, *required: str) -> dict[str, JsonValue]:
    parameters: list[JsonValue] = [
        {"name": each, "type": "STRING", "description": "", "default": ""} for each in required
    ]
    return {
        "category_name": "Data",
        "tool_name": "Word Box",
        "api_name": name,
        "api_description": f"Tells the {name}.",
        "required_parameters": parameters,
        "optional_parameters": [],
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [
        {
            "query_id": number,
            "query": f"What is the length of word {number}?",
            "api_list": [api("Get Length", "word"), api("Get Sound", "word"), api("List")],
            "relevant APIs": [["Word Box", "Get Length"], ["Word Box", "List"]],
        }
        for number in range(12)
    ]
    path = tmp_path / "G1_words.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


@pytest.fixture
def query(file: Path) -> Query:
    return read_queries([file])[0]


def call(name: str, **arguments: JsonValue) -> ToolCall:
    return ToolCall(name=name, arguments=arguments)


LENGTH = call("get_length_for_word_box", word="word")
GIVE_UP = call("Finish", return_type="give_up_and_restart")
ANSWER = call("Finish", return_type="give_answer", final_answer="Four.")


def said(*calls: ToolCall, content: str = "") -> Said:
    text = HERMES.write_turn(AssistantMessage(content=content, tool_calls=calls))
    return Said(text, HERMES.read_turn(text), ended=True)


def play(query: Query, search: Callable[[Query, Answering], object], *turns: Said) -> tuple[list[Ask], Ended | None]:
    """What a search asks for these turns, and what it comes to, where it has ended."""
    episode = search_one_path(query, Answering(None, None))
    if search is search_depth_first:
        episode = search_depth_first(query, Answering(None, None))
    asks = [next(episode)]
    for turn in turns:
        try:
            asks.append(episode.send(turn))
        except StopIteration as stop:
            return asks, stop.value
    episode.close()
    return asks, None


def test_a_query_offers_its_apis_and_finish_and_tells_the_task(query: Query) -> None:
    asks, _ = play(query, search_one_path)
    names = [tool.name for tool in asks[0].tools]
    assert names == ["get_length_for_word_box", "get_sound_for_word_box", "list_for_word_box", "Finish"]
    assert query.relevant == {"get_length_for_word_box", "list_for_word_box"}
    system, user = asks[0].history
    assert 'ALWAYS call "Finish"' in system.content
    assert system.content.endswith("1.word_box\n")
    assert user == UserMessage(content="\nWhat is the length of word 0?\nBegin!\n")


def test_one_path_ends_with_the_answer(query: Query) -> None:
    _, ended = play(query, search_one_path, said(LENGTH), said(ANSWER))
    assert ended is not None
    assert ended.notes["answer"] == "Four."
    assert len(ended.said[0]) == 2


@pytest.mark.parametrize(
    "last", [said(GIVE_UP), said(content="I do not know."), said(call("Finish", return_type="give_answer"))]
)
def test_one_path_without_an_answer_ends_without_one(query: Query, last: Said) -> None:
    _, ended = play(query, search_one_path, said(LENGTH), last)
    assert ended is not None
    assert ended.notes["answer"] is None


def test_calls_of_a_turn_that_is_cut_off_are_not_run_and_end_their_path(query: Query) -> None:
    _, ended = play(query, search_one_path, replace(said(LENGTH), ended=False))
    assert ended is not None
    assert (ended.notes["made"], ended.notes["answer"]) == ([], None)


def test_a_path_has_twelve_nodes_at_most_and_a_thought_is_one(query: Query) -> None:
    asks, ended = play(query, search_one_path, *[said(LENGTH)] * 9)
    assert (len(asks), ended is not None) == (6, True)
    asks, ended = play(query, search_one_path, *[said(LENGTH, content="So.")] * 9)
    assert (len(asks), ended is not None) == (4, True)


def test_depth_first_search_tries_another_way_after_one_that_gave_up(query: Query) -> None:
    asks, ended = play(query, search_depth_first, said(LENGTH), said(GIVE_UP), said(ANSWER))
    # Giving up goes two states back: to the query, where another call than the first is asked for.
    assert len(asks[2].history) == 3
    shown = asks[2].history[-1]
    assert isinstance(shown, UserMessage)
    assert LENGTH.name in shown.content
    assert ended is not None
    assert (ended.notes["answer"], ended.notes["gave up"]) == ("Four.", 1)


def test_depth_first_search_ends_where_every_way_is_dead(query: Query) -> None:
    silent = said(content="I do not know.")
    asks, ended = play(query, search_depth_first, said(LENGTH), silent, said(LENGTH), silent)
    assert [len(ask.history) for ask in asks] == [2, 4, 3, 4]
    assert ended is not None
    assert ended.notes["answer"] is None


def test_depth_first_search_asks_nothing_twice_of_a_policy_that_calls_nothing(query: Query) -> None:
    asks, ended = play(query, search_depth_first, *[said(content="I do not know.")] * 9)
    assert (len(asks), ended is not None) == (1, True)


def test_depth_first_search_asks_two_hundred_times_at_most(query: Query) -> None:
    asks, ended = play(query, search_depth_first, *[said(LENGTH)] * 300)
    assert (len(asks), ended is not None) == (2**6 * 2 - 2, True)  # all ways of six steps, two a state
    assert len(asks) <= 200


def test_a_recorded_response_is_given_before_a_played_one_and_both_before_a_failure(
    query: Query, tmp_path: Path
) -> None:
    place = tmp_path / "Data" / "word_box" / "get_length.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps({"{'word': 'word'}": {"error": "", "response": "4"}}), encoding="utf-8")
    player = ScriptedChatModel(lambda messages, seed: '{"result": 5}')
    other = call("get_length_for_word_box", word="other")
    with_both = Answering(tmp_path, player)
    recorded, played = with_both.run(query, LENGTH, ()), with_both.run(query, other, ())
    assert (recorded.content, recorded.simulated) == ("4", False)
    assert (played.content, played.simulated) == ("5", True)
    refused = with_both.run(query, call("get_length_for_word_box", letter="x"), ())
    assert (refused.ok, refused.simulated) == (False, False)
    assert not Answering(tmp_path, None).run(query, other, ()).ok
    assert not with_both.run(query, call("get_colour"), ()).ok


def test_a_long_response_is_cut_as_the_benchmark_cuts_it(query: Query) -> None:
    long = ScriptedChatModel(lambda messages, seed: json.dumps({"result": "x" * 5000}))
    episode = search_one_path(query, Answering(None, long))
    next(episode)
    seen = episode.send(said(LENGTH)).history[-1]
    assert isinstance(seen, ToolMessage)
    assert len(seen.content) == LONGEST + 3


def sections(file: Path, **more: object) -> dict[str, object]:
    return {"suites": {"resamples": 20, "max_new_tokens": 5000, "toolbench": {"queries": [str(file)], **more}}}


def gold_items(file: Path) -> ToolBench:
    return ToolBench(read_queries([file]), Answering(None, None), search_one_path, None, {})


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An endpoint whose judge refuses word 7 always and word 8 once of three times; the models it was asked as."""
    asked: list[str] = []

    def answer(model: str, texts: list[str], seed: int) -> str:
        asked.append(model)
        if model == "player":
            return '{"result": "four"}'
        told = json.loads(texts[1])
        if "first" in told:
            return json.dumps({"better": "first" if told["first"]["answer"] == "It is as you wished." else "second"})
        refused = "word 7?" in told["query"] or ("word 8?" in told["query"] and seed == 0)
        return "no JSON" if "word 9?" in told["query"] and seed == 1 else json.dumps({"solved": not refused})

    with serve_script(answer) as url:
        monkeypatch.setenv("OPENAI_API_KEY", "unused")
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        yield asked


@pytest.mark.parametrize("suite", ["toolbench-react", "toolbench-dfs"])
def test_the_gold_finishes_everywhere_by_both_searches(make_run: MakeRun, file: Path, suite: str) -> None:
    run = make_run(script_policy(gold_items(file).items), sections(file))
    [(evaluation, _)] = evaluate_suite(run, suite)
    assert evaluation.total.right == evaluation.total.items == 12
    assert evaluation.total.measures["relevant APIs called"].value == 1.0
    assert evaluation.total.measures["calls that execute"].value == 0.0
    assert evaluation.settings["judge"].startswith("none")


@pytest.mark.parametrize("suite", ["toolbench-react", "toolbench-dfs"])
def test_mistakes_cost_what_arithmetic_says(make_run: MakeRun, file: Path, suite: str) -> None:
    items = gold_items(file).items
    mistakes = plan_mistakes(items, every=3)
    model = script_policy(items, changed={item_id: mistake.text for item_id, mistake in mistakes.items()})
    run = make_run(model, sections(file))
    evaluate_suite(run, suite)
    assert {case.id for case in suite_cases(run, suite, "base") if not case.right} == set(mistakes)


def test_a_judge_behind_http_decides_by_majority_and_is_pinned(make_run: MakeRun, file: Path, http: list[str]) -> None:
    more = {"judge": "strict", "simulator": "player", "judgements": 3}
    # What the script sees with a simulator differs, so it is written over the simulated results.
    player = ScriptedChatModel(lambda messages, seed: '{"result": "four"}')
    items = ToolBench(read_queries([file]), Answering(None, player), search_one_path, None, {}).items
    run = make_run(script_policy(items), sections(file, **more))
    [(evaluation, _)] = evaluate_suite(run, "toolbench-react")
    cases = {case.id: case for case in suite_cases(run, "toolbench-react", "base")}
    assert [case_id for case_id, case in cases.items() if not case.right] == ["G1_words:7"]
    assert cases["G1_words:8"].measures["judgements: solved"] == pytest.approx(2 / 3)
    assert evaluation.total.measures["calls that execute"].value == 1.0
    assert evaluation.total.measures["calls answered by a model"].value == 1.0
    assert evaluation.official == {"judgements asked": "36, of which 1 could not be read"}
    assert evaluation.settings["judge"].startswith("strict temperature=0 max_tokens=2048 endpoint=")
    assert (http.count("player"), http.count("strict")) == (2, 36)  # equal calls are played once


def test_an_answer_on_which_no_reply_of_the_judge_can_be_read_is_neither_right_nor_wrong(
    make_run: MakeRun, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(model: str, texts: list[str], seed: int) -> str:
        told = json.loads(texts[1])
        return "I find it solved." if "word 7?" in told["query"] else json.dumps({"solved": True})

    with serve_script(answer) as url:
        monkeypatch.setenv("OPENAI_API_KEY", "unused")
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        run = make_run(script_policy(gold_items(file).items), sections(file, judge="chatty", judgements=3))
        [(evaluation, [missing])] = evaluate_suite(run, "toolbench-react")
    assert (evaluation.total.right, evaluation.total.wrong) == (11, 0)
    assert evaluation.total.missing == {"unreadable_reply": 1}
    assert (missing.id, missing.detail) == ("G1_words:7", "no reply of the judge can be read")
    assert evaluation.official["judgements asked"] == "36, of which 3 could not be read"
    assert compare_runs(run, run, suite="toolbench-react").categories[0].cases == 11


@pytest.mark.heavy
@pytest.mark.skipif(not SOLVABLE.is_dir(), reason=f"{SOLVABLE} is not there (set TTPA_SHARED)")
@pytest.mark.parametrize("suite", ["toolbench-react", "toolbench-dfs"])
def test_all_solvable_queries_run_to_the_end_under_a_judge_behind_http(
    make_run: MakeRun, http: list[str], suite: str
) -> None:
    files = [SOLVABLE / f"{group}.json" for group in ("G1_instruction", "G1_category", "G2_instruction")]
    items = ToolBench(read_queries(files), Answering(None, None), search_one_path, None, {}).items
    mistakes = plan_mistakes(items, every=7)
    model = script_policy(items, changed={item_id: mistake.text for item_id, mistake in mistakes.items()})
    toolbench = {"queries": [str(file) for file in files], "judge": "strict", "judgements": 1}
    run = make_run(model, {"suites": {"resamples": 20, "max_new_tokens": 20_000, "toolbench": toolbench}})
    [(evaluation, missing)] = evaluate_suite(run, suite)
    assert {name: category.items for name, category in evaluation.categories.items()} == {
        "G1_instruction": 163, "G1_category": 153, "G2_instruction": 106,
    }  # fmt: skip
    assert (evaluation.total.right, evaluation.total.wrong, missing) == (361, 61, [])
    assert {case.id for case in suite_cases(run, suite, "base") if not case.right} == set(mistakes)
    assert http.count("strict") == 361  # what was not answered is not judged


def test_replies_that_were_paid_for_are_not_paid_for_again(make_run: MakeRun, file: Path, http: list[str]) -> None:
    items = gold_items(file).items
    run = make_run(script_policy(items), sections(file, judge="strict"))
    evaluate_suite(run, "toolbench-react")
    before = len(http)
    evaluate_suite(run, "toolbench-react", redo=True)
    assert len(http) == before


def test_policies_are_compared_in_both_orders(file: Path, query: Query, tmp_path: Path) -> None:
    def answer(text: str | None) -> SuiteAnswer:
        notes: dict[str, JsonValue] = {"answer": text, "path": [], "made": [], "gave up": 0}
        return SuiteAnswer(
            id=query.id,
            category=query.group,
            said=(("",),),
            notes=notes,
            question_hash="",
            prompt_hash="",
            prompt_tokens=0,
            completion_tokens=0,
        )

    def judged(messages: object, seed: int) -> str:
        told = json.loads(messages[1].content)  # pyright: ignore
        return json.dumps({"solved": True} if "attempt" in told else {"better": "first"})

    (tmp_path / "base.answers.jsonl").write_text(answer("Four.").model_dump_json() + "\n", encoding="utf-8")
    judge = Judge(ScriptedChatModel(judged), 1)
    suite = ToolBench([query], Answering(None, None), search_one_path, judge, {}, "base")
    [case] = suite.judge([answer("Five.")], tmp_path / "dpo").cases
    assert case.measures["wins against base"] == 0.5  # a judge that always prefers the first has no preference
    prose = Judge(ScriptedChatModel(lambda messages, seed: '{"solved": true} I find the first better.'), 1)
    suite = ToolBench([query], Answering(None, None), search_one_path, prose, {}, "base")
    [case] = suite.judge([answer("Five.")], tmp_path / "dpo").cases
    assert "wins against base" not in case.measures  # what nobody judged is no draw
    with pytest.raises(RunError, match="'base' has no answers yet"):
        suite.judge([answer("Five.")], tmp_path / "other" / "dpo")


def test_the_win_rate_over_another_policy_of_the_run_is_asked_over_http(
    make_run: MakeRun, file: Path, http: list[str]
) -> None:
    items = gold_items(file).items
    silent = HERMES.write_turn(AssistantMessage(tool_calls=(GIVE_UP,)))
    run = make_run(sections=sections(file, judge="strict", judgements=1, against="base"))
    models = {
        run.parts.base: script_policy(items, changed={item.id: silent for item in items[:3]}),
        str(run.directory.checkpoint("sft")): script_policy(items, changed={item.id: silent for item in items[2:4]}),
    }
    sft = Checkpoint(
        method="sft", base="embedded", examples=1, steps=1, tokens=1, trainable_parameters=1, history=(), files={}
    )
    run.directory.checkpoint("sft").mkdir(parents=True)
    write_manifest(run.directory.checkpoint("sft"), identity="scripted")
    write_record(run.directory.checkpoint_record("sft"), sft)
    run = Run(run.config, replace(run.parts, load_model=models.__getitem__), run.reporter)
    [(before, _), (after, _)] = evaluate_suite(run, "toolbench-react")
    assert not [name for name in before.total.measures if "wins" in name]
    # Two queries are answered by sft alone, one by base alone, one by neither, the others alike by both.
    wins = after.total.measures["wins against base"]
    assert wins.value == pytest.approx((2 * 1 + 1 * 0 + 9 * 0.5) / 12)
    assert wins.low < wins.value < wins.high
    assert after.official["compared with the answers of base"].startswith("SHA-256 ")
    assert set(http) == {"strict"}


def test_files_that_are_not_named_or_hold_something_else_are_told(make_run: MakeRun, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"suites\.toolbench\.queries is empty"):
        evaluate_suite(make_run(), "toolbench-react")
    bad = tmp_path / "bad.json"
    bad.write_text('[{"query": 1}]', encoding="utf-8")
    with pytest.raises(RunError, match=r"bad\.json' holds no ToolBench queries: KeyError"):
        evaluate_suite(make_run(sections=sections(bad)), "toolbench-react")


def test_a_query_that_is_there_twice_is_refused_before_anything_is_asked(file: Path, tmp_path: Path) -> None:
    told = rf"query 'G1_words:0' of '{file}' was there before; an id names one query"
    with pytest.raises(RunError, match=told):
        read_queries([file, file])
    rows = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps([*rows, rows[0]]), encoding="utf-8")
    with pytest.raises(RunError, match=told):
        read_queries([file])


def test_files_of_one_name_are_told_apart_by_their_folders(make_run: MakeRun, file: Path, tmp_path: Path) -> None:
    again = tmp_path / "again" / file.name
    again.parent.mkdir()
    again.write_bytes(file.read_bytes())
    items = ToolBench(read_queries([file, again]), Answering(None, None), search_one_path, None, {}).items
    suites = {"resamples": 20, "max_new_tokens": 5000, "toolbench": {"queries": [str(file), str(again)]}}
    [(evaluation, _)] = evaluate_suite(make_run(script_policy(items), {"suites": suites}), "toolbench-react")
    names = [f"{folder.name}/G1_words" for folder in (tmp_path, again.parent)]
    assert {name: category.right for name, category in evaluation.categories.items()} == dict.fromkeys(names, 12)
    assert {f"file {name}" for name in names} <= set(evaluation.settings)


def test_a_policy_that_never_finishes_is_accounted_for(make_run: MakeRun, file: Path) -> None:
    run = make_run(
        ScriptedTokenModel(lambda _: {HERMES.write_turn(AssistantMessage(tool_calls=(LENGTH,))): 1.0}), sections(file)
    )
    [(evaluation, missing)] = evaluate_suite(run, "toolbench-dfs")
    answers = read_records(SuiteFiles(run.directory.suite("toolbench-dfs"), "base").answers, SuiteAnswer)
    assert (evaluation.total.wrong, missing, len(answers)) == (12, [], 12)
    assert evaluation.total.measures["relevant APIs called"].value == 0.5
