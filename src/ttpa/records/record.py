"""What every record is: frozen, closed, JSON-serialisable."""

from pydantic import BaseModel, ConfigDict, JsonValue

__all__ = ["JsonObject", "JsonValue", "Record"]

JsonObject = dict[str, JsonValue]


class Record(BaseModel):
    """Base of all records: fields cannot be reassigned and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
