"""Synthetic but realistic inputs of a report, and the same inputs with markup in every text."""

import math
import re
from itertools import pairwise

import pytest
from pydantic import JsonValue

from ttpa.dialects.hermes import Hermes
from ttpa.records.candidates import Alternative, CandidateTree, Fork, Leaf, SampleCost, Span, slot_at
from ttpa.records.checkpoints import Checkpoint, TrainMethod, TrainStep
from ttpa.records.evaluations import Difference, Evaluation, Measure, Measures
from ttpa.records.instructions import Instruction, Scenario, Step
from ttpa.records.messages import AssistantMessage, SystemMessage, UserMessage
from ttpa.records.pairs import PreferencePair
from ttpa.records.scores import CallError, ErrorKind, ScoredCandidate, ScoredTurn, ScoreParts
from ttpa.records.suites import SuiteCategory, SuiteEvaluation
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.stages.report.inputs import ErrorShares, ReportInputs, StageFlow, SuiteResult, TreeView
from ttpa.stages.sample import label_tokens

PAYLOAD = (
    "</script></style><img src=x onerror=alert(1)><script>alert(2)</script>\" onload='alert(3)' {{ 7*7 }}\u202e\x00"
)

POLICIES = ("base", "sft", "sft_continued", "dpo")
END = "<|im_end|>"
_TOKEN = re.compile(r"</?tool_call>|<\|im_end\|>| ?[A-Za-z]{1,6}|\d|[_:.-]|\n|[^\w\s]{1,4}|\s|\w")

_HOTELS = ToolSpec(
    name="search_hotels",
    description="Hotels in a city for a stay, cheapest first.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}, "nights": {"type": "integer"}}},
)
_BOOK = ToolSpec(name="book_hotel", description="Books a room.", parameters={"type": "object", "properties": {}})
_WEATHER = ToolSpec(name="get_forecast", description="Weather for days to come.", parameters={"type": "object"})


def _pieces(calls: tuple[ToolCall, ...]) -> list[str]:
    text = Hermes().write_turn(AssistantMessage(tool_calls=calls)) + END
    pieces = _TOKEN.findall(text)
    assert "".join(pieces) == text
    return pieces


def _ids(pieces: list[str]) -> tuple[int, ...]:
    return tuple(sum(ord(character) * 31**place for place, character in enumerate(p)) % 50_021 for p in pieces)


def _logprobs(pieces: list[str], doubts: dict[int, float]) -> tuple[float, ...]:
    return tuple(doubts.get(index, -0.0004 - 0.02 * (len(piece) % 5 == 4)) for index, piece in enumerate(pieces))


def _parts(value: float) -> ScoreParts:
    return ScoreParts(name=1.0, required=1.0, argument_names=1.0, types=1.0, values=value)


def _candidate(leaf: int, call: ToolCall, score: float, errors: tuple[CallError, ...]) -> ScoredCandidate:
    return ScoredCandidate(leaf=leaf, calls=(call,), score=score, parts=_parts(score), errors=errors)


def _parting(trunk: list[str], branch: list[str]) -> int:
    return next(i for i, (a, b) in enumerate(zip(trunk, branch, strict=False)) if a != b)


Candidate = tuple[ToolCall, float, float, tuple[CallError, ...]]
"""A call, the probability of its first own token, its score and its errors."""


