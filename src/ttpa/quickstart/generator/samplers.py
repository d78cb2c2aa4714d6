"""Where argument values come from: functions that draw one value from a large space."""

from datetime import timedelta
from random import Random

from pydantic import JsonValue

from ttpa.quickstart.generator import words
from ttpa.quickstart.generator.entry import Sampler
from ttpa.quickstart.tools.days import TODAY


def one_of(*values: str | int | float) -> Sampler:
    """One of `values`."""

    def sample(rng: Random) -> JsonValue:
        return rng.choice(values)

    return sample


def whole(low: int, high: int, step: int = 1) -> Sampler:
    """A multiple of `step` above `low`, `high` at most."""

    def sample(rng: Random) -> JsonValue:
        return rng.randrange(low, high + 1, step)

    return sample


def fraction(low: int, high: int, parts: int) -> Sampler:
    """A number in steps of 1 / `parts`; whole ones are integers."""

    def sample(rng: Random) -> JsonValue:
        value = rng.randint(low * parts, high * parts) / parts
        return int(value) if value.is_integer() else value

    return sample


def code(prefix: str, low: int, high: int) -> Sampler:
    """An id."""

    def sample(rng: Random) -> JsonValue:
        return f"{prefix}{rng.randint(low, high)}"

    return sample


def several(sampler: Sampler, low: int, high: int) -> Sampler:
    """A list of `low` to `high` different values."""

    def sample(rng: Random) -> JsonValue:
        count, values = rng.randint(low, high), list[JsonValue]()
        while len(values) < count:
            value = sampler(rng)
            if value not in values:
                values.append(value)
        return values

    return sample


def record(**fields: Sampler) -> Sampler:
    """An object with one value a field."""

    def sample(rng: Random) -> JsonValue:
        return {name: sampler(rng) for name, sampler in fields.items()}

    return sample


def yes(_: Random) -> JsonValue:
    return True


def either(rng: Random) -> JsonValue:
    return rng.random() < 0.7


def day(rng: Random) -> JsonValue:
    return (TODAY + timedelta(days=rng.randint(1, 365))).isoformat()


def time(rng: Random) -> JsonValue:
    return f"{rng.randint(7, 20):02}:{rng.randrange(0, 60, 5):02}"


def city(rng: Random) -> JsonValue:
    return rng.choice(words.CITIES)


def person(rng: Random) -> JsonValue:
    return f"{rng.choice(words.FIRST_NAMES)} {rng.choice(words.LAST_NAMES)}"


def phone(rng: Random) -> JsonValue:
    return f"0{rng.randint(30, 99)}-{rng.randint(100000, 999999)}"


def street(rng: Random) -> JsonValue:
    return f"{rng.choice(words.STREETS)} {rng.choice(words.STREET_KINDS)} {rng.randint(1, 180)}"


def food(rng: Random) -> JsonValue:
    return rng.choice(words.FOODS)


def product(rng: Random) -> JsonValue:
    return f"{rng.choice(words.PRODUCT_TRAITS)} {rng.choice(words.PRODUCTS)}"


def topic(rng: Random) -> JsonValue:
    return f"{rng.choice(words.TOPIC_TRAITS)} {rng.choice(words.TOPICS)}"


def event_title(rng: Random) -> JsonValue:
    return f"{rng.choice(words.MEETINGS)} with {rng.choice(words.FIRST_NAMES)}"


def message(rng: Random) -> JsonValue:
    return rng.choice(words.THING_NEWS).format(rng.choice(words.THINGS), rng.choice(words.WEEKDAYS))
