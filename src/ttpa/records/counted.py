"""A number with what it counts, for people."""


def counted(number: int, plural: str) -> str:
    """`2 rows`, but `1 row`; what the noun is followed by is left as it stands, as in `turns of all policies`."""
    if number != 1:
        return f"{number} {plural}"
    noun, of, rest = plural.partition(" of ")
    return f"1 {noun[:-3] + 'y' if noun.endswith('ies') else noun.removesuffix('s')}{of}{rest}"
