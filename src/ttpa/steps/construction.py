"""Instructions constructed over tools: plans are made until enough instances pass all checks, or no more may be."""

import json
from collections.abc import Sequence
from contextlib import closing, nullcontext
from functools import partial

from ttpa.engines.desk import Desk
from ttpa.engines.local import LocalEngine
from ttpa.errors import RunError
from ttpa.models.base import ChatModel
from ttpa.models.recorded_chat import ForgetfulStore
from ttpa.models.spending import Spending
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.records.judgements import Judgement
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolSpec
from ttpa.runs.outcomes import Outcomes
from ttpa.runs.record_files import write_record, write_records, write_text
from ttpa.stages.construct import (
    BenchmarkQuestions,
    ConstructConfig,
    Plan,
    Planner,
    choose_controls,
    count_held_out,
    describe,
    describe_agreement,
    describe_uncalled,
    drop_duplicates,
    drop_overlap,
    estimate_cost,
    judge,
    name_nondeterministic,
    plan_construction,
    refuse,
)
from ttpa.steps.construction_worker import Calls, open_constructor
from ttpa.steps.run import Account, Run, batched, count_splits
from ttpa.tools.base import Toolset

_PLANS_A_WRITE = 100
_PLANS_A_LOOK = 100
"""After so many plans it is looked whether the source tells the same of its tools, and whether any call succeeds."""
_NAMED = 3
"""Tools at most that are named where they changed."""
_OTHER_EFFECT = "they are described alike, but what one does, read or write, is another"
_TAKE_AGAIN = (
    "take it again with --redo construct, for which the journal keeps what the generator replied, or under another name"
)
_OF_A_FAILED_CALL = (DiscardReason.INVALID_ARGUMENTS, DiscardReason.FAILED_EXECUTION)


def construct_instructions(run: Run) -> None:
    """Tools -> `1-construct/instructions.jsonl`."""
    account = Account(run, "construct", takes="plans", gives="instructions")
    config = run.config.construct_
    benchmarks = BenchmarkQuestions(config.avoid) if config.avoid else None
    generator = run.config.generator
    opened = run.parts.generator_engine.open_desk(run.directory.journal, generator.budget, generator.prices)
    with closing(opened) as desk, run.parts.open_toolset(desk.replies, desk.spending) as toolset:
        construction = _Construction(run, toolset, desk, name_nondeterministic(config, toolset))
        checks = _Checks(run, benchmarks, _open_judge(run, desk))
        planner = Planner(toolset.specs, config, seed=run.config.seed)
        plans = planner.first(config.instances)
        while True:
            made, spoilt = construction.make(plans)
            kept, dropped = checks.look_through(made)
            missing = config.instances - len(kept)
            most = max(config.instances, config.plans_at_most)
            if len(plans) >= most:
                construction.require_answers(plans)
            # Enough without a single call tells nothing of the tools yet.
            if len(plans) >= most or (missing <= 0 and not construction.failed_calls(plans)):
                break
            plans = planner.first(min(most, len(plans) + max(missing, 1)))
        facts, offered = construction.facts(), len(toolset.specs)
        spent = desk.spending.spent
    diversity = describe(kept, near_duplicate=config.near_duplicate, benchmarks=benchmarks)
    write_records(run.directory.instructions, kept)
    write_record(run.directory.diversity, diversity)
    if checks.judgements:
        write_records(run.directory.judgements, checks.judgements)
    facts = count_splits(kept) | {"made of": diversity.line()} | facts | checks.facts()
    if uncalled := describe_uncalled(plans, diversity, [*spoilt, *dropped]):
        facts["never called"] = uncalled
    if config.unseen_share and not count_held_out(offered, config):
        facts["test_unseen"] = f"none, {offered} tools are too few to hold some out"
    if missing > 0 and config.plans_at_most:
        facts["fewer than wanted"] = f"{len(kept)} of {config.instances}; construct.plans_at_most = {len(plans)}"
    if spent.requests:
        facts["generator"] = spent.line(generator.prices)
    discards = sorted([*spoilt, *dropped], key=lambda discard: discard.id)
    account.close(len(plans), len(kept), len(kept), discards, facts)
    construction.outcomes.clear()


