"""The quickstart's tools: real, deterministic, offline Python functions in nine domains, one file each."""

from collections.abc import Callable

from ttpa.quickstart.tools import calendar, contacts, hotels, kitchen, library, money, shop, travel, weather
from ttpa.quickstart.tools.database import reset, state

__all__ = ["TOOLS", "reset", "state"]

TOOLS: tuple[Callable[..., object], ...] = (
    weather.get_weather,
    weather.get_forecast,
    weather.get_air_quality,
    hotels.find_hotels,
    hotels.find_hostels,
    hotels.get_hotel_reviews,
    hotels.book_hotel,
    hotels.cancel_booking,
    travel.find_trains,
    travel.find_flights,
    travel.reserve_seat,
    travel.check_in_traveller,
    calendar.add_event,
    calendar.move_event,
    calendar.cancel_event,
    calendar.list_events,
    calendar.find_free_slot,
    calendar.invite_people,
    shop.find_products,
    shop.order_product,
    shop.track_order,
    shop.return_order,
    shop.change_address,
    library.find_books,
    library.find_audiobooks,
    library.reserve_book,
    library.get_opening_hours,
    money.convert_currency,
    money.split_bill,
    money.get_loan_payment,
    money.sum_expenses,
    kitchen.find_recipes,
    kitchen.get_ingredients,
    kitchen.get_nutrition,
    contacts.find_contact,
    contacts.add_contact,
    contacts.send_message,
)
