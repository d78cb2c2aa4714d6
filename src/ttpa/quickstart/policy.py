"""A small policy made on the spot: a tokenizer trained on the run's data, a model of Qwen3 form, random weights."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from ttpa.quickstart.induction import set_copying_heads
from ttpa.quickstart.scratch import ScratchConfig
from ttpa.records.instructions import Instruction
from ttpa.records.messages import as_openai

TEMPLATE = Path(__file__).with_name("chat_template.jinja")
END, PAD = "<|im_end|>", "<|pad|>"
CONTROL_TOKENS = [END, "<|im_start|>", PAD]
TAG_TOKENS = ["<tool_call>", "</tool_call>", "<tools>", "</tools>"]
# Digits stand alone, so that a number is copied digit by digit; words and marks carry the space before them.
WORDS = Regex(r"[0-9]| ?[A-Za-z]+| ?[^\sA-Za-z0-9]+|\s+")


def make_policy(instructions: Iterable[Instruction], config: ScratchConfig, path: Path, *, seed: int) -> None:
    """Writes an untrained policy to `path`, as plain `transformers` loads it.

    The tokenizer is a byte-level BPE trained on the dialogues of `instructions`, with a Hermes chat template.
    """
    tokenizer = train_tokenizer(instructions, config.vocabulary)
    tokenizer.save_pretrained(path)
    end_id, pad_id = (tokenizer.convert_tokens_to_ids(token) for token in (END, PAD))
    assert isinstance(end_id, int)
    assert isinstance(pad_id, int)
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=config.hidden_size,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.key_value_heads,
            head_dim=config.hidden_size // config.heads,
            intermediate_size=config.feed_forward,
            max_position_embeddings=config.max_length,
            rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
            initializer_range=0.04,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=end_id,
            pad_token_id=pad_id,
        )
    )
    set_copying_heads(model, seed=seed)
    model.save_pretrained(path)


def train_tokenizer(instructions: Iterable[Instruction], vocabulary: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer of at most `vocabulary` tokens with the quickstart's chat template."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(WORDS, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=CONTROL_TOKENS + TAG_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    renderer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), chat_template=TEMPLATE.read_text())
    bpe.train_from_iterator((_render(renderer, instruction) for instruction in instructions), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        chat_template=TEMPLATE.read_text(),
        eos_token=END,
        pad_token=PAD,
        clean_up_tokenization_spaces=False,
    )


def _render(renderer: PreTrainedTokenizerFast, instruction: Instruction) -> str:
    last = instruction.decision_points()[-1]
    text = renderer.apply_chat_template(
        cast("list[dict[str, str]]", as_openai([*last.history, last.reference_turn()])),
        tools=[tool.as_openai() for tool in last.tools],
        tokenize=False,
    )
    assert isinstance(text, str)
    return text
