"""Third-party dialogues, rendered by a template of each family and tokenised by a BPE whose tokens straddle slots.

What the template writes the dialect reads, and what every slot spells, decoded from its tokens, is what it read.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import os
from functools import cache
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from ttpa.dialects import DIALECTS
from ttpa.models.transformers_tokenizer import TransformersTokenizer
from ttpa.quickstart.embedded import FOLDER
from ttpa.records.discards import Discard
from ttpa.records.instructions import DecisionPoint
from ttpa.stages.importing import import_dialogue
from ttpa.stages.sample import label_tokens

pytestmark = pytest.mark.heavy
FOLDER_OF_DATA = Path(os.environ.get("TTPA_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "converted"
FILES = (
    "bfcl_simple_python", "bfcl_multiple", "bfcl_parallel", "bfcl_parallel_multiple", "seal_dev",
    "toolalpaca_eval_simulated", "glaive_demo",
)  # fmt: skip
# The end token and the other control tokens of each family's template.
MARKS = {
    "hermes": ("<|im_end|>", "<|im_start|>"),
    "llama3_json": ("<|eot_id|>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>"),
    "llama3_pythonic": ("<|eot_id|>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>"),
    "mistral": ("</s>", "<s>", "[INST]", "[/INST]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]"),
    "json": ("<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>"),
}


@cache
def gold_turns() -> tuple[DecisionPoint, ...]:
    points: list[DecisionPoint] = []
    for name in FILES:
        for number, line in enumerate((FOLDER_OF_DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines(), 1):
            found = import_dialogue(line, source=name, number=number)
            if not isinstance(found, Discard):
                points.extend(point for one in found for point in one.decision_points() if point.reference)
    return tuple(points)


def write_tokenizer(path: Path, dialect: str) -> TransformersTokenizer:
    """A byte-level BPE as GPT-2 has it: words join the marks around them, and characters may come in parts."""
    texts = [DIALECTS[dialect].write_turn(point.reference_turn()) for point in gold_turns()]
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=3000,
        special_tokens=list(MARKS[dialect]),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    template = Path(__file__).parent / "templates" / f"{dialect}.jinja"
    PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        chat_template=template.read_text(encoding="utf-8"),
        eos_token=MARKS[dialect][0],
        clean_up_tokenization_spaces=False,
    ).save_pretrained(path)
    return TransformersTokenizer(str(path))


@pytest.mark.skipif(not FOLDER_OF_DATA.is_dir(), reason=f"{FOLDER_OF_DATA} is not there (set TTPA_SHARED)")
@pytest.mark.parametrize("name", [*DIALECTS, "embedded"])
def test_templates_render_what_dialects_read_and_slots_spell_it_to_the_character(name: str, tmp_path: Path) -> None:
    dialect = DIALECTS["hermes" if name == "embedded" else name]
    tokenizer = TransformersTokenizer(str(FOLDER)) if name == "embedded" else write_tokenizer(tmp_path, name)
    straddled = 0
    for point in gold_turns():
        _, turn = tokenizer.turn_ids(point.history, point.tools, point.reference_turn())
        assert turn[-1] in tokenizer.end_ids
        pieces = tokenizer.pieces(turn)
        read = dialect.read_turn("".join(pieces[:-1]))
        assert read.calls == point.reference, point.id
        slots = label_tokens(pieces, dialect, finished=True)
        spelled = [
            (slot.kind, slot.call, slot.path, text[slot.skip : len(text) - slot.cut])
            for slot in slots
            if slot.kind not in ("structure", "end")
            for text in ["".join(pieces[slot.start : slot.end])]
        ]
        whole = "".join(pieces[:-1])
        assert spelled == [(s.kind, s.call, s.path, whole[s.start : s.end]) for s in read.spans], point.id
        straddled += sum(slot.skip > 0 or slot.cut > 0 for slot in slots)
    assert len(gold_turns()) >= 1000
    assert name == "embedded" or straddled > 500  # the embedded policy's tokens never straddle
