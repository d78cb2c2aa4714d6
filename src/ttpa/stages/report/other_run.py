"""A run held against another: what came out of each stage, what they were told, and how their policies do."""

from typing import NamedTuple

from ttpa.stages.report.comparison import Group, groups
from ttpa.stages.report.inputs import OtherRun, ReportInputs
from ttpa.stages.report.wording import NOTHING, clipped, count
from ttpa.visible_text import visible


class FlowPair(NamedTuple):
    """What one stage gave in the two runs."""

    stage: str
    theirs: str
    ours: str


class OtherView(NamedTuple):
    """The section of the page."""

    run: str
    groups: list[Group]
    left_out: str
    """How many turns are not among them, and why; empty where all are."""
    flow: list[FlowPair]
    changed: list[str]


def other_view(other: OtherRun, inputs: ReportInputs) -> OtherView:
    """Every stage that either run has taken, in the order of this run."""
    ours = {flow.stage: count(flow.records_out) for flow in inputs.flow}
    theirs = {flow.stage: count(flow.records_out) for flow in other.flow}
    return OtherView(
        run=visible(other.run),
        groups=groups(other.evaluation) if other.evaluation else [],
        left_out=_left_out(other),
        flow=[
            FlowPair(visible(stage), theirs.get(stage, NOTHING), ours.get(stage, NOTHING))
            for stage in dict.fromkeys([*ours, *theirs])
        ],
        changed=[clipped(line, 300) for line in other.changed],
    )


def _left_out(other: OtherRun) -> str:
    if not (other.only_theirs or other.only_ours or other.differing):
        return ""
    theirs, ours = count(other.only_theirs), count(other.only_ours)
    alone = f"{theirs} that {visible(other.run)} alone has, {ours} that this run alone has"
    return f"Left out: {alone}, {count(other.differing)} of one id that ask something else in each."