def tree_view(instruction: Instruction, trunk: Candidate, branches: tuple[Candidate, ...]) -> TreeView:
    """A tree whose branches leave the trunk where their tokens first differ."""
    point = instruction.decision_points()[0]
    main = _pieces((trunk[0],))
    others = [_pieces((branch[0],)) for branch in branches]
    positions = [_parting(main, other) for other in others]
    forks_at = sorted(set(positions))
    doubts = {
        p: math.log(0.97 - sum(b[1] for b, q in zip(branches, positions, strict=True) if q == p)) for p in forks_at
    }
    logprobs = _logprobs(main, doubts)
    cuts = [0, *forks_at, len(main)]
    spans = [
        Span(parent=i - 1 if i else None, token_ids=_ids(main[a:b]), logprobs=logprobs[a:b])
        for i, (a, b) in enumerate(pairwise(cuts))
    ]
    slots = label_tokens(main, Hermes(), finished=True)
    leaves = [Leaf(span=len(spans) - 1, text="".join(main[:-1]), origin="policy", slots=slots)]
    forks: list[Fork] = []
    for index, position in enumerate(forks_at):
        alternatives: list[Alternative] = []
        slot = slot_at(slots, position)
        for branch, other, at in zip(branches, others, positions, strict=True):
            if at == position:
                rest = other[position:]
                first = math.log(branch[1])
                alternatives.append(Alternative(token_id=_ids(rest)[0], logprob=first))
                spans.append(Span(parent=index, token_ids=_ids(rest), logprobs=_logprobs(rest, {0: first, 3: -0.6})))
                leaves.append(Leaf(span=len(spans) - 1, text="".join(other[:-1]), origin="branch", fork=index))
        forks.append(
            Fork(
                position=position,
                slot=slot.kind,
                path=slot.path,
                logprob=logprobs[position],
                alternatives=tuple(alternatives),
            )
        )
    by_fork = sorted(range(len(branches)), key=lambda i: positions[i])
    ordered = [(branches[i], others[i][positions[i] :]) for i in by_fork]
    tree = CandidateTree(
        id=point.id,
        instruction_id=instruction.id,
        turn=0,
        prompt_ids=tuple(range(40)),
        spans=tuple(spans),
        leaves=tuple(leaves),
        forks=tuple(forks),
        cost=SampleCost(prefilled=412, decoded=sum(len(span.token_ids) for span in spans)),
    )
    verdicts = [_candidate(0, trunk[0], trunk[2], trunk[3])]
    verdicts += [_candidate(i, branch[0], branch[2], branch[3]) for i, (branch, _) in enumerate(ordered, 1)]
    scored = ScoredTurn(
        id=point.id,
        tree_id=tree.id,
        instruction_id=instruction.id,
        turn=0,
        reference=point.reference,
        candidates=tuple(verdicts),
    )
    return TreeView(tree=tree, scored=scored, point=point, pieces=(tuple(main), *(tuple(rest) for _, rest in ordered)))


def _call(name: str, **arguments: JsonValue) -> ToolCall:
    return ToolCall(name=name, arguments=arguments)


def _hotel() -> Instruction:
    search, booking = _call("search_hotels", city="Lyon", nights=3), _call("book_hotel", hotel_id="h-118", guests=2)
    return Instruction(
        id="train-0042",
        source="construct",
        split="train",
        tools=(_HOTELS, _BOOK, _WEATHER),
        scenario=Scenario(
            situation="Two friends travel to a trade fair and want to sleep near the old town.",
            constraints=("Lyon", "three nights", "two guests", "at most 120 euros a night"),
            tools=("search_hotels", "book_hotel"),
        ),
        context=(
            SystemMessage(content="Today is 3 March 2026."),
            UserMessage(content="Find the cheapest hotel in Lyon for three nights and book it for the two of us."),
        ),
        steps=(
            Step(
                calls=(search,),
                results=(
                    ToolResult(content='[{"hotel_id": "h-118", "name": "Les Traboules", "price": 96.0}]', ok=True),
                ),
            ),
            Step(
                calls=(booking, _call("get_forecast", city="Lyon", days=3)),
                results=(
                    ToolResult(content='{"booking": "b-7731"}', ok=True),
                    ToolResult(content="the forecast service did not answer in time", ok=False),
                ),
            ),
        ),
        answer="Les Traboules is booked for the two of you, 96 euros a night. Your booking number is b-7731.",
    )


def _forecast() -> Instruction:
    call = _call("get_forecast", city="Trondheim", days=5, unit="metric")
    return Instruction(
        id="train-0107",
        source="construct",
        split="train",
        tools=(_WEATHER, _HOTELS),
        context=(
            UserMessage(content="What will the weather in Trondheim be like for the next five days, in Celsius?"),
        ),
        steps=(Step(calls=(call,), results=(ToolResult(content='{"high": [2, 4, 3, -1, 0]}', ok=True),)),),
        answer="Between minus one and four degrees.",
    )


