"""How people use the library."""

from ttpa.quickstart.generator.entry import Argument, Domain, Entry, Source
from ttpa.quickstart.generator.samplers import code, one_of, topic, whole

_TOPIC = Argument("topic", "topic", topic, (" about {}", " on {}", " on the topic of {}"), topic="topic")
_BRANCHES = one_of("central", "north", "harbour", "university", "old_town")

DOMAIN = Domain(
    activities=("reading up on a new hobby", "writing an essay", "looking for something to read"),
    leads=("I am writing an essay.", "I have a new hobby.", "I love reading."),
    entries=(
        Entry(
            "find_books",
            "search for books",
            (
                "find{language} books{topic}",
                "look for{language} books{topic}",
                "search the library for{language} books{topic}",
                "show me printed{language} books{topic}",
            ),
            ('"{title}" is from {year}', 'the first book is "{title}"'),
            (
                _TOPIC,
                Argument("language", "language", one_of("french", "german", "spanish"), (" {}",), chance=0.5),
            ),
            varies="topic",
        ),
        Entry(
            "find_audiobooks",
            "search for audiobooks",
            (
                "find audiobooks{topic}{max_hours}",
                "look for audiobooks{max_hours}{topic}",
                "search for something to listen to{topic}{max_hours}",
                "show me audiobooks{topic}{max_hours}",
            ),
            ('"{title}" lasts {hours} hours', 'the first audiobook is "{title}"'),
            (
                _TOPIC,
                Argument("max_hours", "hours", whole(4, 19), (" of at most {} hours", " under {} hours"), chance=0.5),
            ),
            varies="topic",
        ),
        Entry(
            "reserve_book",
            "reserve books",
            (
                "reserve{book_id}{branch}{weeks}",
                "put{book_id} aside{branch}{weeks}",
                "order{book_id} for pick-up{branch}{weeks}",
                "keep{book_id} for me{branch}{weeks}",
            ),
            ("the book is ready on {ready_on}", "return it by {due_on}"),
            (
                Argument(
                    "book_id",
                    "id of the book",
                    code("K", 1000, 8999),
                    (" book {}", " the book {}", " the book with the number {}"),
                    absent=" a book",
                    sources=(Source("find_books", "book_id", (" the {pick} book", " the {pick} book you find")),),
                ),
                Argument("branch", "branch", _BRANCHES, (" at the {} branch", " in the {} branch"), topic="branch"),
                Argument("weeks", "weeks", one_of(2, 4, 5, 6, 8), (" for {} weeks",), chance=0.45),
            ),
        ),
        Entry(
            "get_opening_hours",
            "tell opening hours",
            (
                "tell me when the{branch} library is open{weekday}",
                "look up the opening hours of the{branch} library{weekday}",
                "check how long the{branch} library is open{weekday}",
                "find out when the{branch} library opens{weekday}",
            ),
            ("the library opens at {opens}", "it is open until {closes}"),
            (
                Argument("branch", "branch", _BRANCHES, (" {}",), topic="branch"),
                Argument(
                    "weekday",
                    "day of the week",
                    one_of("monday", "tuesday", "wednesday", "thursday", "friday", "saturday"),
                    (" on {}", " on a {}"),
                ),
            ),
            varies="branch",
        ),
    ),
)
