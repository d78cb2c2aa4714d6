"""The embedded policy's tokenizer: a byte-level BPE in which what must be copied always falls into the same tokens."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from ttpa.pretrain.family import Family

PAD = "<|pad|>"


def train_tokenizer(texts: Iterable[str], vocabulary: int, family: Family) -> PreTrainedTokenizerFast:
    """A tokenizer of at most `vocabulary` tokens, trained on rendered dialogues, with the family's chat template."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(family.pieces), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[family.end, *family.marks, PAD, *family.tags],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return _wrap(_with_plain_tags(bpe, family), family)


def make_renderer(family: Family) -> PreTrainedTokenizerFast:
    """A tokenizer that knows no token yet, but renders dialogues."""
    return _wrap(Tokenizer(models.BPE()), family)


def _with_plain_tags(bpe: Tokenizer, family: Family) -> Tokenizer:
    """The tags of the dialect are text that a decoder keeps where it is told to skip special tokens."""
    document = json.loads(bpe.to_str())
    for token in document["added_tokens"]:
        token["special"] = token["content"] not in family.tags
    return Tokenizer.from_str(json.dumps(document))


def _wrap(bpe: Tokenizer, family: Family) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        chat_template=family.template,
        eos_token=family.end,
        pad_token=PAD,
        clean_up_tokenization_spaces=False,
    )
