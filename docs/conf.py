"""How the documentation is built: Sphinx reads Markdown by hand and docstrings by numpydoc, without a network."""

from __future__ import annotations

import os

import convscope

project = "convscope"
author = "the convscope contributors"
copyright = author
version = release = convscope.__version__

# A page may fetch nothing, neither while it is built nor while it is read.
os.environ["CONVSCOPE_OFFLINE"] = "1"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["_build"]
nitpicky = False
suppress_warnings = ["toc.empty_glob"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_title = "convscope"
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
html_theme_options = {
    "logo": {"text": "convscope"},
    "header_links_before_dropdown": 7,
    "navbar_align": "left",
    "footer_start": [],
    "footer_end": [],
}
