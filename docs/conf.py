"""How the documentation is built: pages in Markdown, docstrings by numpydoc, examples by sphinx-gallery; offline."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
# Nothing is fetched while pages are built, and the machine's own data sets do not show.
os.environ["CONVSCOPE_OFFLINE"] = "1"

import convscope  # noqa: E402
from generate import write_reference  # noqa: E402
from generate.offline import refuse_the_web  # noqa: E402

project = "convscope"
author = "the convscope contributors"
version = release = convscope.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "generate.live",
]
exclude_patterns = [
    "_build",
    "examples",
    "generate",
    "gallery/*.ipynb",
    "gallery/*.py",
]
smartquotes = False  # two hyphens are an option's
default_role = "py:obj"
add_module_names = False
toc_object_entries = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ("generate.gallery.draw_chart",),
    "reset_modules": (),
    "capture_repr": (),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "write_computation_times": False,
    "min_reported_time": 1e9,
    "show_signature": False,
    "copyfile_regex": "",
}

html_theme = "pydata_sphinx_theme"
html_title = "convscope"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
# a page opened from the disk may not read the others
html_show_search_summary = False
maximum_signature_line_length = 80
html_show_copyright = False
html_theme_options = {
    "logo": {
        "text": "convscope",
        "image_light": "logo.svg",
        "image_dark": "logo.svg",
    },
    "header_links_before_dropdown": 7,
    "navbar_align": "left",
    "footer_start": [],
    "footer_end": [],
    "show_toc_level": 2,
}


def setup(app: Any) -> None:
    """Make the pages that code knows before Sphinx looks which there are."""
    write_reference(HERE / "reference")
    app.connect("autodoc-skip-member", skip_metadata)
    app.connect("build-finished", refuse_the_web)


def skip_metadata(
    app: Any, kind: str, name: str, member: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out what scikit-learn adds to every estimator for its routing of metadata."""
    return (
        True
        if name.startswith("set_") and name.endswith("_request")
        else None
    )
