"""The score of a tool call as a reward, for trainers that sample by themselves: TRL's GRPO, and verl.

    tokenizer = TransformersTokenizer(policy)
    rows = reward_rows(points, tokenizer)
    reward = ToolCallReward(shape="graded", tokenizer=tokenizer)
    reward.check(rows)                                   # before the first step: golds earn 1, spoilt ones less
    GRPOTrainer(policy, reward_funcs=reward, train_dataset=Dataset.from_list(rows), ...)

A row has a rendered `prompt` and, as JSON strings (Arrow merges objects of different tools), `tools` and `reference`,
the calls that are due; `acceptable` is optional. Published work disagrees on which shape is best, so none is built in.
"""

import json
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple, cast, get_args

from ttpa.dialects import DIALECTS
from ttpa.models.base import ChatTokenizer
from ttpa.records.instructions import DecisionPoint
from ttpa.records.messages import AssistantMessage
from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.strict_json import read_json
from ttpa.records.tools import ToolCall
from ttpa.stages.score import CompiledTools, TurnScorer, Weights, fits_schemas, mutate, read_turn, score_text
from ttpa.stages.score.turns import is_mapping, read_calls
from ttpa.stages.score.values import Strings

Shape = Literal["graded", "binary", "gated"]
"""`graded`: the score; `binary`: 1 for a turn without error, else 0; `gated`: the score where every call is one that
the schemas allow, else 0."""

Row = dict[str, str]
_WEIGHTS = Weights()


class BrokenReward(ValueError):
    """A reward that would teach something else than right calls; the message names the row and what it earns."""


class ToolCallReward:
    """A reward function in TRL's signature, on text that a policy wrote in its dialect."""

    def __init__(
        self,
        *,
        shape: Shape = "graded",
        dialect: str = "hermes",
        strings: Strings = "exact",
        ordered: bool = False,
        weights: Weights = _WEIGHTS,
        tokenizer: ChatTokenizer | None = None,
    ) -> None:
        """`tokenizer` is the policy's; TRL's trainers need it, for they leave marks out of a completion's text.

        Raises `ValueError` for a shape or a dialect that is not known.
        """
        if shape not in get_args(Shape):
            raise ValueError(f"shape {shape!r} is none of {', '.join(get_args(Shape))}")
        if dialect not in DIALECTS:
            raise ValueError(f"dialect {dialect!r} is none of {', '.join(sorted(DIALECTS))}")
        told = {"shape": shape, "dialect": dialect, "strings": strings, "ordered": ordered}
        self.settings = json.dumps({**told, "weights": weights.model_dump(mode="json")})
        """Everything that decides the rewards, as JSON."""
        self.shape: Shape = shape
        self._dialect = DIALECTS[dialect]
        self._strings: Strings = strings
        self._ordered = ordered
        self._weights = weights
        self._tokenizer = tokenizer
        self.__name__ = f"tool_call_{shape}"  # TRL logs a reward by its name

    @classmethod
    def with_settings(cls, settings: str) -> "ToolCallReward":
        """The reward whose `settings` these are."""
        told = json.loads(settings)
        weights = Weights.model_validate(told.pop("weights"))
        return cls(**told, weights=weights)

    def __call__(
        self,
        prompts: Sequence[object],
        completions: Sequence[object],
        *,
        tools: Sequence[str],
        reference: Sequence[str],
        acceptable: Sequence[str | None] | None = None,
        completion_ids: Sequence[Sequence[int]] | None = None,
        ended: Sequence[bool] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **_: object,
    ) -> list[float]:
        """One reward in [0, 1] for each completion: text, or messages whose last one is the turn.

        TRL's trainers hand over `completion_ids`, too; then the turns are read from these, with all their marks, and
        one without an end token was cut off. Of texts `ended` says which were not. A turn that was cut off earns 0
        where a call is due, as it is malformed in evaluation.
        With `log_metric` the mean spread (standard deviation) of the rewards of one prompt is logged as
        `reward_spread`: where it is 0, a group teaches nothing. Raises `ValueError` for `completion_ids` without a
        tokenizer to read them.
        """
        if completion_ids is None:
            whole = [True] * len(completions) if ended is None else ended
            turns = [_Turn(_text(said), end) for said, end in zip(completions, whole, strict=True)]
        else:
            turns = self._turns(completion_ids)
        prepared: dict[tuple[str, str, str | None], _Due] = {}  # the completions of one prompt are judged alike
        rewards: list[float] = []
        for index, turn in enumerate(turns):
            columns = tools[index], reference[index], acceptable[index] if acceptable else None
            if columns not in prepared:
                prepared[columns] = self._prepare(*columns)
            rewards.append(self._judge(prepared[columns], turn.text, ended=turn.ended))
        if log_metric is not None:
            log_metric("reward_spread", within_group_spread(prompts, rewards))
        return rewards

    def reward(self, text: str, tools: str, reference: str, acceptable: str | None = None) -> float:
        """The reward of one turn. Never raises for anything that `text` holds."""
        return self._judge(self._prepare(tools, reference, acceptable), text)

    def check(self, rows: Iterable[Row], *, seed: int = 0) -> int:
        """Tries the reward on the rows' golds: a gold earns 1, a spoilt gold less, an empty turn 0 where a call is due.

        Returns the number of turns that were tried. Raises `BrokenReward` for the first that earns something else, and
        where there is no row at all.
        """
        tried = 0
        for number, row in enumerate(rows):
            due = self._prepare(row["tools"], row["reference"], row.get("acceptable"))
            reference = tuple(
                ToolCall(name=call.name, arguments=call.arguments) for call in read_calls(_array(row["reference"]))
            )
            gold = self._judge(due, self._dialect.write_turn(AssistantMessage(tool_calls=reference)))
            if gold != 1:
                raise BrokenReward(f"row {number}: its gold earns {gold:.3f}; 1 was due")
            acceptable = json.loads(row["acceptable"]) if row.get("acceptable") else None
            for mutant in mutate(reference, due.tools, acceptable=acceptable, seed=seed):
                if mutant.calls is None:
                    continue
                earned = self._judge(due, self._dialect.write_turn(AssistantMessage(tool_calls=mutant.calls)))
                if earned >= 1:
                    raise BrokenReward(
                        f"row {number}: its gold with one error ({mutant.kind.value}) earns {earned:.3f}"
                    )
                tried += 1
            empty = self._judge(due, "")
            if reference and empty != 0:
                raise BrokenReward(f"row {number}: an empty turn earns {empty:.3f} though a call is due")
            tried += 2
        if not tried:
            raise BrokenReward("there is no row to try the reward on")
        return tried

    def _turns(self, completion_ids: Sequence[Sequence[int]]) -> list["_Turn"]:
        """The turns as text, without their end tokens."""
        if self._tokenizer is None:
            raise ValueError(
                "the trainer leaves special tokens out of a completion's text, and with them the marks that open a "
                "call in some dialects: make the reward with tokenizer=, the policy's TransformersTokenizer"
            )
        turns: list[_Turn] = []
        for ids in completion_ids:
            ended = bool(ids) and ids[-1] in self._tokenizer.end_ids
            turns.append(_Turn(self._tokenizer.text(ids[:-1] if ended else ids), ended))
        return turns

    def _prepare(self, tools: str, reference: str, acceptable: str | None) -> "_Due":
        compiled = CompiledTools(_objects(tools))
        calls = _array(reference)
        scorer = TurnScorer(
            calls,
            compiled,
            acceptable=json.loads(acceptable) if acceptable else None,
            strings=self._strings,
            ordered=self._ordered,
            weights=self._weights,
        )
        return _Due(scorer, compiled, bool(calls))

    def _judge(self, due: "_Due", text: str, *, ended: bool = True) -> float:
        turn = read_turn(self._dialect, text, ended=ended, call_is_due=due.call_is_due)
        verdict = score_text(due.scorer, turn)
        if self.shape == "binary":
            return 0.0 if verdict.errors else 1.0
        if self.shape == "gated" and verdict.errors and (turn.calls is None or not fits_schemas(turn.calls, due.tools)):
            return 0.0
        return verdict.score


