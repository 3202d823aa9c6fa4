"""The page that describes the API, made of its OpenAPI description; nothing from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

TEMPLATES = Path(__file__).parent / "templates"


def router(app: FastAPI) -> APIRouter:
    """Return the routes of the page and of its style."""
    api = APIRouter(prefix="/api", include_in_schema=False)
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape())

    @api.get("/docs")
    async def page() -> Response:
        described = app.openapi()
        text = pages.get_template("docs.html").render(
            api=described, endpoints=_endpoints(described), models=_models(described)
        )
        return HTMLResponse(text)

    @api.get("/docs.css")
    async def style() -> Response:
        return Response((TEMPLATES / "docs.css").read_bytes(), media_type="text/css")

    return api


def _endpoints(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"path": path, "method": method.upper(), **operation,
         "body": _body(operation), "answer": _schema(operation["responses"]["200"])}
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]  # fmt: skip


def _body(operation: dict[str, Any]) -> str:
    return _schema(operation.get("requestBody", {}))


def _schema(holder: dict[str, Any]) -> str:
    """Return the name of the JSON schema in a request or response, empty without one."""
    content = holder.get("content", {}).get("application/json", {})
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]


def _models(described: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the fields of every schema by its name."""
    return {
        name: [
            {"name": field, "type": _type(about), "required": field in schema.get("required", ()),
             "default": about.get("default"), "text": about.get("description", "")}
            for field, about in schema.get("properties", {}).items()
        ]
        for name, schema in described["components"]["schemas"].items()
    }  # fmt: skip


def _type(about: dict[str, Any]) -> str:
    """Return a JSON schema in words, with its limits."""
    if "anyOf" in about:
        return " or ".join(dict.fromkeys(_type(one) for one in about["anyOf"]))
    if "$ref" in about:
        return str(about["$ref"]).rpartition("/")[2]
    if "enum" in about or "const" in about:
        return " or ".join(f"“{value}”" for value in about.get("enum", [about.get("const")]))
    kind = str(about.get("type", "anything"))
    if kind == "array":
        of = about.get("items") or {"anyOf": about.get("prefixItems", [{}])}
        kind = f"list of {_type(of)}"
    elif isinstance(inner := about.get("additionalProperties"), dict):
        kind = f"object of {_type(inner)}"
    words = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}
    return " ".join([kind, *(f"{w} {about[key]:g}" for key, w in words.items() if key in about)])
