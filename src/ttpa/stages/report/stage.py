"""The report of a run: reads its records, writes one self-contained HTML page (no network, one script of its own)."""

import base64
import hashlib
from collections import Counter
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import Field

from ttpa.records.evaluations import Evaluation
from ttpa.records.pairs import PreferencePair
from ttpa.records.record import Record
from ttpa.stages.report.benchmarks import suite_cards
from ttpa.stages.report.branching import HEAT_FLOORS
from ttpa.stages.report.comparison import groups
from ttpa.stages.report.costs import cost_rows
from ttpa.stages.report.curves import HEIGHT, LEFT, RIGHT, WIDTH, training
from ttpa.stages.report.datafacts import data_charts
from ttpa.stages.report.dialogue import dialogue
from ttpa.stages.report.error_shares import error_groups
from ttpa.stages.report.explorer import explorer
from ttpa.stages.report.flow import flow_boxes
from ttpa.stages.report.histograms import spread_charts
from ttpa.stages.report.inputs import ReportInputs
from ttpa.stages.report.kind_bars import kind_bars
from ttpa.stages.report.other_run import other_view
from ttpa.stages.report.wavering import slot_rows
from ttpa.stages.report.wording import count, counted, decimal, duration, percent, points, words
from ttpa.visible_text import visible


class ReportConfig(Record):
    """How much of the run the page shows."""

    trees: int = Field(default=1000, ge=0, le=5000)
    """Sampled turns that can be looked into, those that tell most first."""
    megabytes: float = Field(default=10.0, gt=0, le=100)
    """What these turns may take of the page's size; those that tell least are left out."""
    dialogues: int = Field(default=5, ge=0, le=50)
    """Instructions shown as dialogues."""
    against: str = ""
    """The name or folder of another run that this one is held against."""


class Figure(NamedTuple):
    """A key figure of the page's head."""

    value: str
    label: str
    detail: str


def report(inputs: ReportInputs, config: ReportConfig) -> str:
    """The page as HTML text: the same inputs give the same bytes.

    Model text is untrusted: all of it is escaped, and the page's policy allows no request and no script but the page's
    own, named by its hash. What has more items than `config` allows says how many it leaves out.
    """
    script = (files("ttpa.stages.report") / "templates" / "explorer.js").read_text(encoding="utf-8")
    page = _environment().get_template("page.html.jinja")
    return page.render(
        run=visible(inputs.run),
        title=visible(inputs.title),
        figures=_figures(inputs),
        flow=flow_boxes(inputs.flow),
        groups=groups(inputs.evaluation) if inputs.evaluation else [],
        policies=[visible(policy) for policy in inputs.evaluation.policies] if inputs.evaluation else [],
        prompt_hash=visible(inputs.evaluation.prompt_hash) if inputs.evaluation else "",
        samples=inputs.samples,
        pair_facts=_pair_facts(inputs.pairs),
        rejected_errors=kind_bars(_rejected_errors(inputs.pairs)),
        candidate_errors=kind_bars(inputs.candidate_errors),
        error_groups=error_groups(inputs.errors, inputs.evaluation.policies) if inputs.evaluation else [],
        spreads=spread_charts(inputs.spreads),
        benchmarks=suite_cards(inputs.suites),
        explorer=explorer(
            inputs.trees, inputs.pairs, limit=config.trees, megabytes=config.megabytes, of=inputs.sampled
        ),
        wavering=slot_rows(inputs.wavering),
        heat_floors=[percent(floor, 0) for floor in HEAT_FLOORS],
        dialogues=[dialogue(instruction) for instruction in inputs.instructions[: config.dialogues]],
        more_dialogues=_more(len(inputs.instructions), config.dialogues, "instruction"),
        data_charts=data_charts(inputs.data),
        costs=cost_rows(inputs.flow),
        other=other_view(inputs.other, inputs) if inputs.other else None,
        script=Markup(script),  # noqa: S704 -- the package's own file
        script_hash=f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
        trainings=[training(policy, checkpoint) for policy, checkpoint in inputs.checkpoints.items()],
        picture={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT},
        facts=[(visible(name), visible(fact)) for name, fact in inputs.facts.items()],
    )


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ttpa.stages.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _more(number: int, limit: int, noun: str) -> str:
    return f"{counted(number - limit, f'more {noun}')} not shown" if number > limit else ""


def _figures(inputs: ReportInputs) -> list[Figure]:
    figures = _headline(inputs.evaluation) if inputs.evaluation else []
    made = [flow for flow in inputs.flow if flow.stage in ("construct", "import")]
    if made:
        figures.append(Figure(count(sum(flow.records_out for flow in made)), "instructions", "with gold calls"))
    if inputs.pairs:
        turns = len({pair.tree_id for pair in inputs.pairs})
        figures.append(Figure(count(len(inputs.pairs)), "preference pairs", f"from {counted(turns, 'turn')}"))
    times = [flow.seconds for flow in inputs.flow if flow.seconds is not None]
    if times and (time := duration(sum(times))):
        figures.append(Figure(time, "run time", f"over {counted(len(times), 'stage')}"))
    return figures


def _headline(evaluation: Evaluation) -> list[Figure]:
    """Exact turns of the first group, policy by policy without the controls, and what the last one added."""
    if not evaluation.groups:
        return []
    group, by_policy = next(iter(evaluation.groups.items()))
    names = [name for name in evaluation.policies if name in by_policy and not name.startswith("sft_continued")]
    if not names:
        return []
    arrow = " \N{RIGHTWARDS ARROW} "
    shares = arrow.join(percent(by_policy[name].exact.value).removesuffix(" %") for name in names)
    added = [d for d in evaluation.differences if (d.group, d.policy, d.baseline) == (group, *names[:-3:-1])]
    note = arrow.join(names)
    if added:
        note += f"; {names[-1]}: 95 % {points(added[0].exact.low)} to {points(added[0].exact.high)} points"
    return [Figure(f"{shares} %", visible(f"exact turns, {group}"), visible(note))]


def _pair_facts(pairs: tuple[PreferencePair, ...]) -> list[tuple[str, str]]:
    """What the pairs are, in numbers; empty where there are none."""
    if not pairs:
        return []
    own = sum(pair.chosen_from == "candidate" for pair in pairs)
    slots = [words(pair.slot) if pair.slot else "the whole trunk" for pair in pairs]
    by_slot = sorted(Counter(slots).items(), key=lambda item: (-item[1], item[0]))
    shared = sum(len(pair.shared_ids) for pair in pairs) / len(pairs)
    return [
        ("pairs", count(len(pairs))),
        ("chosen turn found by the policy itself", f"{count(own)} ({percent(own / len(pairs), 0)})"),
        ("mean margin of the scores", decimal(sum(pair.margin for pair in pairs) / len(pairs))),
        ("mean shared prefix", f"{shared:.1f} tokens"),
        ("branched at", ", ".join(f"{slot} {count(number)}" for slot, number in by_slot)),
    ]


def _rejected_errors(pairs: tuple[PreferencePair, ...]) -> dict[str, int]:
    kinds = [error.kind.value for pair in pairs for error in pair.rejected_errors]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