class _Turn(NamedTuple):
    """What the policy said."""

    text: str
    ended: bool


class _Due(NamedTuple):
    """What is due at a decision point."""

    scorer: TurnScorer
    tools: CompiledTools
    call_is_due: bool


def reward_rows(
    points: Iterable[DecisionPoint], tokenizer: ChatTokenizer, *, bos_token: str | None = None
) -> list[Row]:
    """A row for each decision point; its prompt is rendered as the policy reads it.

    `bos_token` is a start token that the trainer's tokenizer puts before every text by itself: it is left out where the
    template has written it, so that it does not stand there twice.
    """
    rows: list[Row] = []
    for point in points:
        prompt = tokenizer.text(tokenizer.prompt_ids(point.history, point.tools))
        rows.append({"id": point.id, "prompt": prompt.removeprefix(bos_token or ""), **reward_columns(point)})
    return rows


def reward_columns(point: DecisionPoint) -> Row:
    """What a turn at a decision point is judged by, without its prompt; `acceptable` is empty where none is given."""
    return {
        "tools": json.dumps([tool.as_openai() for tool in point.tools]),
        "reference": json.dumps([call.model_dump(mode="json") for call in point.reference]),
        # In every row: a dataset made of rows has the columns of its first.
        "acceptable": "" if point.acceptable is None else json.dumps(point.acceptable),
    }


def within_group_spread(prompts: Sequence[object], rewards: Sequence[float]) -> float:
    """The mean, over prompts, of the standard deviation of their completions' rewards."""
    groups: dict[str, list[float]] = {}
    for prompt, reward in zip(prompts, rewards, strict=True):
        groups.setdefault(json.dumps(prompt, default=str), []).append(reward)
    return statistics.fmean(statistics.pstdev(group) for group in groups.values()) if groups else 0.0


def verl_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: dict[str, str] | None = None
) -> float:
    """The graded reward in verl's signature (`custom_reward_function`): `ground_truth` is `reference`.

    `extra_info` holds `tools`, and `acceptable` and `dialect` where they are given. `solution_str` must hold the marks
    of the dialect: where those are special tokens, verl's reward manager has to keep them. Raises `KeyError` without
    `tools`.
    """
    del data_source
    info = extra_info or {}
    reward = ToolCallReward(dialect=info.get("dialect", "hermes"))
    return reward.reward(solution_str, info["tools"], ground_truth, info.get("acceptable"))


def _text(completion: object) -> str:
    """A completion's text: TRL hands over strings, or for conversational prompts lists of messages."""
    if isinstance(completion, str):
        return completion
    if isinstance(completion, Sequence) and completion:
        last = cast("Sequence[object]", completion)[-1]
        content = last.get("content") if is_mapping(last) else None
        return content if isinstance(content, str) else ""
    return ""


def _objects(text: str) -> list[JsonObject]:
    return [item for item in _array(text) if isinstance(item, dict)]


def _array(text: str) -> list[JsonValue]:
    value = read_json(text)
    if not isinstance(value, list):
        raise TypeError(f"a JSON array is due, not {type(value).__name__}")
    return value
