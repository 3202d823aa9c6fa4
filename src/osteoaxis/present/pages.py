"""HTML pages from templates: one file each that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from osteoaxis.present import words

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """Return a page made of a template of `templates/`; text is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = words.number
    return environment.get_template(template).render(**values)