def _no_tool() -> Instruction:
    return Instruction(
        id="train-0311",
        source="construct",
        kind="no_tool_fits",
        split="train",
        tools=(_WEATHER,),
        context=(UserMessage(content="Please translate this paragraph into Welsh."),),
        steps=(),
        answer="I can only look up the weather here, so I cannot translate it.",
    )


def _error(kind: ErrorKind, path: str | None, expected: JsonValue, got: JsonValue) -> CallError:
    return CallError(kind=kind, call=0, path=path, expected=expected, got=got)


def _trees() -> tuple[TreeView, ...]:
    wrong = _error(ErrorKind.WRONG_VALUE, "$.nights", 3, 2)
    hotel = tree_view(
        _hotel(),
        (_call("search_hotels", city="Lyon", nights=2), 1.0, 0.818, (wrong,)),
        (
            (_call("search_hotels", city="Lyon", nights=3), 0.38, 1.0, ()),
            (
                _call("search_hotels", city="Paris", nights=2),
                0.07,
                0.71,
                (_error(ErrorKind.WRONG_VALUE, "$.city", "Lyon", "Paris"), wrong),
            ),
            (
                _call("book_hotel", city="Lyon", nights=3),
                0.22,
                0.43,
                (_error(ErrorKind.WRONG_TOOL, None, "search_hotels", "book_hotel"),),
            ),
            (
                _call("get_forecast", city="Lyon"),
                0.06,
                0.2,
                (
                    _error(ErrorKind.WRONG_TOOL, None, "search_hotels", "get_forecast"),
                    _error(ErrorKind.MISSING_REQUIRED, "$.nights", 3, None),
                ),
            ),
        ),
    )
    forecast = tree_view(
        _forecast(),
        (_call("get_forecast", city="Trondheim", days=5, unit="metric"), 1.0, 1.0, ()),
        (
            (
                _call("get_forecast", city="Trondheim", days="5", unit="metric"),
                0.31,
                0.8,
                (_error(ErrorKind.WRONG_TYPE, "$.days", 5, "5"),),
            ),
            (
                _call("get_forecast", city="Trondheim", days=5, unit="celsius"),
                0.44,
                0.9,
                (_error(ErrorKind.INVALID_VALUE, "$.unit", "metric", "celsius"),),
            ),
        ),
    )
    return hotel, forecast


def _pairs(view: TreeView) -> tuple[PreferencePair, ...]:
    """The right leaf of the tree against each wrong one."""
    tree, verdicts = view.tree, view.scored.candidates
    chosen = next(v for v in verdicts if not v.errors)
    result: list[PreferencePair] = []
    for verdict in verdicts:
        if not verdict.errors:
            continue
        one, other = tree.token_ids(chosen.leaf), tree.token_ids(verdict.leaf)
        shared = next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
        fork = tree.leaves[verdict.leaf].fork
        result.append(
            PreferencePair(
                id=f"{tree.id}/{verdict.leaf}",
                instruction_id=tree.instruction_id,
                tree_id=tree.id,
                prompt_ids=tree.prompt_ids,
                shared_ids=one[:shared],
                chosen_ids=one[shared:],
                rejected_ids=other[shared:],
                chosen_from="candidate",
                slot=None if fork is None else tree.forks[fork].slot,
                chosen_score=chosen.score,
                rejected_score=verdict.score,
                rejected_logprob=tree.logprob(verdict.leaf),
                rejected_errors=verdict.errors,
            )
        )
    return tuple(result)


def _measure(value: float, half: float) -> Measure:
    return Measure(value=value, low=max(0.0, value - half), high=min(1.0, value + half))


def _measures(cases: int, exact: float, errors: dict[str, int]) -> Measures:
    return Measures(
        cases=cases,
        exact=_measure(exact, 0.06),
        tolerant=_measure(min(1.0, exact + 0.02), 0.06),
        names_right=_measure(min(1.0, exact + 0.21), 0.04),
        score=_measure(min(1.0, exact + 0.24), 0.03),
        errors=errors,
    )


