"""Contact tools: everybody has a contact from C1000 to C4999, decided by the name; new ones are kept."""

from typing import Literal

from typing_extensions import TypedDict

from ttpa.quickstart.tools.database import connect, next_id
from ttpa.quickstart.tools.facts import Row, check_id, draw, pick


class Person(TypedDict):
    """Who is added."""

    name: str
    phone: str


def find_contact(name: str) -> Row:
    """Looks a person up in the address book.

    Args:
        name: Full name.
    """
    cursor = connect().execute("SELECT contact_id, phone FROM contacts WHERE name = ? COLLATE NOCASE", (name,))
    found: tuple[str, str] | None = cursor.fetchone()
    contact_id, phone = found or (f"C{draw(1000, 4999, name)}", f"+49 30 {draw(100000, 999999, 'phone', name)}")
    return {"contact_id": contact_id, "phone": phone}


def add_contact(person: Person, group: Literal["family", "friends", "work", "neighbours"] = "friends") -> Row:
    """Adds a person to the address book.

    Args:
        person: Who is added.
        group: Group of the contact.
    """
    contact_id = next_id("C", "contacts")
    row = (contact_id, person["name"], person["phone"], group)
    connect().execute("INSERT INTO contacts VALUES (?, ?, ?, ?)", row)
    return {"contact_id": contact_id, "group": group}


def send_message(contact_id: str, text: str, urgent: bool = False) -> Row:
    """Sends a text message to a contact.

    Args:
        contact_id: Id of the contact.
        text: Words of the message.
        urgent: Whether it is urgent.
    """
    known = connect().execute("SELECT 1 FROM contacts WHERE contact_id = ?", (contact_id,)).fetchone()
    if known is None:
        check_id(contact_id, "C", 1000, 4999, "contact")
    if not text.strip():
        raise ValueError("the message is empty")
    status = "delivered" if urgent else pick(("sent", "delivered", "queued"), contact_id, text)
    return {"message_id": f"M{draw(10000, 99999, contact_id, text)}", "status": status}
