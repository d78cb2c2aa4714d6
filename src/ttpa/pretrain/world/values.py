"""Values from spaces so large that none can be learned by heart, and how people write them."""
# ruff: noqa: SIM905 - word lists with a word a line would fill screens

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from pydantic import JsonValue

from ttpa.pretrain.lexicon import Lexicon
from ttpa.pretrain.lexicon.made_up import made_up

Sampler = Callable[[Random], JsonValue]
"""Draws one value."""

_FIRST_NAMES = """Ada Alan Alice Amir Ana Ben Carla Cem Dana David Emma Eva Finn Georg Grace Hans Iris Jack James
    Jane Jin John Kate Lea Liam Linda Luis Maria Mark Mary Max Mia Nina Noah Omar Paul Peter Ravi Robert Ruth Sam
    Sarah Susan Tim Tom Uma Vera Will Yuki Zara""".split()
_LAST_NAMES = """Adams Bauer Berg Brown Chen Clark Cohen Cruz Davis Diaz Evans Fox Green Hall Hill Ito Johnson
    Jones Kim King Lee Lang Lewis Martin Miller Moore Nguyen Ochoa Perez Reed Roth Scott Shah Smith Sun Taylor
    Thomas Walker White Wilson Wong Wood Wright Young""".split()
_PLACES = """Algiers,Atlanta,Berkeley,Bombay,Brighton,California,Cambridge,Canada,Caracas,China,Detroit,Dover,
    Essen,France,Germany,Hong Kong,India,Italy,Japan,Karachi,Kiel,Los Angeles,Mainz,Mexico City,Miami,
    Moscow,New Orleans,Norway,Oxford,Pisa,San Francisco,Santa Fe,Spain,Texas,Tripoli,Tulsa,Ulm,
    Washington,Yokohama""".replace("\n    ", "").split(",")
_MONTHS = "January February March April May June July August September October November December".split()
_DOMAINS = ("com", "org", "net", "de", "io")


def proper_name(rng: Random) -> str:
    """A made-up name."""
    return made_up(rng).capitalize()


def person(rng: Random) -> str:
    first = rng.choice(_FIRST_NAMES) if rng.random() < 0.5 else proper_name(rng)
    last = rng.choice(_LAST_NAMES) if rng.random() < 0.4 else proper_name(rng)
    return first if rng.random() < 0.15 else f"{first} {last}"


def place(rng: Random) -> str:
    if rng.random() < 0.35:
        return rng.choice(_PLACES)
    return proper_name(rng) if rng.random() < 0.8 else f"{proper_name(rng)} {proper_name(rng)}"


def day(rng: Random) -> str:
    return (date(2018, 1, 1) + timedelta(days=rng.randrange(4000))).isoformat()


def clock(rng: Random) -> str:
    return f"{rng.randrange(24):02}:{rng.randrange(0, 60, rng.choice((1, 5, 15))):02}"


def phone(rng: Random) -> str:
    if rng.random() < 0.7:
        return f"0{rng.randint(20, 999)}-{rng.randint(10000, 9999999)}"
    return f"+{rng.randint(10**8, 10**10)}"


def link(rng: Random) -> str:
    return f"https://{made_up(rng)}.{rng.choice(_DOMAINS)}/{made_up(rng)}"


def mail(rng: Random) -> str:
    mark = rng.choice(("", ".", "_", str(rng.randint(1, 99))))
    return f"{made_up(rng)}{mark}{made_up(rng)}@{made_up(rng)}.{rng.choice(_DOMAINS)}"


def make_code_sampler(rng: Random) -> Sampler:
    """A sampler of ids of one shape: `B1042`, `RK-58`, `90321`, `rk_a3f09`."""
    shape = rng.randrange(5)
    prefix = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    low = 10 ** rng.randint(1, 4)

    def sample(rng: Random) -> JsonValue:
        number = rng.randint(low, low * 10 - 1)
        match shape:
            case 0 | 1:
                return f"{prefix}{number}"
            case 2:
                return f"{prefix}-{number}"
            case 3:
                return str(number)
            case _:
                return f"{prefix.lower()}_{''.join(rng.choice('0123456789abcdef') for _ in range(5))}"

    return sample


def phrase(rng: Random, lexicon: Lexicon) -> str:
    """Some words: a title, a topic, a message."""
    kind = rng.randrange(5)
    adjective, thing = lexicon.adjective(rng), lexicon.thing(rng).text
    match kind:
        case 0:
            return f"{adjective} {thing}"
        case 1:
            return f"{proper_name(rng)} {thing}".title()
        case 2:
            return f"the {thing} and the {lexicon.thing(rng).text}"
        case 3:
            return f"{thing} of {proper_name(rng)}"
        case _:
            return f"{lexicon.quality(rng).text} for the {adjective} {thing}"


def short_text(rng: Random, lexicon: Lexicon) -> str:
    """One or two words: a brand, a word, a name of something."""
    match rng.randrange(5):
        case 0:
            return proper_name(rng)
        case 1:
            return lexicon.thing(rng).text
        case 2:
            return f"{proper_name(rng)} {proper_name(rng)}"
        case 3:
            return f"{lexicon.adjective(rng)} {lexicon.thing(rng).text}"
        case _:
            return lexicon.thing(rng).text.capitalize()


def decimal(rng: Random) -> JsonValue:
    """A number, now and then a whole one."""
    value = rng.randint(1, 10 ** rng.randint(2, 5)) / 10 ** rng.randint(1, 2)
    return int(value) if value.is_integer() else value


def whole(rng: Random) -> JsonValue:
    """An integer; small ones are the most common."""
    return rng.randint(2, 10 ** rng.choice((1, 1, 2, 2, 3, 4)))


def spoken(value: JsonValue, rng: Random) -> str:
    """A value as people write it in a question."""
    if isinstance(value, list):
        *others, last = [spoken(item, rng) for item in value]
        joined = rng.choice((" and ", " and ", ", "))
        return f"{', '.join(others)}{joined}{last}" if others else last
    if isinstance(value, str) and "_" in value and value.replace("_", "").isalpha():
        return value.replace("_", " ")
    return str(value)


def spoken_day(value: str, rng: Random) -> str:
    """A day as `2026-03-04`, or now and then as `4 March 2026` or `March 4, 2026`."""
    if rng.random() < 0.8:
        return value
    year, month, day_of_month = (int(part) for part in value.split("-"))
    name = _MONTHS[month - 1]
    return rng.choice((f"{day_of_month} {name} {year}", f"{name} {day_of_month}, {year}"))
