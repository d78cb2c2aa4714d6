"""The page as a whole: what it shows, and that nothing in the data can act."""

import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ttpa.records.candidates import SampleCost
from ttpa.records.checkpoints import TrainStep
from ttpa.records.evaluations import Difference, Evaluation, Measure
from ttpa.records.scores import CallError, ErrorKind
from ttpa.stages.report.inputs import ReportInputs, StageFlow, TreeView
from ttpa.stages.report.stage import ReportConfig, report


class Page(HTMLParser):
    """The elements, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.ends: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        self.ends.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def _cards(html: str) -> Any:
    """The turns that the page's script draws."""
    found = re.search(r'<script type="application/json" id="turns-data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def _words(inputs: ReportInputs) -> str:
    return Page(report(inputs, ReportConfig())).words


def _difference(low: float, high: float) -> ReportInputs:
    measure = Measure(value=(low + high) / 2, low=low, high=high)
    difference = Difference(group="g", policy="dpo", baseline="sft", exact=measure, gained=7, lost=3)
    evaluation = Evaluation(policies=("sft", "dpo"), groups={}, differences=(difference,), prompt_hash="")
    return ReportInputs(run="r", evaluation=evaluation)


def test_each_stage_shows_what_came_in_went_out_and_was_given_up_for_which_reason(inputs: ReportInputs) -> None:
    words = _words(inputs)
    assert "640 scenarios in" in words
    assert "512 instructions out" in words
    assert "640 = 512 + 128" in words
    assert "ungrounded value71" in words.replace("value 71", "value71")
    assert "1,296 = 544 + 752" in words


def test_records_that_are_neither_kept_nor_discarded_are_called_out() -> None:
    lost = StageFlow(stage="sample", records_in=10, records_out=6, discards={"no_candidate": 1})
    more = StageFlow(stage="score", records_in=2, records_out=3, discards={})
    assert "3 records unaccounted for" in _words(ReportInputs(run="r", flow=(lost,)))
    assert "1 record more than came in" in _words(ReportInputs(run="r", flow=(more,)))


def test_balanced_books_raise_no_alarm(inputs: ReportInputs) -> None:
    assert "unaccounted" not in _words(inputs)
    assert "more than came in" not in _words(inputs)


def test_policies_stand_side_by_side_with_their_intervals(inputs: ReportInputs) -> None:
    words = _words(inputs)
    assert "38.7 %32.7 to 44.7" in words.replace("% 32", "%32")
    assert "38.7 → 60.4 → 74.1 %" in words
    assert "base → sft → dpo" in words
    assert "+35.4 points" in words
    assert "81 gained, 6 lost" in words


def test_a_benchmark_shows_what_each_policy_reaches_what_is_missing_and_what_it_depends_on(
    inputs: ReportInputs,
) -> None:
    words = _words(inputs)
    assert "base: 458 items, right 30.0 %; 13 min 32 s, 131,204 prompt tokens, 9,310 new" in words
    assert "live_simplebase2588 context overflow75 30.0 %24.0 to 36.0" in words
    assert "wrong value" in words[words.index("Benchmarks What is right") :]
    assert "Overall Acc12.30%" in words
    assert "live_simple (dpo)100 of 250" in words
    assert "items whose gold it refuseslive_simple_106-63-0" in words
    assert "policy (base)base-hash" in words
    assert words.count("bfcl-eval2026.3.23") == 1
    assert "dpo was trained again after this was measured" in words
    assert "base was trained again" not in words


def test_a_run_without_benchmarks_says_nothing_of_them(inputs: ReportInputs) -> None:
    assert "Benchmarks" not in _words(inputs.model_copy(update={"suites": ()}))


@pytest.mark.parametrize(
    ("low", "high", "sentence"),
    [
        (0.01, 0.2, "The interval excludes zero: dpo is right more often than sft"),
        (-0.2, -0.01, "The interval excludes zero: dpo is right less often than sft"),
        (-0.1, 0.2, "The interval includes zero"),
        (0.0, 0.2, "The interval includes zero"),
        (-0.2, 0.0, "The interval includes zero"),
        (math.nan, math.nan, "There is no interval"),
    ],
)
def test_a_difference_says_plainly_whether_its_interval_excludes_zero(low: float, high: float, sentence: str) -> None:
    assert sentence in _words(_difference(low, high))


def test_a_tree_shows_each_fork_its_branches_and_their_errors(inputs: ReportInputs) -> None:
    card = _cards(report(inputs, ReportConfig()))[0]
    assert card["question"].startswith("Find the cheapest hotel in Lyon")
    assert (card["right"], card["wrong"]) == (1, 4)
    [trunk] = card["trunks"]
    wavering = {fork["wavers"]: fork for fork in trunk["forks"]}
    nights = wavering["argument value $.nights"]
    assert (nights["own"], nights["odds"]) == ("2", "59 %")
    texts = [text for run in trunk["runs"] for text in run["texts"]]
    assert texts[nights["at"]] == "2"
    mistakes = [
        mistake for branch in wavering["argument value $.city"]["branches"] for mistake in branch["verdict"]["mistakes"]
    ]
    assert {"kind": "wrong value", "place": "call 0, $.city", "expected": '"Lyon"', "got": '"Paris"'} in mistakes


def test_a_branch_says_what_it_became_in_a_pair(inputs: ReportInputs) -> None:
    assert report(inputs, ReportConfig()).count('"roles":["chosen"]') == 2
    without = inputs.model_copy(update={"pairs": ()})
    assert '"roles":["' not in report(without, ReportConfig())


def test_the_filters_offer_what_the_turns_hold_the_most_frequent_first(inputs: ReportInputs) -> None:
    words = _words(inputs)
    assert "invalid value (1)missing required (1)wrong tool (1)wrong type (1)wrong value (1)" in words
    assert "get_forecast (2)" in words
    assert "argument value (2)tool name (1)" in words


def test_training_shows_the_loss_and_the_margins_as_pictures(inputs: ReportInputs) -> None:
    page = Page(report(inputs, ReportConfig()))
    labels = [value for name, value in page.attributes if name == "aria-label"]
    assert labels.count("loss by step") == 3
    assert labels.count("rewards/margins by step") == 1
    assert labels.count("logps/chosen and rejected by step") == 1
    assert "grad_norm 0.800" in page.words


@pytest.mark.parametrize("history", [(), (TrainStep(step=1, loss=0.5),), (TrainStep(step=1, loss=math.nan),)])
def test_a_short_or_broken_history_is_drawn_without_a_number_that_is_none(
    inputs: ReportInputs, history: tuple[TrainStep, ...]
) -> None:
    checkpoint = inputs.checkpoints["sft"].model_copy(update={"history": history})
    html = report(ReportInputs(run="r", checkpoints={"sft": checkpoint}), ReportConfig())
    assert "nan" not in html.lower()
    assert ("1 value not drawn" in html) == (bool(history) and math.isnan(history[0].loss))


def test_more_items_than_the_config_allows_are_counted(inputs: ReportInputs) -> None:
    page = Page(report(inputs, ReportConfig(trees=1, dialogues=1)))
    assert "1 turn of 2 are here" in page.words
    assert "2 more instructions not shown" in page.words


def test_long_texts_are_cut_with_a_note_of_how_much(inputs: ReportInputs) -> None:
    long = inputs.instructions[0].model_copy(update={"answer": "x" * 5000})
    assert "[3,500 more characters not shown]" in _words(ReportInputs(run="r", instructions=(long,)))


def test_markup_in_the_data_stays_text(inputs: ReportInputs, poisoned: ReportInputs) -> None:
    clean, page = (Page(report(which, ReportConfig())) for which in (inputs, poisoned))
    assert "alert(2)" in page.text
    assert set(page.elements) <= set(clean.elements) | {"ul", "li"}
    assert page.elements.count("script") == 2
    assert not {"img", "iframe", "object", "embed", "form"} & set(page.elements)
    assert page.ends.count("style") == 1
    assert {name for name, _ in page.attributes} <= {name for name, _ in clean.attributes}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "alert(1)" in json.dumps(_cards(report(poisoned, ReportConfig())))
    styles = [value or "" for name, value in page.attributes if name == "style"]
    assert all(re.fullmatch(r"(left:[\d.]+%;)?width:[\d.]+%|left:[\d.]+%|height:[\d.]+%", style) for style in styles)
    assert "{{ 7*7 }}" in page.text
    assert "\x00" not in page.text
    assert "\u202e" not in page.text


def test_the_page_asks_nothing_of_the_network_and_runs_no_script_but_its_own(poisoned: ReportInputs) -> None:
    html = report(poisoned, ReportConfig())
    page = Page(html)
    policy = next(value for name, value in page.attributes if name == "content" and value and "default-src" in value)
    assert "default-src 'none'" in policy
    [script] = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "innerHTML" not in script
    assert "fetch(" not in script
    links = [value or "" for name, value in page.attributes if name in ("href", "src", "srcset", "action")]
    assert all(link.startswith("#") or link == "data:," for link in links)
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


@settings(max_examples=40)
@given(text=st.text(alphabet=st.sampled_from("<>&\"'/=! -scriptonload{}%#\x00\u202e\ud800\n"), min_size=1, max_size=60))
def test_no_text_adds_an_element_or_an_attribute(text: str) -> None:
    flow = (StageFlow(stage=text, records_in=1, records_out=0, discards={text: 1}, note=text),)
    html = report(ReportInputs(run=text, title=f"{text}.", flow=flow, facts={text: text}), ReportConfig())
    plain_flow = (StageFlow(stage="x", records_in=1, records_out=0, discards={"x": 1}, note="x"),)
    plain = report(ReportInputs(run="x", title="x.", flow=plain_flow, facts={"x": "x"}), ReportConfig())
    assert Page(html).elements == Page(plain).elements
    assert [name for name, _ in Page(html).attributes] == [name for name, _ in Page(plain).attributes]
    html.encode()


def test_the_same_inputs_give_the_same_page(inputs: ReportInputs) -> None:
    again = ReportInputs.model_validate_json(inputs.model_dump_json())
    assert report(inputs, ReportConfig()) == report(again, ReportConfig())


def test_a_run_without_anything_still_gives_a_page() -> None:
    words = _words(ReportInputs(run="fresh"))
    for sentence in (
        "No stage has been run",
        "No policy has been evaluated",
        "No trees",
        "No pairs",
        "No instructions",
    ):
        assert sentence in words


def test_an_evaluation_without_groups_still_gives_a_page() -> None:
    evaluation = Evaluation(policies=(), groups={}, differences=(), prompt_hash="")
    assert "No policy has been evaluated" in _words(ReportInputs(run="r", evaluation=evaluation))


def test_measures_that_are_no_number_are_shown_as_a_dash(inputs: ReportInputs) -> None:
    none = Measure(value=math.nan, low=math.nan, high=math.nan)
    assert inputs.evaluation is not None
    groups = {
        group: {policy: m.model_copy(update={"exact": none, "score": none}) for policy, m in by_policy.items()}
        for group, by_policy in inputs.evaluation.groups.items()
    }
    broken = inputs.evaluation.model_copy(update={"groups": groups})
    html = report(inputs.model_copy(update={"evaluation": broken}), ReportConfig())
    assert not re.search(r"\b(nan|inf)\b", html, re.IGNORECASE)


def test_long_turns_are_cut_and_turns_left_out_where_the_page_grows_too_large(
    inputs: ReportInputs,
) -> None:
    tokens = 5000
    view = inputs.trees[0]
    span = view.tree.spans[0].model_copy(update={"token_ids": (7,) * tokens, "logprobs": (-0.5,) * tokens})
    leaf = view.tree.leaves[0].model_copy(update={"span": 0, "text": "word " * tokens, "slots": ()})
    tree = view.tree.model_copy(
        update={
            "spans": (span,),
            "leaves": (leaf,),
            "forks": (),
            "cost": SampleCost(prefilled=1, decoded=1),
        }
    )
    large = TreeView(tree=tree, scored=view.scored, point=view.point, pieces=(("word ",) * tokens,))
    html = report(ReportInputs(run="r", trees=(large,) * 80), ReportConfig(megabytes=0.2))
    assert 100_000 < len(html.encode()) < 300_000
    assert "4,400 more tokens not drawn" in html
    assert re.search(r"\d+ turns of 80 are here: .* and 0.2 MB hold", html)


def test_pieces_that_do_not_fit_their_tree_are_refused(inputs: ReportInputs) -> None:
    view = inputs.trees[0]
    with pytest.raises(ValueError, match="leaf 0 has 1 pieces"):
        TreeView(tree=view.tree, scored=view.scored, point=view.point, pieces=(("x",), *view.pieces[1:]))


def test_an_error_without_a_place_or_a_value_is_shown_by_its_kind_alone(inputs: ReportInputs) -> None:
    view = inputs.trees[0]
    first = view.scored.candidates[0].model_copy(
        update={"calls": None, "errors": (CallError(kind=ErrorKind.MALFORMED),)}
    )
    scored = view.scored.model_copy(update={"candidates": (first, *view.scored.candidates[1:])})
    html = report(ReportInputs(run="r", trees=(view.model_copy(update={"scored": scored}),)), ReportConfig())
    mistakes = _cards(html)[0]["trunks"][0]["verdict"]["mistakes"]
    assert mistakes == [{"kind": "malformed", "place": "", "expected": "", "got": ""}]


def test_a_leaf_without_a_verdict_is_shown_as_not_scored(inputs: ReportInputs) -> None:
    view = inputs.trees[0]
    scored = view.scored.model_copy(update={"candidates": ()})
    html = report(ReportInputs(run="r", trees=(view.model_copy(update={"scored": scored}),)), ReportConfig())
    assert _cards(html)[0]["trunks"][0]["verdict"]["score"] == "not scored"
