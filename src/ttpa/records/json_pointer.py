"""Where a reference within a document leads."""

from urllib.parse import unquote

from ttpa.records.record import JsonObject, JsonValue


def resolve(root: JsonObject, reference: str) -> JsonValue:
    """What a JSON pointer such as `#/$defs/Day` leads to (RFC 6901, section 6); nothing where it leads nowhere."""
    if reference != "#" and not reference.startswith("#/"):
        return None
    place: JsonValue = root
    for part in unquote(reference).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(place, dict) and key in place:
            place = place[key]
        elif isinstance(place, list) and key.isdecimal() and int(key) < len(place):
            place = place[int(key)]
        else:
            return None
    return place
