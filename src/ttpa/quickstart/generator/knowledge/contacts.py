"""How people keep in touch."""

from ttpa.quickstart.generator.entry import Argument, Domain, Entry, Source
from ttpa.quickstart.generator.samplers import code, message, one_of, person, phone, record, yes

DOMAIN = Domain(
    activities=("getting in touch with people", "tidying up the address book", "letting people know the news"),
    leads=("I have to get in touch with somebody.", "I am tidying up my address book.", "I keep losing numbers."),
    entries=(
        Entry(
            "find_contact",
            "look people up",
            (
                "look up{name} in my address book",
                "find the contact of{name}",
                "search my contacts for{name}",
                "get me the phone number of{name}",
            ),
            ("{name} has the number {phone}", "the number is {phone}"),
            (Argument("name", "name", person, (" {}",), absent=" a friend"),),
            varies="name",
        ),
        Entry(
            "add_contact",
            "save new contacts",
            (
                "save{person} in my address book{group}",
                "add{person} to my contacts{group}",
                "store{person} as a new contact{group}",
                "note down{person}{group}",
            ),
            ("the contact is saved as {contact_id}", "the new contact is {contact_id}"),
            (
                Argument(
                    "person",
                    "name and phone number",
                    record(name=person, phone=phone),
                    (" {name} (phone {phone})", " {name} with the number {phone}"),
                    absent=" somebody",
                ),
                Argument(
                    "group",
                    "group",
                    one_of("family", "work", "neighbours"),
                    (" under {}", " in the group {}"),
                    chance=0.55,
                ),
            ),
        ),
        Entry(
            "send_message",
            "send messages",
            (
                "send{urgent} message{contact_id}{text}",
                "write{urgent} message{contact_id}{text}",
                "drop{urgent} message{contact_id}{text}",
                "send out{urgent} message{contact_id}{text}",
            ),
            ("the message is {status}", "message {message_id} is {status}"),
            (
                Argument(
                    "contact_id",
                    "id of the contact",
                    code("C", 1000, 4999),
                    (" to contact {}", " to the contact {}"),
                    sources=(
                        Source("find_contact", "contact_id", (" to that person", " to this contact")),
                        Source("add_contact", "contact_id", (" to the new contact", " to that new contact")),
                    ),
                ),
                Argument(
                    "text", "text of the message", message, (' saying "{}"', ' with the text "{}"', ' that reads "{}"')
                ),
                Argument(
                    "urgent",
                    "urgency",
                    yes,
                    (" an urgent", " this urgent"),
                    absent=" a",
                    chance=0.4,
                ),
            ),
        ),
    ),
)
