"""Weather tools: the weather of a day, an outlook, air quality. Any place has weather, decided by its name."""

from typing import Literal

from ttpa.quickstart.tools.days import check_range, read_day
from ttpa.quickstart.tools.facts import Row, draw, pick

SKIES = ("sunny", "cloudy", "rainy", "windy", "foggy", "snowy")


def get_weather(city: str, date: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> Row:
    """Tells the weather in a city on one day.

    Args:
        city: Name of the city.
        date: Day as YYYY-MM-DD.
        unit: Unit of the temperatures.
    """
    read_day(date)
    high = draw(-4, 34, "high", city, date)
    low = high - draw(3, 11, "low", city, date)
    if unit == "fahrenheit":
        high, low = round(high * 1.8 + 32), round(low * 1.8 + 32)
    return {"sky": pick(SKIES, city, date), "high": high, "low": low}


def get_forecast(city: str, days: int) -> Row:
    """Sums up the weather of the coming days.

    Args:
        city: Name of the city.
        days: Number of days, 2 to 14.
    """
    check_range(days, 2, 14, "days")
    return {
        "mostly": pick(SKIES, "outlook", city, days),
        "warmest": draw(2, 33, "outlook", city, days),
        "rainy_days": draw(0, days, "rain", city, days),
    }


def get_air_quality(
    city: str, pollutant: Literal["fine_dust", "ozone", "nitrogen_dioxide", "pollen"] = "fine_dust"
) -> Row:
    """Measures how clean the air in a city is.

    Args:
        city: Name of the city.
        pollutant: What is measured.
    """
    index = draw(8, 140, "air", city, pollutant)
    return {"index": index, "level": "good" if index < 50 else "fair" if index < 100 else "poor"}
