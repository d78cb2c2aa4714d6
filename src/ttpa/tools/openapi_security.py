"""How a request to an operation of an OpenAPI document proves who sends it."""

from collections.abc import Collection

from ttpa.records.json_shapes import as_list, as_object
from ttpa.records.record import JsonObject
from ttpa.tools.openapi_operation import Secret
from ttpa.tools.openapi_schema import References, Unusable


def security_schemes(document: JsonObject) -> JsonObject:
    """The ways to prove it that the document knows, by name."""
    return as_object(as_object(document.get("components")).get("securitySchemes"))


def find_secrets(document: JsonObject, keys: Collection[str], item: JsonObject) -> tuple[Secret, ...]:
    """What the operation's first alternative needs whose schemes all have a key, by their names in `keys`.

    That nothing is needed may be an alternative too, wherever it stands: a key that is there is sent. Raises `Unusable`
    where a key is missing, and for a scheme that is none that is known here.
    """
    told = as_list(item.get("security", document.get("security", [])))
    alternatives = [list(as_object(alternative)) for alternative in told]
    for schemes in sorted(alternatives, key=lambda schemes: not schemes):
        if set(schemes) <= set(keys):
            return tuple(_secret(document, scheme) for scheme in schemes)
    if not alternatives:
        return ()
    wanted = " or ".join(" and ".join(schemes) for schemes in alternatives)
    raise Unusable(f"it needs a key for {wanted}; tools.openapi.keys names where it is")


def _secret(document: JsonObject, scheme: str) -> Secret:
    found = as_object(References(document).follow(security_schemes(document).get(scheme)))
    kind, place, name = found.get("type"), found.get("in"), str(found.get("name", ""))
    if kind == "apiKey" and place in ("header", "query", "cookie"):
        return Secret(scheme, place, name)
    if kind == "http" and str(found.get("scheme")).lower() in ("bearer", "basic"):
        return Secret(scheme, "basic" if str(found["scheme"]).lower() == "basic" else "bearer")
    if kind in ("oauth2", "openIdConnect"):
        return Secret(scheme, "bearer")
    raise Unusable(f"its security scheme {scheme!r} is none that is known here")
