"""Hotel tools: search, reviews, bookings. Hotels are H100 to H899, hostels S100 to S699; bookings are kept."""

from typing import Literal

from ttpa.quickstart.tools.database import connect, next_id
from ttpa.quickstart.tools.days import check_range, read_day
from ttpa.quickstart.tools.facts import Row, check_id, draw, find_ids, pick

_FIRST = ("Blue", "Grand", "Old", "Royal", "Quiet", "Garden", "Silver", "Corner")
_SECOND = ("Harbour", "Palace", "Mill", "Lion", "Terrace", "Bridge", "Star", "Court")


def find_hotels(city: str, max_price: int = 250, stars: int = 3, pool: bool = False) -> list[Row]:
    """Finds hotels in a city.

    Args:
        city: Name of the city.
        max_price: Highest price a night.
        stars: Fewest stars, 1 to 5.
        pool: Whether it has a pool.
    """
    check_range(stars, 1, 5, "stars")

    def fits(hotel_id: str) -> bool:
        return (
            _price(hotel_id) <= max_price
            and draw(1, 5, "stars", hotel_id) >= stars
            and (not pool or draw(0, 1, "pool", hotel_id) == 1)
        )

    ids = find_ids("H", 100, 899, fits, "hotels", city)
    return [{"hotel_id": hotel_id, "name": _name(hotel_id), "price": _price(hotel_id)} for hotel_id in ids]


def find_hostels(city: str, max_price: int = 60, private_room: bool = False) -> list[Row]:
    """Finds cheap hostels in a city.

    Args:
        city: Name of the city.
        max_price: Highest price a bed.
        private_room: Whether the room is private.
    """

    def fits(hostel_id: str) -> bool:
        return _bed_price(hostel_id) <= max_price and (not private_room or draw(0, 1, "room", hostel_id) == 1)

    ids = find_ids("S", 100, 699, fits, "hostels", city)
    return [{"hostel_id": hostel_id, "name": _name(hostel_id), "price": _bed_price(hostel_id)} for hostel_id in ids]


def get_hotel_reviews(hotel_id: str, order: Literal["newest", "best", "worst"] = "newest") -> list[Row]:
    """Reads what guests say about a hotel.

    Args:
        hotel_id: Id of the hotel.
        order: Which reviews come first.
    """
    check_id(hotel_id, "H", 100, 899, "hotel")
    low, high = {"newest": (1, 5), "best": (4, 5), "worst": (1, 2)}[order]
    texts = ("clean and calm", "noisy at night", "kind staff", "small rooms", "great view", "slow lift")
    return [
        {"stars": draw(low, high, "review", hotel_id, order, i), "text": pick(texts, hotel_id, order, i)}
        for i in range(2)
    ]


def book_hotel(hotel_id: str, check_in: str, nights: int, guests: int = 2, breakfast: bool = False) -> Row:
    """Books a hotel room.

    Args:
        hotel_id: Id of the hotel.
        check_in: Arrival as YYYY-MM-DD.
        nights: Number of nights, 1 to 30.
        guests: Number of guests, 1 to 6.
        breakfast: Whether breakfast is included.
    """
    check_id(hotel_id, "H", 100, 899, "hotel")
    read_day(check_in)
    check_range(nights, 1, 30, "nights")
    check_range(guests, 1, 6, "guests")
    booking_id = next_id("B", "bookings")
    connect().execute("INSERT INTO bookings VALUES (?, ?, ?, ?, 'booked')", (booking_id, hotel_id, check_in, nights))
    total = nights * (_price(hotel_id) + (12 * guests if breakfast else 0))
    return {"booking_id": booking_id, "hotel": _name(hotel_id), "total": total}


def cancel_booking(booking_id: str) -> Row:
    """Cancels a hotel booking.

    Args:
        booking_id: Id of the booking.
    """
    row = connect().execute("SELECT hotel_id, nights, status FROM bookings WHERE booking_id = ?", (booking_id,))
    found: tuple[str, int, str] | None = row.fetchone()
    if found is None:
        raise ValueError(f"no booking has the id {booking_id!r}")
    hotel_id, nights, status = found
    if status == "cancelled":
        raise ValueError(f"booking {booking_id} is cancelled already")
    connect().execute("UPDATE bookings SET status = 'cancelled' WHERE booking_id = ?", (booking_id,))
    return {"booking_id": booking_id, "status": "cancelled", "refund": nights * _price(hotel_id) // 2}


def _name(place_id: str) -> str:
    return f"{pick(_FIRST, 'first', place_id)} {pick(_SECOND, 'second', place_id)}"


def _price(hotel_id: str) -> int:
    return draw(55, 320, "price", hotel_id)


def _bed_price(hostel_id: str) -> int:
    return draw(14, 70, "price", hostel_id)
