"""What a policy's config says of its context, and what it leaves open."""

# pyright: reportUnknownMemberType=false

from pathlib import Path

from transformers import GPT2Config, LlamaConfig, Qwen3Config

from ttpa.models.transformers_context import read_context
from ttpa.quickstart.embedded import policy_path


def test_the_embedded_policy_reads_as_much_as_its_config_says() -> None:
    assert read_context(policy_path("embedded")) == 4096


def test_a_config_of_another_family_says_it_by_its_own_key(tmp_path: Path) -> None:
    GPT2Config(n_positions=512).save_pretrained(tmp_path)
    assert read_context(str(tmp_path)) == 512


def test_positions_that_are_stretched_to_what_the_config_says_count(tmp_path: Path) -> None:
    rope = {"rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "original_max_position_embeddings": 1024}
    rope |= {"low_freq_factor": 1.0, "high_freq_factor": 4.0}
    LlamaConfig(max_position_embeddings=8192, rope_parameters=rope).save_pretrained(tmp_path)
    assert read_context(str(tmp_path)) == 8192


def test_stretched_positions_reach_further_than_a_config_says(tmp_path: Path) -> None:
    rope = {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0, "original_max_position_embeddings": 1024}
    Qwen3Config(max_position_embeddings=1024, rope_parameters=rope).save_pretrained(tmp_path)
    assert read_context(str(tmp_path)) is None
