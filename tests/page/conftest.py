"""Requests to an ASGI application without a socket."""

import asyncio
import json

import pytest


class Answer:
    """What an application answered."""

    def __init__(self, messages):
        start, *parts = messages
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self.content = b"".join(part.get("body", b"") for part in parts)

    def json(self):
        return json.loads(self.content)


async def send(app, method="GET", path="/", query="", headers=(), parts=(b"",), client="192.0.2.1"):
    """Send one request whose body comes in parts; None stands for a part that never comes."""
    waiting = list(parts)

    async def receive():
        if not waiting or waiting[0] is None:
            await asyncio.Event().wait()
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    said = []

    async def hear(message):
        said.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": (client, 1), "server": ("127.0.0.1", 80), "scheme": "http", "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    await app(scope, receive, hear)
    return Answer(said)


def run_now(coroutine):
    """Run to the end, in this thread, also where Playwright's own loop is running in it."""
    playing, loop = asyncio._get_running_loop(), asyncio.new_event_loop()
    asyncio._set_running_loop(None)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()
        asyncio._set_running_loop(playing)


@pytest.fixture(scope="session")
def run():
    """Run a coroutine."""
    return run_now


@pytest.fixture(scope="session")
def ask():
    """Send a request and give the answer: ``ask(app, method, path, query, headers, parts, client)``."""
    return lambda app, *words, **named: run_now(send(app, *words, **named))
