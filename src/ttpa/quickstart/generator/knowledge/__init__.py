"""What the offline generator knows about every bundled tool: one file a domain, gathered in one table."""

from ttpa.quickstart.generator.entry import Domain, Entry
from ttpa.quickstart.generator.knowledge import (
    calendar,
    contacts,
    hotels,
    kitchen,
    library,
    money,
    shop,
    travel,
    weather,
)

DOMAINS: tuple[Domain, ...] = (
    weather.DOMAIN,
    hotels.DOMAIN,
    travel.DOMAIN,
    calendar.DOMAIN,
    shop.DOMAIN,
    library.DOMAIN,
    money.DOMAIN,
    kitchen.DOMAIN,
    contacts.DOMAIN,
)

ENTRIES: dict[str, Entry] = {entry.tool: entry for domain in DOMAINS for entry in domain.entries}
"""By the tool's name."""

DOMAIN_OF: dict[str, Domain] = {entry.tool: domain for domain in DOMAINS for entry in domain.entries}
"""By the tool's name."""
