"""Days and times as the tools read them; today is fixed, so that results never change."""

from datetime import date, datetime, timedelta

TODAY = date(2026, 3, 2)
"""A Monday."""


def read_day(text: str) -> date:
    """The day that `text` spells. Raises `ValueError` unless it is YYYY-MM-DD, today or later."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date of the form YYYY-MM-DD") from error
    if day < TODAY:
        raise ValueError(f"{text} is in the past; today is {TODAY}")
    return day


def read_minutes(text: str) -> int:
    """Minutes since midnight at the time that `text` spells. Raises `ValueError` unless it is HH:MM."""
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60):
        raise ValueError(f"{text!r} is not a time of the form HH:MM")
    return int(hours) * 60 + int(minutes)


def write_time(minutes: int) -> str:
    """Minutes since midnight as HH:MM, the next day's where they are 24 hours or more."""
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def days_from(day: date, count: int) -> str:
    """The day `count` days after `day`, as YYYY-MM-DD."""
    return (day + timedelta(days=count)).isoformat()


def check_range(value: float, low: float, high: float, noun: str) -> None:
    """Raises `ValueError` unless `value` lies from `low` to `high`."""
    if not low <= value <= high:
        raise ValueError(f"{noun} must be from {low} to {high}, not {value}")
