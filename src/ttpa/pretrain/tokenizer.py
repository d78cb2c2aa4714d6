"""The embedded policy's tokenizer: a byte-level BPE in which what must be copied always falls into the same tokens."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

TEMPLATE = Path(__file__).with_name("chat_template.jinja")
END, START, PAD = "<|im_end|>", "<|im_start|>", "<|pad|>"
TAG_TOKENS = ["<tool_call>", "</tool_call>", "<tools>", "</tools>"]
# Digits, words and runs of marks stand apart, and no word carries the space before it: `Paris` is the same tokens in a
# question and between quotes.
_PIECES = Regex(r"\p{N}|\p{L}+|\n|[^\p{L}\p{N}\n]+")


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A tokenizer of at most `vocabulary` tokens, trained on rendered dialogues, with the policy's chat template."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(_PIECES, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END, START, PAD, *TAG_TOKENS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return _wrap(_with_plain_tags(bpe))


def make_renderer() -> PreTrainedTokenizerFast:
    """A tokenizer that knows no token yet, but renders dialogues."""
    return _wrap(Tokenizer(models.BPE()))


def _with_plain_tags(bpe: Tokenizer) -> Tokenizer:
    """The tags of the dialect are text that a decoder keeps where it is told to skip special tokens."""
    document = json.loads(bpe.to_str())
    for token in document["added_tokens"]:
        token["special"] = token["content"] not in TAG_TOKENS
    return Tokenizer.from_str(json.dumps(document))


def _wrap(bpe: Tokenizer) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        chat_template=TEMPLATE.read_text(encoding="utf-8"),
        eos_token=END,
        pad_token=PAD,
        clean_up_tokenization_spaces=False,
    )
