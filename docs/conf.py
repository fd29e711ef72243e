"""How Sphinx builds the site: `make docs`. The pages are Markdown; the reference comes from docstrings and click."""

import wordgru

project = "wordgru"
author = "The wordgru authors"
copyright = author
version = release = wordgru.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
exclude_patterns: list[str] = []
myst_heading_anchors = 4  # links to headings are those of GitHub
myst_enable_extensions = ["smartquotes"]
default_role = "literal"  # docstrings write `names` as Markdown does

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80

html_theme = "furo"
html_title = f"wordgru {release}"
html_static_path: list[str] = []
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {"color-brand-primary": "#2f6b4f", "color-brand-content": "#2f6b4f"},
    "dark_css_variables": {"color-brand-primary": "#8fc7a8", "color-brand-content": "#8fc7a8"},
}
