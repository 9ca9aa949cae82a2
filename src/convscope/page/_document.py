"""What every server of the page sends: its document, its files, and what a page may do."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["DOCUMENT", "HEADERS", "MODULE", "STYLE", "TEACH", "WORDS"]

MODULE = Path(__file__).with_name("convscope.js")
TEACH = Path(__file__).with_name("teach.js")
"""What trains networks in the page, fetched when it is wanted."""
STYLE = Path(__file__).with_name("convscope.css")
WORDS = Path(__file__).with_name("words.json")
"""What the page says in each language but English."""
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "
    "style-src 'self'; img-src 'self' data: blob:; worker-src blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
DOCUMENT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{base}convscope.css">
<title>{title} · convscope</title>
</head>
<body>
<div id="convscope-page" class="convscope" data-languages="LANGUAGES">Opening {title} …</div>
<script type="module" src="{base}convscope.js"></script>
</body>
</html>
""".replace("LANGUAGES", " ".join(json.loads(WORDS.read_text("utf-8"))))
