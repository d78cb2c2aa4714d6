from importlib.resources import files

from ttpa.pretrain.lexicon import load_lexicon
from ttpa.quickstart import tools


def test_no_word_serves_both_training_and_test() -> None:
    train, test = load_lexicon("train"), load_lexicon("test")
    for known, held_out in (
        (train.things, test.things),
        (train.qualities, test.qualities),
        (train.adjectives, test.adjectives),
    ):
        texts = {word.text for word in known}
        assert len(texts) > 200
        assert not texts & {word.text for word in held_out}
        assert not {synonym for word in known for synonym in word.synonyms} & {word.text for word in held_out}


def test_no_generated_tool_is_about_what_a_bundled_tool_is_about() -> None:
    nouns = {word.text for share in ("train", "test") for word in load_lexicon(share).things}
    for tool in tools.TOOLS:
        last = tool.__name__.split("_")[-1]
        assert last not in nouns
        assert last.removesuffix("s") not in nouns


def test_the_word_lists_carry_their_licence() -> None:
    assert "WordNet 3.1 Copyright 2011 by Princeton University" in (
        files("ttpa.pretrain.lexicon").joinpath("WORDNET_LICENSE").read_text()
    )
