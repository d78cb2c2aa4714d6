"""Shop tools: products are P1000 to P8999; orders are kept, those of the seed are D1000 and up."""

from typing import Literal

from typing_extensions import TypedDict

from ttpa.quickstart.tools.database import connect, next_id
from ttpa.quickstart.tools.days import TODAY, check_range, days_from
from ttpa.quickstart.tools.facts import Row, check_id, draw, find_ids, pick


class Address(TypedDict):
    """Where a parcel goes."""

    street: str
    city: str


def find_products(query: str, max_price: int = 200, sort_by: Literal["price", "rating"] = "price") -> list[Row]:
    """Searches the shop for products.

    Args:
        query: What to look for.
        max_price: Highest price.
        sort_by: What decides the order.
    """
    ids = find_ids("P", 1000, 8999, lambda product_id: _price(product_id) <= max_price, "products", query)
    makers = ("Alba", "Norden", "Kato", "Vireo", "Lumen", "Tarn", "Ostra", "Fjell")
    rows: list[Row] = [
        {
            "product_id": product_id,
            "name": f"{pick(makers, product_id)} {draw(10, 99, 'model', product_id)}",
            "price": _price(product_id),
            "rating": draw(20, 50, "rating", product_id) / 10,
        }
        for product_id in ids
    ]
    return sorted(rows, key=lambda row: row[sort_by] if sort_by == "price" else -float(row["rating"]))


def order_product(product_id: str, quantity: int = 1, express: bool = False) -> Row:
    """Orders a product.

    Args:
        product_id: Id of the product.
        quantity: How many, 1 to 20.
        express: Whether to send it express.
    """
    check_id(product_id, "P", 1000, 8999, "product")
    check_range(quantity, 1, 20, "quantity")
    order_id = next_id("D", "orders")
    total = quantity * _price(product_id) + (9 if express else 0)
    arrives = days_from(TODAY, 1 if express else draw(2, 9, "arrives", product_id))
    connect().execute("INSERT INTO orders VALUES (?, ?, ?, 'home', 'packed')", (order_id, total, arrives))
    return {"order_id": order_id, "total": total, "arrives": arrives}


def track_order(order_id: str) -> Row:
    """Tells where an order is.

    Args:
        order_id: Id of the order.
    """
    _, arrives, ships_to, status = _find(order_id)
    return {"status": status, "arrives": arrives, "ships_to": ships_to}


def return_order(order_id: str, reason: Literal["damaged", "wrong_size", "too_late", "not_needed"]) -> Row:
    """Sends an order back for a refund.

    Args:
        order_id: Id of the order.
        reason: Why it goes back.
    """
    total, _, _, status = _find(order_id)
    if status == "returned":
        raise ValueError(f"order {order_id} is returned already")
    connect().execute("UPDATE orders SET status = 'returned' WHERE order_id = ?", (order_id,))
    fee = 5 if reason == "not_needed" else 0
    return {"status": "returned", "refund": total - fee}


def change_address(order_id: str, address: Address) -> Row:
    """Sends an order to another address.

    Args:
        order_id: Id of the order.
        address: Where it goes instead.
    """
    _, arrives, _, _ = _find(order_id)
    connect().execute("UPDATE orders SET ships_to = ? WHERE order_id = ?", (address["city"], order_id))
    return {"order_id": order_id, "ships_to": address["city"], "arrives": arrives}


def _price(product_id: str) -> int:
    return draw(6, 260, "price", product_id)


def _find(order_id: str) -> tuple[int, str, str, str]:
    cursor = connect().execute("SELECT total, arrives, ships_to, status FROM orders WHERE order_id = ?", (order_id,))
    found: tuple[int, str, str, str] | None = cursor.fetchone()
    if found is None:
        raise ValueError(f"no order has the id {order_id!r}")
    return found
