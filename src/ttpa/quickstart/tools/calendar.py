"""Calendar tools: events are kept; those of the seed are E1000 and up."""

from ttpa.quickstart.tools.database import connect, next_id
from ttpa.quickstart.tools.days import check_range, read_day, read_minutes, write_time
from ttpa.quickstart.tools.facts import Row

_DAY_START, _DAY_END = 8 * 60, 20 * 60


def add_event(title: str, date: str, time: str, minutes: int = 60) -> Row:
    """Adds an event to the calendar.

    Args:
        title: Title of the event.
        date: Day as YYYY-MM-DD.
        time: Start as HH:MM.
        minutes: Length in minutes.
    """
    read_day(date)
    start = read_minutes(time)
    check_range(minutes, 5, 600, "minutes")
    event_id = next_id("E", "events")
    connect().execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, 1)", (event_id, title, date, time, minutes))
    return {"event_id": event_id, "ends": write_time(start + minutes)}


def move_event(event_id: str, date: str, time: str) -> Row:
    """Moves an event to another time.

    Args:
        event_id: Id of the event.
        date: New day as YYYY-MM-DD.
        time: New start as HH:MM.
    """
    read_day(date)
    read_minutes(time)
    title, day, old_time = _find(event_id)
    connect().execute("UPDATE events SET day = ?, time = ? WHERE event_id = ?", (date, time, event_id))
    return {"event_id": event_id, "title": title, "was": f"{day} {old_time}"}


def cancel_event(event_id: str) -> Row:
    """Removes an event from the calendar.

    Args:
        event_id: Id of the event.
    """
    title, day, _ = _find(event_id)
    connect().execute("DELETE FROM events WHERE event_id = ?", (event_id,))
    return {"event_id": event_id, "title": title, "day": day}


def list_events(date: str) -> list[Row]:
    """Lists the events of a day.

    Args:
        date: Day as YYYY-MM-DD.
    """
    read_day(date)
    rows: list[tuple[str, str, str]] = (
        connect()
        .execute("SELECT event_id, title, time FROM events WHERE day = ? ORDER BY time, event_id LIMIT 3", (date,))
        .fetchall()
    )
    return [{"event_id": event_id, "title": title, "time": time} for event_id, title, time in rows]


def find_free_slot(date: str, minutes: int) -> Row:
    """Finds free time on a day.

    Args:
        date: Day as YYYY-MM-DD.
        minutes: Length in minutes.
    """
    read_day(date)
    check_range(minutes, 5, 480, "minutes")
    taken: list[tuple[str, int]] = (
        connect().execute("SELECT time, minutes FROM events WHERE day = ? ORDER BY time", (date,)).fetchall()
    )
    start = _DAY_START
    for time, length in taken:
        if start + minutes <= read_minutes(time):
            break
        start = max(start, read_minutes(time) + length)
    if start + minutes > _DAY_END:
        raise ValueError(f"no {minutes} minutes are free on {date}")
    return {"start": write_time(start), "end": write_time(start + minutes)}


def invite_people(event_id: str, people: list[str]) -> Row:
    """Invites people to an event.

    Args:
        event_id: Id of the event.
        people: Names of the guests.
    """
    title, _, _ = _find(event_id)
    if not people:
        raise ValueError("nobody to invite")
    connect().execute("UPDATE events SET people = people + ? WHERE event_id = ?", (len(people), event_id))
    (total,) = connect().execute("SELECT people FROM events WHERE event_id = ?", (event_id,)).fetchone()
    return {"title": title, "invited": len(people), "total": total}


def _find(event_id: str) -> tuple[str, str, str]:
    cursor = connect().execute("SELECT title, day, time FROM events WHERE event_id = ?", (event_id,))
    found: tuple[str, str, str] | None = cursor.fetchone()
    if found is None:
        raise ValueError(f"no event has the id {event_id!r}")
    return found
