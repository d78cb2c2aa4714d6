"""How people shop, and what they do with their orders."""

from ttpa.quickstart.generator.entry import Argument, Domain, Entry, Source
from ttpa.quickstart.generator.samplers import city, code, one_of, product, record, street, whole, yes

_ORDER = code("D", 1000, 1599)
_ORDER_PHRASES = (" order {}", " my order {}", " the order {}")
_ORDERED = Source("order_product", "order_id", (" that new order", " the order you just placed", " this new order"))

DOMAIN = Domain(
    activities=("buying things for the new flat", "shopping online", "keeping track of parcels"),
    leads=("I am furnishing my new flat.", "I am doing some shopping.", "I need this for a birthday."),
    entries=(
        Entry(
            "find_products",
            "search a shop",
            (
                "search the shop for a{query}{max_price}{sort_by}",
                "find me a{query}{max_price}{sort_by}",
                "look for a{query} in the shop{sort_by}{max_price}",
                "show me offers for a{query}{max_price}{sort_by}",
            ),
            ("{name} costs {price}", "{name} is rated {rating}"),
            (
                Argument("query", "product", product, (" {}",), absent=" product"),
                Argument(
                    "max_price",
                    "highest price",
                    whole(40, 190, 5),
                    (" under {}", " for at most {}", " for no more than {}"),
                    chance=0.45,
                ),
                Argument("sort_by", "order", one_of("rating"), (" sorted by {}", ", ordered by {}"), chance=0.35),
            ),
            varies="query",
        ),
        Entry(
            "order_product",
            "order products",
            (
                "order{quantity}{product_id}{express}",
                "buy{quantity}{product_id}{express}",
                "get me{quantity}{product_id}{express}",
                "place an order for{quantity}{product_id}{express}",
            ),
            ("order {order_id} costs {total}", "it arrives on {arrives}"),
            (
                Argument(
                    "product_id",
                    "id of the product",
                    code("P", 1000, 8999),
                    (" product {}", " the product {}", " article {}"),
                    absent=" a product",
                    sources=(
                        Source(
                            "find_products", "product_id", (" the {pick} product", " the {pick} product in the list")
                        ),
                    ),
                ),
                Argument("quantity", "quantity", whole(2, 20), (" {} of", " {} pieces of"), chance=0.7),
                Argument("express", "delivery", yes, (" by express", " with express delivery"), chance=0.35),
            ),
        ),
        Entry(
            "track_order",
            "track orders",
            (
                "track{order_id}",
                "tell me where{order_id} is",
                "find out how far{order_id} has come",
                "check the status of{order_id}",
            ),
            ("the order is {status}", "it arrives on {arrives}"),
            (Argument("order_id", "id of the order", _ORDER, _ORDER_PHRASES, absent=" my order", sources=(_ORDERED,)),),
            varies="order_id",
        ),
        Entry(
            "return_order",
            "return orders",
            (
                "return{order_id}{reason}",
                "send{order_id} back{reason}",
                "get my money back for{order_id}{reason}",
                "arrange the return of{order_id}{reason}",
            ),
            ("you get {refund} back", "the refund is {refund}"),
            (
                Argument(
                    "order_id", "id of the order", _ORDER, _ORDER_PHRASES, absent=" my order", sources=(_ORDERED,)
                ),
                Argument(
                    "reason",
                    "reason",
                    one_of("damaged", "wrong_size", "too_late", "not_needed"),
                    (" (reason: {})", ", the reason being {}", ", stating {} as the reason"),
                ),
            ),
        ),
        Entry(
            "change_address",
            "change the address of an order",
            (
                "send{order_id} to{address} instead",
                "change the address of{order_id} to{address}",
                "redirect{order_id} to{address}",
                "have{order_id} brought to{address}",
            ),
            ("the order goes to {ships_to}", "it ships to {ships_to}"),
            (
                Argument(
                    "order_id", "id of the order", _ORDER, _ORDER_PHRASES, absent=" my order", sources=(_ORDERED,)
                ),
                Argument(
                    "address",
                    "new address",
                    record(street=street, city=city),
                    (" {street}, {city}", " {street} in {city}"),
                    absent=" another address",
                ),
            ),
        ),
    ),
)
