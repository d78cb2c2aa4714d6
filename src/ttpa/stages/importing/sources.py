"""What the files of an import are called, so that no two records share an id."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path


def name_sources(files: Sequence[Path]) -> list[str]:
    """A name a file, in order: its stem, with its suffix and as many of its folders as tell it from the others.

    Only a file that is given twice has a name twice.
    """
    paths = [Path(os.path.abspath(file)) for file in files]  # noqa: PTH100 - a link keeps its own name
    beside = Counter(taken for path in set(paths) for taken in {path, path.with_suffix("")})
    names = {path: path.name if beside[path.with_suffix("")] > 1 else path.stem for path in paths}
    for depth in range(1, max((len(path.parts) for path in paths), default=0)):
        alike = Counter(names.values())
        for path, name in names.items():
            if alike[name] > 1:
                names[path] = "/".join((*path.parts[-depth - 1 : -depth], name))
    return [names[path] for path in paths]
