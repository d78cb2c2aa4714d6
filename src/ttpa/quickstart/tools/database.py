"""The database of the stateful tools: in memory, seeded once; `reset` takes back everything since.

Tools never commit: all their changes are one open transaction, so the initial state is a rollback away.
"""

import sqlite3
from functools import cache

from ttpa.quickstart.tools.days import TODAY, days_from
from ttpa.quickstart.tools.facts import clock, draw, pick

BOOKINGS = 400
"""Hotel bookings B1000, B1001, ... there from the start."""
ORDERS = 600
"""Shop orders D1000, D1001, ... there from the start."""
EVENT_DAYS = 370
"""Days from tomorrow on that have events from the start; the first of each day has the ids E1000, E1001, ..."""

_TABLES = """
CREATE TABLE bookings (booking_id TEXT PRIMARY KEY, hotel_id TEXT, check_in TEXT, nights INT, status TEXT);
CREATE TABLE orders (order_id TEXT PRIMARY KEY, total INT, arrives TEXT, ships_to TEXT, status TEXT);
CREATE TABLE events (event_id TEXT PRIMARY KEY, title TEXT, day TEXT, time TEXT, minutes INT, people INT);
CREATE TABLE contacts (contact_id TEXT PRIMARY KEY, name TEXT, phone TEXT, team TEXT);
CREATE INDEX events_by_day ON events (day);
"""


@cache
def connect() -> sqlite3.Connection:
    """The one connection, with its seed rows."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.executescript(_TABLES)
    connection.executemany("INSERT INTO bookings VALUES (?, ?, ?, ?, 'booked')", map(_seed_booking, range(BOOKINGS)))
    connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", map(_seed_order, range(ORDERS)))
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, 1)", map(_seed_event, range(2 * EVENT_DAYS)))
    connection.commit()
    return connection


def reset() -> None:
    """Restores the initial state of all stateful tools."""
    connect().rollback()


def state() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in order."""
    tables = ("bookings", "orders", "events", "contacts")
    return {table: connect().execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables}  # noqa: S608 - our own table names


def next_id(prefix: str, table: str) -> str:
    """An id that no row of `table` has."""
    (count,) = connect().execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - our own table names
    return f"{prefix}{5000 + count}"


def _seed_booking(index: int) -> tuple[str, str, str, int]:
    day = days_from(TODAY, draw(5, 360, "booking day", index))
    return f"B{1000 + index}", f"H{draw(100, 899, 'booking', index)}", day, draw(1, 9, "booking nights", index)


def _seed_order(index: int) -> tuple[str, int, str, str, str]:
    day = days_from(TODAY, draw(1, 14, "order day", index))
    status = pick(("packed", "on the way", "at the depot", "delivered"), "order", index)
    return f"D{1000 + index}", draw(8, 420, "order total", index), day, "home", status


def _seed_event(index: int) -> tuple[str, str, str, str, int]:
    later, day = divmod(index, EVENT_DAYS)
    title = pick(("Team meeting", "Dentist", "Choir", "Budget review", "Yoga", "Piano lesson", "Client call"), index)
    time = clock(14, 18, "event", index) if later else clock(8, 11, "event", index)
    return f"E{1000 + index}", title, days_from(TODAY, 1 + day), time, pick((30, 45, 60, 90), "event", index)