def _evaluation() -> Evaluation:
    wrong = ("wrong_value", "wrong_tool", "missing_call", "extra_call", "missing_required", "wrong_type", "malformed")
    tables = ((61, 40, 24, 9, 18, 12, 14), (38, 22, 15, 6, 9, 4, 1), (36, 23, 14, 7, 8, 5, 1), (21, 12, 10, 5, 4, 2, 0))
    calls = {
        policy: _measures(212, exact, dict(zip(wrong, table, strict=True)))
        for policy, exact, table in zip(POLICIES, (0.387, 0.604, 0.613, 0.741), tables, strict=True)
    }
    none = {
        policy: _measures(48, exact, {"unneeded_call": number})
        for policy, exact, number in zip(POLICIES, (0.521, 0.875, 0.875, 0.833), (23, 6, 6, 8), strict=True)
    }
    rows = (
        ("test: calls", "sft", 0.217, 0.142, 0.292, 55, 9),
        ("test: calls", "sft_continued", 0.226, 0.151, 0.302, 57, 9),
        ("test: calls", "dpo", 0.354, 0.274, 0.434, 81, 6),
        ("test: no call", "sft", 0.354, 0.188, 0.521, 19, 2),
        ("test: no call", "sft_continued", 0.354, 0.188, 0.521, 19, 2),
        ("test: no call", "dpo", 0.312, 0.146, 0.479, 18, 3),
    )
    differences = [
        Difference(group=g, policy=p, baseline="base", exact=Measure(value=v, low=a, high=b), gained=up, lost=down)
        for g, p, v, a, b, up, down in rows
    ]
    tie = Measure(value=-0.042, low=-0.146, high=0.062)
    differences.append(Difference(group="test: no call", policy="dpo", baseline="sft", exact=tie, gained=2, lost=4))
    return Evaluation(
        policies=POLICIES,
        groups={"test: calls": calls, "test: no call": none},
        differences=tuple(differences),
        prompt_hash="9f2c" * 16,
    )


def _checkpoint(method: TrainMethod, steps: int) -> Checkpoint:
    dpo = method == "dpo"
    history = [
        TrainStep(
            step=step,
            loss=(0.693 if dpo else 2.4) * math.exp(-3 * step / steps) + 0.05 + 0.03 * math.sin(step * 1.7),
            metrics={
                "rewards/margins": 2.6 * (1 - math.exp(-3 * step / steps)) + 0.1 * math.sin(step),
                "rewards/accuracies": min(1.0, 0.5 + 0.55 * step / steps),
                "logps/chosen": -12 - 2 * step / steps,
                "logps/rejected": -14 - 21 * step / steps,
                "grad_norm": 0.8,
            }
            if dpo
            else {"grad_norm": 1.2, "learning_rate": 1e-5},
        )
        for step in range(2, steps + 1, 2)
    ]
    return Checkpoint(
        method=method,
        base="out/policy" if dpo else "Qwen/Qwen2.5-0.5B-Instruct",
        examples=1840,
        steps=steps,
        tokens=1_204_331,
        trainable_parameters=4_399_104,
        history=tuple(history),
        files={"adapter_model.safetensors": "ab" * 32},
    )


def _suite(policy: str, right: int, errors: dict[str, int]) -> SuiteResult:
    categories = {
        "live_simple": SuiteCategory(
            items=258,
            right=right,
            wrong=250 - right,
            missing={"context_overflow": 8},
            share=_measure(right / 250, 0.06),
            measures={"no error": _measure(right / 250, 0.06)},
            errors=errors,
        ),
        "multi_turn_base": SuiteCategory(items=200, right=0, wrong=0, missing={"context_overflow": 200}, share=None),
    }
    total = categories["live_simple"].model_copy(update={"items": 458, "missing": {"context_overflow": 208}})
    return SuiteResult(
        evaluation=SuiteEvaluation(
            suite="bfcl",
            policy=policy,
            categories=categories,
            total=total,
            official={"live_simple": f"{right} of 250", "Overall Acc": "12.30%"},
            refused_golds=("live_simple_106-63-0",),
            settings={"policy": f"{policy}-hash", "bfcl-eval": "2026.3.23"},
            prompt_hash="41ab" * 16,
            prompt_tokens=131_204,
            completion_tokens=9_310,
            seconds=812.4,
        ),
        errors=(ErrorShares(group="live_simple", policy=policy, cases=250, turns=errors),),
        outdated=policy == "dpo",
    )


