"""Where the operations of an OpenAPI document are reached."""

from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from ttpa.records.json_shapes import as_list, as_object
from ttpa.records.record import JsonObject
from ttpa.redaction import cut_addresses
from ttpa.tools.openapi_schema import Unusable


def find_server(source: str, given: str, holders: Sequence[JsonObject]) -> str:
    """The address that a path is added to: the `given` one, else the first of the first of `holders` that names any.

    A document's relative address starts from its own, `source`. Raises `Unusable` where none can be called.
    """
    url = given or next(filter(None, map(_first, holders)), "/")
    try:
        if not given and source.startswith(("http://", "https://")):
            url = urljoin(source, url)
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # a port that is none is noticed when it is read
    except ValueError as error:
        raise Unusable(f"its server is {cut_addresses(url)!r}: {error}") from error
    if not host:
        raise Unusable("it names no server; tools.openapi.server is due, as in 'https://api.example.org/v1'")
    if parts.scheme not in ("http", "https"):
        raise Unusable(f"its server is {cut_addresses(url)!r}; an http or https address was due")
    return url.rstrip("/")


def _first(holder: JsonObject) -> str | None:
    first = next((server for server in as_list(holder.get("servers")) if isinstance(server, dict)), None)
    if first is None:
        return None
    url = str(first.get("url") or "/")
    for name, variable in as_object(first.get("variables")).items():
        url = url.replace("{" + name + "}", str(as_object(variable).get("default", "")))
    return url
