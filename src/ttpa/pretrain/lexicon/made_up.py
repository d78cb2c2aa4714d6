"""Words that no language has: whoever reads them can only copy them."""
# ruff: noqa: SIM905 - word lists with a word a line would fill screens

from random import Random

_ONSETS = "b c d f g h j k l m n p r s t v w z br ch cl dr fl gr kr pl sh st th tr".split()
_VOWELS = "a e i o u ai ea ie oo ou".split()
_CODAS = ["", "", "", *"l n r s t m k nd rt ck ss ng".split()]


def made_up(rng: Random) -> str:
    """A word that sounds like one and means nothing."""
    parts = [rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(rng.randint(1, 3))]
    return "".join(parts) + rng.choice(_CODAS)
