"""The page as a reader has it before them: opened in a headless Chromium, clicked, typed at, filtered."""

# pyright: reportUnknownVariableType=false

from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from tests.stages.report.browser import CHROMEDRIVER, CHROMIUM, Browser

from ttpa.stages.report import OtherRun, ReportConfig, ReportInputs, report

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(CHROMIUM is None or CHROMEDRIVER is None, reason="needs chromium and chromedriver"),
]
TURNS = 1000
ENTER = "\ue007"
_VISIBLE = "return [...document.querySelectorAll('#turn-list li')].filter((row) => !row.hidden).length"
_OPEN = "return [...document.querySelectorAll('#turn-view .fork')].filter((panel) => !panel.hidden).length"
_FORKS = "return document.querySelectorAll('#turn-view .forked').length"
_FRAMES = "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))))"
_SCROLL = "document.getElementById('turn-list').scrollTop = arguments[0];"
_FILTER = (
    "const filter = document.querySelector('select[data-key=kinds]'); filter.value = arguments[0];"
    "filter.dispatchEvent(new Event('change'));"
)


@pytest.fixture
def page(inputs: ReportInputs, tmp_path: Path) -> Path:
    """A page of a thousand turns, held against another run."""
    trees = tuple(inputs.trees[index % len(inputs.trees)] for index in range(TURNS))
    path = tmp_path / "report.html"
    other = OtherRun(run="first", flow=inputs.flow, changed=("seed: 1 -> 0",), evaluation=inputs.evaluation)
    shown = inputs.model_copy(update={"trees": trees, "other": other})
    path.write_text(report(shown, ReportConfig()), encoding="utf-8")
    return path


@pytest.fixture
def browser(page: Path) -> Iterator[Browser]:
    with Browser() as opened:
        opened.open(page)
        yield opened


def test_a_thousand_turns_open_without_a_word_in_the_console_and_without_a_request(
    page: Path, browser: Browser
) -> None:
    assert page.stat().st_size < 15_000_000
    assert browser.run(_VISIBLE) == TURNS
    assert browser.console() == []
    assert browser.requests() == [page.resolve().as_uri()]


def test_a_fork_opens_and_closes_by_click_and_by_key(browser: Browser) -> None:
    assert browser.run(_OPEN) == 1  # the first one of a turn is open
    browser.click("#turn-view .forked")
    assert browser.run(_OPEN) == 0
    browser.click("#turn-view .forked")
    assert browser.run(_OPEN) == 1
    browser.run("document.querySelector('#turn-view .forked').focus()")
    browser.press(ENTER)
    assert browser.run(_OPEN) == 0
    browser.press(" ")
    assert browser.run(_OPEN) == 1
    assert "expected" in browser.run("return document.querySelector('#turn-view .branches').innerText")
    assert browser.console() == []


def test_all_forks_stay_open_from_turn_to_turn_until_they_are_closed(browser: Browser) -> None:
    browser.click("#turn-all")
    forks = browser.run(_FORKS)
    assert browser.run(_OPEN) == forks > 1
    browser.press("j")
    assert browser.run(_OPEN) == browser.run(_FORKS)
    browser.click("#turn-all")
    assert browser.run(_OPEN) == 0
    browser.press("k")
    assert browser.run(_OPEN) == 1


def test_the_other_run_is_led_to_and_its_cards_stand_apart(browser: Browser) -> None:
    browser.click("nav a[href='#other']")
    assert browser.run("return document.querySelector('#other h2').textContent").startswith("Against the run ")
    boxes = "[...document.querySelectorAll('#other > .card, #other > .columns')].map((e) => e.getBoundingClientRect())"
    gaps = browser.run(f"const boxes = {boxes}; return boxes.slice(1).map((box, i) => box.top - boxes[i].bottom)")
    assert gaps
    assert min(gaps) >= 8


def test_a_filter_by_error_kind_changes_the_list_and_the_turn(browser: Browser) -> None:
    browser.run(_FILTER, "wrong type")
    assert browser.run(_VISIBLE) == TURNS // 2
    assert browser.run("return document.getElementById('turn-tally').textContent") == "500 of 1,000 turns"
    assert "Trondheim" in browser.run("return document.querySelector('#turn-view h3').textContent")
    browser.click("#turn-clear")
    assert browser.run(_VISIBLE) == TURNS


def test_the_list_is_walked_by_key_and_searched(browser: Browser) -> None:
    browser.press("j")
    assert browser.run("return document.querySelector('[aria-selected=true]').dataset.index") == "1"
    browser.press("k", "/", *"lyon hotel")
    assert browser.run(_VISIBLE) == TURNS // 2
    browser.press(*" zebra")
    assert browser.run(_VISIBLE) == 0
    assert "No turn fits" in browser.run("return document.getElementById('turn-view').innerText")


def test_a_thousand_turns_scroll_and_filter_in_under_a_fifth_of_a_second(browser: Browser) -> None:
    """In the page's own working time up to the second frame after it: other programs may keep the processor busy."""
    browser.run("document.getElementById('explorer').scrollIntoView({behavior: 'instant'})")
    browser.run(_FRAMES)
    scrolled = [_worked(browser, _SCROLL, 0 if turn % 2 else 1e6) for turn in range(5)]
    filtered = [_worked(browser, _FILTER, "" if turn % 2 else "wrong type") for turn in range(6)]
    assert 0 < median(scrolled) < 0.2, f"seconds to scroll: {scrolled}"
    assert 0 < median(filtered) < 0.2, f"seconds to filter: {filtered}"


def _worked(browser: Browser, script: str, argument: object) -> float:
    before = browser.cpu_seconds()
    browser.run(script + _FRAMES, argument)
    return browser.cpu_seconds() - before
