"""How people manage their calendar."""

from ttpa.quickstart.generator.entry import Argument, Domain, Entry, Source
from ttpa.quickstart.generator.samplers import code, day, event_title, person, several, time, whole

_EVENT = code("E", 1000, 1364)
_EVENT_PHRASES = (" event {}", " the event {}", " my event {}")
_LISTED = Source(
    "list_events", "event_id", (" the {pick} event", " the {pick} event of that day", " the {pick} event you see there")
)
_ADDED = Source("add_event", "event_id", (" that new event", " the new event", " the event you just made"))
_FREE = Source("find_free_slot", "start", (" at the free time", " in that free slot"), shares=("date",))
_DATE = Argument(
    "date",
    "day",
    day,
    (" on {}", " on the day {}"),
    topic="date",
    sources=(
        Source("track_order", "arrives", (" on the day the order arrives",)),
        Source("order_product", "arrives", (" on the day the new order arrives",)),
        Source("reserve_book", "ready_on", (" on the day the book is ready",)),
    ),
)

DOMAIN = Domain(
    activities=("putting the calendar in order", "preparing a busy week", "juggling several appointments"),
    leads=("My week is a mess.", "I am putting my calendar in order.", "I have a busy time ahead of me."),
    entries=(
        Entry(
            "add_event",
            "add events to a calendar",
            (
                "put {title}{date}{time}{minutes} in my calendar",
                "add {title} to my calendar{date}{time}{minutes}",
                "enter {title}{date}{time}{minutes} in the calendar",
                "schedule {title}{date}{time}{minutes}",
            ),
            ("the event ends at {ends}", "{title} is in your calendar"),
            (
                Argument("title", "title", event_title, ('"{}"', "an event called {}"), absent="an event"),
                _DATE,
                Argument(
                    "time",
                    "time",
                    time,
                    (" at {}", " starting at {}"),
                    sources=(
                        _FREE,
                        Source("find_trains", "departs", (" when the {pick} train leaves",)),
                        Source("find_flights", "departs", (" when the {pick} flight leaves",)),
                    ),
                ),
                Argument("minutes", "length", whole(15, 180, 5), (" for {} minutes", ", {} minutes long,"), chance=0.4),
            ),
        ),
        Entry(
            "move_event",
            "move calendar events",
            (
                "move{event_id}{date}{time}",
                "shift{event_id}{date}{time}",
                "reschedule{event_id}{date}{time}",
                "postpone{event_id}{time}{date}",
            ),
            ("{title} is now on {date}", "{title} moved to {time}"),
            (
                Argument(
                    "event_id", "id of the event", _EVENT, _EVENT_PHRASES, absent=" my event", sources=(_LISTED, _ADDED)
                ),
                Argument("date", "new day", day, (" to {}", " to the day {}")),
                Argument("time", "new time", time, (" at {}", " with start at {}"), sources=(_FREE,)),
            ),
        ),
        Entry(
            "cancel_event",
            "remove calendar events",
            (
                "cancel{event_id}",
                "delete{event_id} from my calendar",
                "remove{event_id} from the calendar",
                "call off{event_id}",
            ),
            ("{title} is cancelled", "{title} on {day} is gone"),
            (
                Argument(
                    "event_id", "id of the event", _EVENT, _EVENT_PHRASES, absent=" my event", sources=(_LISTED, _ADDED)
                ),
            ),
            varies="event_id",
            ends=True,
        ),
        Entry(
            "list_events",
            "list calendar events",
            (
                "list my events{date}",
                "show me everything in my calendar{date}",
                "tell me which events I have{date}",
                "look at my appointments{date}",
            ),
            ("you have {title} at {time}", "first comes {title}"),
            (_DATE,),
            varies="date",
        ),
        Entry(
            "find_free_slot",
            "find free time",
            (
                "find{minutes} of free time{date}",
                "look for a gap of{minutes} in my calendar{date}",
                "tell me when I have{minutes} free{date}",
                "find a free slot of{minutes}{date}",
            ),
            ("you are free from {start}", "{start} to {end} is free"),
            (
                _DATE,
                Argument("minutes", "number of minutes", whole(15, 150, 5), (" {} minutes",), absent=" some minutes"),
            ),
            varies="date",
        ),
        Entry(
            "invite_people",
            "invite people to events",
            (
                "invite{people} to{event_id}",
                "add{people} as guests of{event_id}",
                "ask{people} to come to{event_id}",
                "send invitations for{event_id} to{people}",
            ),
            ("{invited} people are invited", "{title} has {total} people now"),
            (
                Argument(
                    "event_id", "id of the event", _EVENT, _EVENT_PHRASES, absent=" my event", sources=(_ADDED, _LISTED)
                ),
                Argument("people", "names of the guests", several(person, 1, 3), (" {}",), absent=" some people"),
            ),
        ),
    ),
)
