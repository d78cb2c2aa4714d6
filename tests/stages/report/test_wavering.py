"""Forks counted by what their token spells, and by what came of them."""

from ttpa.records.scores import ErrorKind
from ttpa.stages.report import ReportConfig, ReportInputs, count_forks, report


def test_forks_are_counted_by_slot_with_the_errors_that_they_led_to(inputs: ReportInputs) -> None:
    views = inputs.trees
    found = {one.slot: one for one in count_forks([v.tree for v in views], {v.tree.id: v.scored for v in views})}
    assert sum(one.forks for one in found.values()) == sum(len(view.tree.forks) for view in views)
    values, names = found["argument_value"], found["tool_name"]
    assert (names.forks, names.wrong, names.repaired) == (1, 1, 0)
    assert names.kinds == {ErrorKind.WRONG_TOOL.value: 1, ErrorKind.MISSING_REQUIRED.value: 1}
    assert values.repaired == 1  # the right branch of the first tree, whose trunk is wrong
    assert values.kinds[ErrorKind.INVALID_VALUE.value] == 1


def test_the_page_shows_them_as_shares_of_their_slot(inputs: ReportInputs) -> None:
    views = inputs.trees
    wavering = count_forks([v.tree for v in views], {v.tree.id: v.scored for v in views})
    page = report(inputs.model_copy(update={"wavering": wavering}), ReportConfig())
    assert "A branch repairs" in page
    assert "wrong tool <b>100 %</b>" in page
    assert "a branch repairs" not in report(inputs, ReportConfig())
