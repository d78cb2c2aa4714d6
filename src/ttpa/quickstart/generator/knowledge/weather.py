"""How people ask about the weather."""

from ttpa.quickstart.generator.entry import Argument, Domain, Entry
from ttpa.quickstart.generator.samplers import city, day, one_of, whole

_CITY = Argument("city", "city", city, (" in {}", " for {}"), topic="city")

DOMAIN = Domain(
    activities=("deciding what to pack", "planning an outdoor party", "getting ready for a few days outside"),
    leads=("I want to know what to pack.", "I am planning something outdoors.", "I would hate to get wet."),
    entries=(
        Entry(
            "get_weather",
            "look up the weather of a day",
            (
                "check the weather{city}{date}{unit}",
                "tell me what the weather will be like{city}{date}{unit}",
                "look up the weather{date}{city}{unit}",
                "find out how warm it will be{city}{date}{unit}",
                "see if it will be sunny{city}{date}{unit}",
            ),
            (
                "it will be {sky} in {city}",
                "{city} gets {sky} weather, {high} degrees",
                "expect {high} degrees in {city}",
            ),
            (
                _CITY,
                Argument("date", "day", day, (" on {}", " on the day {}"), topic="date"),
                Argument(
                    "unit", "unit", one_of("fahrenheit"), (" in {}", ", with degrees in {}", " (in {})"), chance=0.3
                ),
            ),
            varies="city",
        ),
        Entry(
            "get_forecast",
            "give an outlook for several days",
            (
                "give me the outlook{city}{days}",
                "sum up the forecast{city}{days}",
                "show me the forecast{days}{city}",
                "tell me how the weather develops{city}{days}",
            ),
            ("{city} will be mostly {mostly}", "{rainy_days} rainy days in {city}"),
            (
                _CITY,
                Argument("days", "number of days", whole(2, 14), (" over the next {} days", " for the coming {} days")),
            ),
            varies="city",
        ),
        Entry(
            "get_air_quality",
            "measure the air quality",
            (
                "check the air quality{city}{pollutant}",
                "tell me how clean the air is{city}{pollutant}",
                "measure the air{city}{pollutant}",
                "find out whether the air is good{city}{pollutant}",
            ),
            ("the air in {city} is {level}", "air index {index} in {city}"),
            (
                _CITY,
                Argument(
                    "pollutant",
                    "pollutant",
                    one_of("ozone", "nitrogen_dioxide", "pollen"),
                    (", looking at {}", " with regard to {}", ", only {}"),
                    chance=0.6,
                ),
            ),
            varies="city",
        ),
    ),
)
