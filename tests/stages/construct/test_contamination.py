"""Questions of benchmark files are found again, word by word, in files of any shape."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ttpa.errors import ConfigError
from ttpa.records.discards import DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.records.record import JsonObject
from ttpa.stages.construct import BenchmarkQuestions, drop_overlap

LONG = "Please find me a quiet hotel near the harbour of Lisbon for three nights in May"
ROWS: list[JsonObject] = [
    {"question": [[{"role": "user", "content": "What is the area of the triangle?"}]]},
    {"query": LONG, "api_list": []},
]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "bench.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ROWS))
    return str(path)


def test_a_question_is_found_whatever_its_case_and_marks(file: str) -> None:
    benchmarks = BenchmarkQuestions([file])
    assert benchmarks.find("what is the area of the triangle") == file
    assert benchmarks.find("What is the area of the square?") is None


def test_ten_words_in_a_row_are_enough_and_nine_are_not(file: str) -> None:
    benchmarks = BenchmarkQuestions([file])
    words = LONG.split()
    assert benchmarks.find(f"I say: {' '.join(words[2:12])}, thanks") == file
    assert benchmarks.find(f"I say: {' '.join(words[2:11])}, thanks") is None


def test_a_whole_json_file_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_text(json.dumps({"data": ROWS}))
    assert BenchmarkQuestions([str(path)]).find(LONG) == str(path)


def test_questions_in_parts_and_without_spaces_are_found_too(tmp_path: Path) -> None:
    path = tmp_path / "bench.jsonl"
    parts: JsonObject = {"role": "user", "content": [{"type": "text", "text": "Where is\u2028the harbour?"}]}
    told = json.dumps({"messages": [parts]}, ensure_ascii=False)
    path.write_text(f"{told}\n" + json.dumps({"question": "请帮我查询北京明天下午的天气和空气质量还有湿度"}))
    benchmarks = BenchmarkQuestions([str(path)])
    assert benchmarks.find("where is the harbour") == str(path)
    assert benchmarks.find("你好 请帮我查询北京明天下午的天气和空气质量还 谢谢") == str(path)
    assert benchmarks.find("你好 请帮我查询北京明天下午的天气和空气质量 谢谢") is None
    assert benchmarks.find("请帮我查询上海今天的新闻") is None


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("내일 서울의 날씨를 알려 주세요", "내일 서울의 날씨를 알려 주고 택시도 불러 줘"),
        ("请问你能不能帮我查一下北京的天气", "请问你能不能帮我查一下从上海到广州的火车票价"),
    ],
)
def test_an_ordinary_opening_is_no_overlap_in_any_script(tmp_path: Path, question: str, other: str) -> None:
    path = tmp_path / "bench.json"
    path.write_text(json.dumps({"question": question}))
    benchmarks = BenchmarkQuestions([str(path)])
    assert benchmarks.find(other) is None
    assert benchmarks.find(question) == str(path)


def test_what_overlaps_becomes_a_discard(file: str, make_instruction: Callable[..., Instruction]) -> None:
    made = [make_instruction("0", LONG), make_instruction("1", "Something else?")]
    kept, discards = drop_overlap(made, BenchmarkQuestions([file]))
    assert [one.id for one in kept] == ["1"]
    assert [(one.id, one.reason) for one in discards] == [("0", DiscardReason.BENCHMARK_OVERLAP)]
    assert file in discards[0].detail


@pytest.mark.parametrize(
    ("text", "reason"), [("{}", "holds no question"), ("{", "neither JSON"), (None, "cannot be read")]
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str | None, reason: str) -> None:
    path = tmp_path / "bench.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=f"construct.avoid: .*{reason}"):
        BenchmarkQuestions([str(path)])
