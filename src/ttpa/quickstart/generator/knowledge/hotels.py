"""How people look for places to stay, and book them."""

from ttpa.quickstart.generator.entry import Argument, Domain, Entry, Source
from ttpa.quickstart.generator.samplers import city, code, day, either, one_of, whole, yes

_CITY = Argument("city", "city", city, (" in {}", " around {}"), topic="city")
_FROM_SEARCH = Source(
    "find_hotels", "hotel_id", (" the {pick} hotel", " the {pick} hotel on the list", " the {pick} hotel you find")
)

DOMAIN = Domain(
    activities=("planning a city break", "sorting out where to stay", "arranging a trip for the family"),
    leads=("I am planning a city break.", "My family is going away for a while.", "I need a place to sleep."),
    entries=(
        Entry(
            "find_hotels",
            "search for hotels",
            (
                "find hotels{city}{stars}{max_price}{pool}",
                "look for a hotel{city}{max_price}{stars}{pool}",
                "search for hotels{pool}{city}{stars}{max_price}",
                "show me hotels{city}{pool}{stars}{max_price}",
            ),
            ("{name} costs {price} a night", "the first hotel is {name}", "I found {name} for {price}"),
            (
                _CITY,
                Argument(
                    "max_price",
                    "highest price",
                    whole(90, 240, 5),
                    (" for at most {} a night", " under {} per night", " costing no more than {}"),
                    chance=0.35,
                ),
                Argument(
                    "stars",
                    "stars",
                    one_of(2, 4, 5),
                    (" with {} stars or more", " with at least {} stars"),
                    chance=0.3,
                ),
                Argument("pool", "pool", yes, (" with a pool", " including a pool"), chance=0.25),
            ),
            varies="city",
        ),
        Entry(
            "find_hostels",
            "search for hostels",
            (
                "find hostels{city}{max_price}{private_room}",
                "look for a cheap hostel{city}{private_room}{max_price}",
                "search for hostels{private_room}{city}{max_price}",
                "show me hostels{city}{max_price}{private_room}",
            ),
            ("{name} has beds for {price}", "the first hostel is {name}"),
            (
                _CITY,
                Argument(
                    "max_price",
                    "highest price",
                    whole(25, 58),
                    (" for at most {} a bed", " under {} a bed"),
                    chance=0.5,
                ),
                Argument(
                    "private_room", "room", yes, (" with a private room", " offering a private room"), chance=0.35
                ),
            ),
            varies="city",
        ),
        Entry(
            "get_hotel_reviews",
            "read hotel reviews",
            (
                "read the{order} reviews of{hotel_id}",
                "show me the{order} reviews for{hotel_id}",
                "tell me what guests say in the{order} reviews about{hotel_id}",
                "get the{order} reviews of{hotel_id}",
            ),
            ("guests say: {text}", "one guest wrote: {text}"),
            (
                Argument(
                    "hotel_id",
                    "id of the hotel",
                    code("H", 100, 899),
                    (" hotel {}", " the hotel {}", " hotel number {}"),
                    absent=" a hotel",
                    sources=(_FROM_SEARCH,),
                ),
                Argument("order", "order", one_of("best", "worst"), (" {}",), chance=0.6),
            ),
            varies="hotel_id",
        ),
        Entry(
            "book_hotel",
            "book a hotel room",
            (
                "book{hotel_id}{check_in}{nights}{guests}{breakfast}",
                "reserve a room in{hotel_id}{check_in}{nights}{breakfast}{guests}",
                "book a room in{hotel_id}{nights}{check_in}{guests}{breakfast}",
                "make a booking at{hotel_id}{guests}{check_in}{nights}{breakfast}",
            ),
            ("{hotel} is booked for {total}", "booking {booking_id} costs {total}"),
            (
                Argument(
                    "hotel_id",
                    "id of the hotel",
                    code("H", 100, 899),
                    (" hotel {}", " the hotel {}", " hotel number {}"),
                    absent=" a hotel",
                    sources=(_FROM_SEARCH,),
                ),
                Argument("check_in", "day of arrival", day, (" from {}", " arriving on {}"), topic="date"),
                Argument("nights", "number of nights", whole(2, 14), (" for {} nights", " staying {} nights")),
                Argument(
                    "guests",
                    "number of guests",
                    one_of(3, 4, 5, 6),
                    (" for {} guests", " with {} guests"),
                    chance=0.4,
                ),
                Argument(
                    "breakfast",
                    "breakfast",
                    either,
                    (" with breakfast", ", breakfast included"),
                    (" without breakfast", ", no breakfast"),
                    chance=0.35,
                ),
            ),
        ),
        Entry(
            "cancel_booking",
            "cancel a hotel booking",
            (
                "cancel{booking_id}",
                "call off{booking_id}",
                "get rid of{booking_id}",
                "withdraw{booking_id} and tell me the refund",
            ),
            ("booking {booking_id} is cancelled", "you get {refund} back"),
            (
                Argument(
                    "booking_id",
                    "id of the booking",
                    code("B", 1000, 1399),
                    (" booking {}", " my booking {}", " the hotel booking {}"),
                    absent=" my hotel booking",
                    sources=(
                        Source(
                            "book_hotel",
                            "booking_id",
                            (" that booking again", " the new booking", " this same booking"),
                        ),
                    ),
                ),
            ),
            varies="booking_id",
        ),
    ),
)
