"""What paid models cost, what a token costs, and what may be spent."""

from pydantic import Field

from ttpa.records.record import Record

_MILLION = 1_000_000


class Prices(Record):
    """What tokens cost, in one currency; unknown where not given."""

    prompt: float | None = Field(default=None, ge=0)
    """Of a million prompt tokens."""
    completion: float | None = Field(default=None, ge=0)
    """Of a million completion tokens."""
    currency: str = "USD"


class Budget(Record):
    """What may be spent on a run; no limit where not given."""

    money: float | None = Field(default=None, ge=0)
    """Needs prices."""
    tokens: int | None = Field(default=None, ge=0)
    requests: int | None = Field(default=None, ge=0)
    hours: float | None = Field(default=None, ge=0)
    """Of one command, from its first request on."""


class Cost(Record):
    """Requests and tokens."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(
            requests=self.requests - other.requests,
            prompt_tokens=self.prompt_tokens - other.prompt_tokens,
            completion_tokens=self.completion_tokens - other.completion_tokens,
        )

    def money(self, prices: Prices) -> float | None:
        """In the prices' currency; none where a price that counts is unknown."""
        parts = ((self.prompt_tokens, prices.prompt), (self.completion_tokens, prices.completion))
        if any(tokens and price is None for tokens, price in parts):
            return None
        return sum(tokens * (price or 0.0) for tokens, price in parts) / _MILLION

    def line(self, prices: Prices) -> str:
        """For people; an unknown price is called unknown."""
        money = self.money(prices)
        price = "price unknown" if money is None else f"{money:.2f} {prices.currency}"
        return f"{self.requests:,} requests, {self.tokens:,} tokens, {price}"