def estimate_construction(run: Run) -> str:
    """What construction will make, and about what it asks of a paid generator; loads the tools, and asks nothing."""
    config = run.config
    construct_config = config.construct_
    spending = Spending(config.generator.budget, config.generator.prices)
    with run.parts.open_toolset(ForgetfulStore(), spending) as toolset:
        name_nondeterministic(construct_config, toolset)
        plans = plan_construction(toolset.specs, construct_config, seed=config.seed)
        offered = len(toolset.specs)
    more = construct_config.plans_at_most
    retold = f"; up to {more} where some are discarded" if more > len(plans) else ""
    made = f"construct: {len(plans)} instances over {offered} tools"
    if config.generator.kind != "openai":
        return made + retold
    cost = estimate_cost(plans, construct_config.judge, simulated=run.config.tools.source == "simulated")
    return f"{made}, about {cost.line(spending.prices)}{retold}"


def _open_judge(run: Run, desk: Desk) -> ChatModel | None:
    judge = run.config.construct_.judge
    if not judge.model:
        return None
    return run.parts.open_chat("construct.judge", judge.model, judge.temperature, desk.replies, desk.spending)


class _Construction:
    """Makes plans, and keeps what becomes of each."""

    def __init__(self, run: Run, toolset: Toolset, desk: Desk, config: ConstructConfig) -> None:
        self._run = run
        self._desk = desk
        self._source = toolset
        self._pinned = _require_known_tools(run, toolset)
        self._calls = Calls()
        self.outcomes = Outcomes(run.directory.instructions, Instruction)
        engine, parts = run.parts.generator_engine, run.parts
        self._open_worker = (
            partial(open_constructor, parts, config, desk, toolset)
            if engine.is_here
            else partial(open_constructor, parts, config, desk)
        )

    def make(self, plans: Sequence[Plan]) -> tuple[list[Instruction], list[Discard]]:
        """All instructions and all discards that the plans became, those of earlier commands included.

        Raises `RunError` where the source tells something else of its tools than when the run began, and where of many
        plans with calls not one succeeds.
        """
        waiting = [plan for plan in plans if plan.id not in self.outcomes.by_id]
        self._run.reporter.start("construct", len(waiting))
        made = self._run.parts.generator_engine.map(self._open_worker, waiting) if waiting else iter(())
        is_paid = self._run.config.generator.kind == "openai"
        since_look = 0
        for batch in batched(made, 1 if is_paid else _PLANS_A_WRITE):
            self._pin_tools()
            self.outcomes.add([outcome for outcome, _ in batch])
            self._calls = sum((calls for _, calls in batch), self._calls)
            self._run.reporter.advance(len(batch), self._told())
            since_look += len(batch)
            if since_look >= _PLANS_A_LOOK:
                self._require_same_tools()
                self.require_answers(plans, of_at_least=_PLANS_A_LOOK)
                since_look = 0
        self._require_same_tools()
        self.require_answers(plans, of_at_least=_PLANS_A_LOOK)
        return self.outcomes.in_order([plan.id for plan in plans])

    def facts(self) -> dict[str, str]:
        """What the tools' source had to do, and what it does not offer."""
        facts = {"tools left out": str(len(self._source.left_out))} if self._source.left_out else {}
        if self._source.is_remote and self._source.can_replay:
            calls = self._calls
            told = f"{calls.made} made, {calls.answered} answered from the journal; {calls.again} made once more"
            facts["calls"] = told
        return facts

    def _told(self) -> str:
        """What was spent; nothing where nothing is paid for."""
        spending = self._desk.spending
        return spending.line() if self._run.config.generator.kind == "openai" and spending.spent.requests else ""

    def _pin_tools(self) -> None:
        """Keeps with the run what its tools are, once there is something made of them."""
        if not self._run.directory.tools.exists():
            offered = [spec.model_dump(mode="json") for spec in self._source.specs]
            told = {"definitions": self._pinned, "offered": offered, "left_out": dict(self._source.left_out)}
            write_text(self._run.directory.tools, json.dumps(told, indent=1, ensure_ascii=False) + "\n")

    def failed_calls(self, plans: Sequence[Plan]) -> list[Discard]:
        """What became of the plans with calls where all of them ended at one that failed; else nothing."""
        by_id = self.outcomes.by_id
        failed: list[Discard] = []
        for plan in plans:
            if plan.kind == "calls" and (outcome := by_id.get(plan.id)) is not None:
                if not isinstance(outcome, Discard) or outcome.reason not in _OF_A_FAILED_CALL:
                    return []
                failed.append(outcome)
        # A model that writes invalid arguments may write others; what is drawn by the schemas alone is at its end.
        is_at_its_end = self._run.config.generator.kind == "schema"
        return failed if is_at_its_end or any(map(_was_executed, failed)) else []

    def require_answers(self, plans: Sequence[Plan], *, of_at_least: int = 1) -> None:
        """Raises `RunError` where all plans with calls, so many or more, ended at one that failed.

        Of a few plans that may be chance, and the next ones tell. The next command makes them all anew; the generator's
        replies stay in the journal, so nothing is paid for twice.
        """
        failed = self.failed_calls(plans)
        if failed and len(failed) >= of_at_least:
            executed = list(filter(_was_executed, failed))
            wrong = "do not answer" if executed else "take no arguments that the schema generator draws"
            self._run.directory.clear("construct")
            raise RunError(
                f"the tools of run {self._run.config.name!r} {wrong}: all {len(failed)} plans ended at a call that "
                f"failed, the last with {(executed or failed)[-1].detail!r}; nothing is lost: see to the tools, and "
                "run the same command again; tools that refuse some values want more plans (construct.plans_at_most)"
            )

    def _require_same_tools(self) -> None:
        if self._source.definitions() != self._pinned:
            changes = _tell_changes(self._source.specs, self._source.specs_now()) or _OTHER_EFFECT
            raise RunError(
                f"the tools of run {self._run.config.name!r} changed while it constructed ({changes}); {_TAKE_AGAIN}"
            )


