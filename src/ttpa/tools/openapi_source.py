"""The text of an OpenAPI document, from a file or an address, and the document in it."""

import json
from pathlib import Path
from typing import cast

import httpx2
import yaml

from ttpa.errors import ToolError
from ttpa.records.record import JsonObject
from ttpa.redaction import cut_addresses
from ttpa.tools.openapi_yaml import read_yaml


def read_source(source: str) -> str:
    """The text of a local file or an address. Raises `ToolError` where it cannot be read."""
    try:
        if not source.startswith(("http://", "https://")):
            return Path(source).read_text(encoding="utf-8")
        response = httpx2.get(source, timeout=30.0, follow_redirects=True)
        response.raise_for_status()
    except (httpx2.HTTPError, OSError, UnicodeDecodeError) as error:
        reason = cut_addresses(str(error))
        raise ToolError(f"OpenAPI document {cut_addresses(source)!r} cannot be read: {reason}") from error
    return response.text


def parse_source(source: str, text: str) -> tuple[JsonObject, JsonObject]:
    """The document in the text, JSON or YAML, and its paths.

    Raises `ToolError`, with the name of `source`, for what is no OpenAPI 3 document or has no paths.
    """
    source = cut_addresses(source)
    document = _parse(source, text)
    if "swagger" in document:
        told = f"Swagger {document['swagger']}; convert it first, as `npx swagger2openapi` does"
        raise ToolError(f"{source!r} is no OpenAPI 3 document but {told}")
    if not str(document.get("openapi", "")).startswith("3."):
        raise ToolError(f"{source!r} is no OpenAPI 3 document: its 'openapi' is {document.get('openapi')!r}")
    if not isinstance(paths := document.get("paths"), dict):
        raise ToolError(f"OpenAPI document {source!r} has no paths: 'paths' is {paths!r}, an object was due")
    return document, paths


def _parse(source: str, text: str) -> JsonObject:
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        try:
            document = read_yaml(text)
        except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
            raise ToolError(f"OpenAPI document {source!r} is neither JSON nor YAML: {error}") from error
    if not isinstance(document, dict):
        raise ToolError(f"OpenAPI document {source!r} is no object")
    return cast("JsonObject", document)
