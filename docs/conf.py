"""How Sphinx builds the site: `make docs`. The pages are Markdown; the reference comes from docstrings and click."""

import re
from pathlib import Path

import click
from sphinx.application import Sphinx

import wordgru
from wordgru.cli import cli

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

with click.Context(cli) as context:  # verbs are imported when they are asked for; the reference asks for all
    cli.commands.update(
        {name: found for name in cli.list_commands(context) if (found := cli.get_command(context, name))}
    )

ACCESSIBLE = [
    (r'role="heading"', r'role="heading" aria-level="2"'),
    (r"<pre>", r'<pre tabindex="0">'),
    (r'<div class="table-wrapper', r'<div tabindex="0" class="table-wrapper'),
    (r'<th class="head[^"]*"><p></p></th>', r"<td></td>"),
    (r'<aside class="sidebar-drawer">', r'<aside class="sidebar-drawer" aria-label="Pages">'),
    (r'<aside class="toc-drawer', r'<aside aria-label="On this page" class="toc-drawer'),
    (r"<noscript>", r"<h1>Search</h1><noscript>"),  # the page of the search has no other heading
]
"""What the theme leaves out of its HTML for those who use a keyboard or a screen reader: pattern and replacement."""


def make_accessible(app: Sphinx, error: Exception | None) -> None:
    """Put into each page what axe misses there."""
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if "aria-level" in text:
            continue  # of an earlier build
        for pattern, replacement in ACCESSIBLE:
            text = re.sub(pattern, replacement, text)
        page.write_text(re.sub(r"<dl>\n.*?</dl>", _as_divs, text, flags=re.S), encoding="utf-8")


def _as_divs(parameters: re.Match[str]) -> str:
    """The parameters of a long signature, which are no list of definitions."""
    text = parameters[0].replace("<dl>", "<div>").replace("</dl>", "</div>")
    return text.replace("<dd>", '<div style="margin-left:2em">').replace("</dd>", "</div>")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("build-finished", make_accessible)