class _Checks:
    """What is looked for over all instances, in order of cost: repetitions, benchmarks, and a judge's marks."""

    def __init__(self, run: Run, benchmarks: BenchmarkQuestions | None, model: ChatModel | None) -> None:
        self._run = run
        self._benchmarks = benchmarks
        self._model = model
        self.judgements: list[Judgement] = []

    def look_through(self, made: Sequence[Instruction]) -> tuple[list[Instruction], list[Discard]]:
        """The instructions that pass, and a discard for each of the others."""
        kept, dropped = drop_duplicates(made, self._run.config.construct_.near_duplicate)
        if self._benchmarks is not None:
            kept, overlapping = drop_overlap(kept, self._benchmarks)
            dropped += overlapping
        if self._model is not None:
            refused = self._judge(kept, self._model)
            kept = [one for one in kept if one.id not in refused]
            dropped += refused.values()
        return kept, dropped

    def facts(self) -> dict[str, str]:
        """What was judged, by whom, and how far the judge agrees with the checks that need no model."""
        if self._model is None:
            return {}
        config = self._run.config.construct_.judge
        told = f"{self._model.identity}, {config.judgements} judgements each"
        return {"judge": f"{told}, {describe_agreement(self.judgements, config)}"}

    def _judge(self, kept: Sequence[Instruction], model: ChatModel) -> dict[str, Discard]:
        config, seed = self._run.config.construct_.judge, self._run.config.seed
        controls = choose_controls(kept, config, seed)
        looked_at = [*((one, False) for one in kept), *((one, True) for one in controls)]
        self._run.reporter.start("judge", len(looked_at))

        def look_at(item: tuple[Instruction, bool]) -> Judgement:
            one, is_control = item
            return judge(one, model=model, config=config, seed=seed, is_control=is_control)

        self.judgements = []
        for judgement in LocalEngine(self._run.config.generator.workers).map(lambda: nullcontext(look_at), looked_at):
            self.judgements.append(judgement)
            self._run.reporter.advance(1)
        found = [refuse(judgement, config) for judgement in self.judgements if not judgement.is_control]
        return {discard.id: discard for discard in found if discard is not None}


def _was_executed(failed: Discard) -> bool:
    return failed.reason is DiscardReason.FAILED_EXECUTION


def _require_known_tools(run: Run, toolset: Toolset) -> str:
    """The hash of what the tools' source says of them.

    Raises `RunError` where the run has made something of others.
    """
    told = toolset.definitions()
    if run.directory.tools.exists():
        pinned = json.loads(run.directory.tools.read_text(encoding="utf-8"))
        changes = _tell_changes([ToolSpec.model_validate(one) for one in pinned["offered"]], toolset.specs)
        if changes or pinned["definitions"] != told:
            raise RunError(
                f"the tools of run {run.config.name!r} are not those that it began with ({changes or _OTHER_EFFECT}); "
                f"{_TAKE_AGAIN}"
            )
    return told


def _tell_changes(before: Sequence[ToolSpec], after: Sequence[ToolSpec]) -> str:
    """Which tools were added, are gone, or differ, a few of each by name; nothing where all are the same."""
    old, new = ({one.name: canonical_json(one.model_dump(mode="json")) for one in specs} for specs in (before, after))
    changes = {
        "added": [name for name in new if name not in old],
        "gone": [name for name in old if name not in new],
        "differing": [name for name in new if name in old and new[name] != old[name]],
    }
    told = [f"{change}: {_tell_some(names)}" for change, names in changes.items() if names]
    return "; ".join(told)


def _tell_some(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(map(repr, names[:_NAMED])) + (f" and {rest} more" if rest > 0 else "")
