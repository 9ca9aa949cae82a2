"""Files that are sent often."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from convscope.page.classroom.store import hash_of

__all__ = ["Endpoint", "SentFile"]

Endpoint = Callable[[Request], Awaitable[Response]]


class SentFile:
    """A file, packed once.

    Parameters
    ----------
    path : Path
    kind : str
        Its media type.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.content, self.kind = path.read_bytes(), kind
        self.packed = gzip.compress(self.content, 6, mtime=0)
        self.tag = f'"{hash_of(str(self.content))}"'

    async def send(self, request: Request) -> Response:
        """Answer a request for it."""
        headers = {"etag": self.tag, "cache-control": "private, no-cache", "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.packed, media_type=self.kind, headers={**headers, "content-encoding": "gzip"})
        return Response(self.content, media_type=self.kind, headers=headers)