def _flow() -> tuple[StageFlow, ...]:
    return (
        StageFlow(
            stage="construct",
            takes="scenarios",
            gives="instructions",
            records_in=640,
            records_out=512,
            discards={"ungrounded_value": 71, "failed_execution": 22, "near_duplicate": 19, "leaked_tool_name": 16},
            seconds=1842.0,
        ),
        StageFlow(
            stage="sample",
            takes="decision points",
            gives="trees",
            records_in=1301,
            records_out=1296,
            discards={"context_overflow": 5},
            seconds=377.4,
            note="trunk: policy",
        ),
        StageFlow(
            stage="score",
            takes="trees",
            gives="scored turns",
            records_in=1296,
            records_out=1296,
            discards={},
            seconds=2.1,
        ),
        StageFlow(
            stage="pair",
            takes="scored turns",
            gives="pairs",
            records_in=1296,
            records_out=1104,
            used=544,
            discards={"all_right": 701, "no_pair": 51},
            seconds=0.4,
        ),
        StageFlow(
            stage="train",
            takes="pairs",
            gives="checkpoints",
            records_in=1104,
            records_out=3,
            used=1104,
            discards={},
            seconds=928.0,
        ),
        StageFlow(
            stage="evaluate",
            takes="decision points",
            gives="case results",
            records_in=260,
            records_out=1040,
            used=260,
            discards={},
            seconds=95.0,
        ),
    )


@pytest.fixture
def inputs() -> ReportInputs:
    """A whole run."""
    trees = _trees()
    return ReportInputs(
        run="hotel-small-03",
        title="A small Qwen policy aligned on 512 instructions over twelve offline travel tools, "
        "judged on turns it has not seen.",
        flow=_flow(),
        instructions=(_hotel(), _forecast(), _no_tool()),
        trees=trees,
        pairs=tuple(pair for view in trees for pair in _pairs(view)),
        checkpoints={
            "sft": _checkpoint("sft", 60),
            "sft_continued": _checkpoint("sft_continued", 40),
            "dpo": _checkpoint("dpo", 40),
        },
        evaluation=_evaluation(),
        suites=(_suite("base", 75, {"wrong_value": 90, "no_call": 40}), _suite("dpo", 100, {"wrong_value": 71})),
        candidate_errors={
            "wrong_value": 611,
            "wrong_tool": 402,
            "missing_required": 133,
            "wrong_type": 90,
            "malformed": 12,
        },
        facts={
            "ttpa": "0.1.0",
            "python": "3.11.7",
            "seed": "17",
            "[sample]": "max_forks = 6\ntop_k = 5\nmin_probability = 0.02",
        },
    )


@pytest.fixture
def poisoned(inputs: ReportInputs) -> ReportInputs:
    """The same run with markup appended to every text and every free key."""
    return ReportInputs.model_validate(_poison(inputs.model_dump(mode="json"), free_levels=0))


_CLOSED = frozenset(("role", "kind", "split", "slot", "method", "chosen_from", "origin"))
_FREE_KEYS = {
    key: 1
    for keys in (
        "discards arguments metrics files",
        "errors candidate_errors facts turns",
        "categories missing measures",
    )
    for key in keys.split()
} | {"groups": 2, "parameters": 9, "official": 1, "settings": 1}
"""Fields whose keys are data, and on how many levels."""


def _poison(value: JsonValue, free_levels: int) -> JsonValue:
    if isinstance(value, str):
        return value + PAYLOAD
    if isinstance(value, list):
        return [_poison(item, 0) for item in value]
    if not isinstance(value, dict):
        return value
    if free_levels:
        return {key + PAYLOAD: _poison(item, free_levels - 1) for key, item in value.items()}
    return {key: item if key in _CLOSED else _poison(item, _FREE_KEYS.get(key, 0)) for key, item in value.items()}
