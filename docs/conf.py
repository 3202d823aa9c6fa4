"""The documentation site: `sphinx-build -W docs build/site`."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for _generate

project = "osteoaxis"
author = "the osteoaxis contributors"
copyright = author
release = version = installed("osteoaxis")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "_generate.extension"]
exclude_patterns = ["_generate"]
suppress_warnings = ["toc.excluded"]

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence"]
myst_heading_anchors = 3
copybutton_prompt_text = "$ "

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
default_role = "literal"
python_maximum_signature_line_length = 88

html_theme = "pydata_sphinx_theme"
html_title = "osteoaxis"
html_static_path = ["_static"]
templates_path = ["_templates"]
html_css_files = ["site.css"]
html_favicon = "_static/favicon.svg"
html_copy_source = False
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "osteoaxis"},
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "show_prev_next": True,
    "search_bar_text": "Search",
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["disclaimer"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
