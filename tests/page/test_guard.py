"""Whatever comes meets the guard first: before a route, a number in the path, or an error of the application."""

import asyncio
import http.client
import socket
import threading
from contextlib import suppress

import pytest
import uvicorn
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import Route, Router

from convscope.errors import UsageError
from convscope.page import _listening, guard
from convscope.page._listening import authorities, bound, usual_config
from convscope.page.guard import Guard, RefusedError, cookies, whole_number

HOST = ("Host", "127.0.0.1:8000")
COOKIE = ("Cookie", "me=1")


def admit(request):
    if "1" not in cookies(request, "me"):
        raise RefusedError(401, "who are you", "open the link")


async def number(request):
    return PlainTextResponse(str(whole_number(request, "number")))


async def read(request):
    return PlainTextResponse(str(len(await request.body())))


async def fail(request):
    raise ZeroDivisionError("a secret of the server")


async def refuse(request):
    raise UsageError("this is wrong", repair="do it right")


async def be_slow(request):
    await asyncio.sleep(0.7)
    return PlainTextResponse("here")


async def give_much(request):
    return PlainTextResponse("x" * 50_000_000)


class Routes(Router):
    """Counts what gets as far as routing."""

    seen = 0

    async def app(self, scope, receive, send):
        self.seen += 1
        await super().app(scope, receive, send)


@pytest.fixture
def routes():
    paths = {"/n/{number}": number, "/long": give_much, "/fail": fail, "/refuse": refuse, "/slow": be_slow}
    found = [Route(path, endpoint) for path, endpoint in paths.items()]
    return Routes([*found, Route("/read", read, methods=["POST"])], redirect_slashes=False)


@pytest.fixture
def app(routes):
    return Guard(routes, hosts=[HOST[1]], origins=["http://127.0.0.1:8000"], admit=admit, bodies={"/read": 100})


def is_safe(answer):
    """Say whether an answer has the headers of the page, and no word of the server's insides."""
    inside = (b"Traceback", b"secret", b"File ")
    return "default-src 'none'" in answer.headers["content-security-policy"] and not any(
        word in answer.content for word in inside
    )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("Host", "evil.com"), COOKIE], 400),
        ([HOST, HOST, COOKIE], 400),
        ([("Host", ""), COOKIE], 400),
        ([COOKIE], 400),
        ([("Host", "127.0.0.1"), COOKIE], 400),
        ([("Host", "127.0.0.1.:8000"), COOKIE], 400),
        ([("Host", "evil.com"), ("X-Forwarded-Host", HOST[1]), COOKIE], 400),
        ([HOST, COOKIE, ("Origin", "https://evil.com")], 403),
        ([HOST, COOKIE, ("Origin", "http://127.0.0.1:8000"), ("Origin", "https://evil.com")], 403),
        ([HOST, COOKIE, ("Sec-Fetch-Site", "cross-site")], 403),
        ([HOST, COOKIE, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")], 403),
        ([HOST], 401),
        ([HOST, ("Cookie", "; ".join(f"me{n}=1" for n in range(500)))], 401),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/n/" + "9" * 5000), ("GET", "/n/1/"), ("TRACE", "/nowhere"), ("GET", "//evil.com/"), ("HEAD", "/fail")],
)
def test_who_may_not_ask_is_refused_before_anything_looks_at_the_path(ask, app, routes, method, path, headers, status):
    answer = ask(app, method, path, headers=headers)
    assert answer.status == status and is_safe(answer) and answer.json()["error"]
    assert routes.seen == 0 and "location" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/n/" + "9" * 4000, 422), ("GET", "/n/" + "9" * 5000, 414), ("GET", "/n/-1", 404), ("GET", "/n/٣", 404),
        ("GET", "/n/1.0", 404), ("GET", "/n/\x00", 404), ("GET", "/n/1/", 404), ("GET", "/n/7", 200),
        ("GET", "//evil.com/", 404), ("GET", "http://evil.com/n/7", 400), ("OPTIONS", "*", 400),
        ("OPTIONS", "/fail", 405), ("TRACE", "/n/7", 405), ("GET", "/fail", 500), ("GET", "/refuse", 422),
    ],
)  # fmt: skip
def test_every_answer_is_json_with_the_headers_of_the_page(ask, app, caplog, method, path, status):
    answer = ask(app, method, path, headers=[HOST, COOKIE])
    assert answer.status == status and is_safe(answer) and "location" not in answer.headers
    assert status == 200 or answer.json()["error"]
    assert ("allow" in answer.headers) == (status == 405)
    assert len(caplog.messages) == (status == 500), "the terminal hears of what nobody meant, in one line"


def test_host_is_the_same_in_capital_letters(ask, routes):
    app = Guard(routes, hosts=["localhost:8000"], origins=[], admit=admit)
    assert ask(app, "GET", "/n/7", headers=[("Host", "LocalHost:8000"), COOKIE]).status == 200


def test_a_person_is_answered_in_text(ask, app):
    answer = ask(app, "GET", "/", headers=[HOST, ("Accept", "text/html")])
    assert answer.status == 401 and answer.content == b"Who are you.\nOpen the link.\n"


@pytest.mark.parametrize(
    ("headers", "parts", "status"),
    [
        ([("Content-Length", "101")], [b"x" * 101], 413),
        ([("Content-Length", "9" * 5000)], [b""], 413),
        ([("Content-Length", "²")], [b""], 400),
        ([("Content-Length", "5"), ("Transfer-Encoding", "chunked")], [b"12345"], 400),
        ([("Transfer-Encoding", "chunked")], [b"x" * 60, b"x" * 60, None], 413),
        ([("Transfer-Encoding", "chunked")], [b"x" * 60, b"x" * 40], 200),
        ([("X", "x" * 20_000)], [b""], 431),
    ],
)
def test_a_body_has_an_end(ask, app, headers, parts, status):
    answer = ask(app, "POST", "/read", headers=[HOST, COOKIE, *headers], parts=parts)
    assert answer.status == status and is_safe(answer)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(ask, app, routes):
    head = [HOST, COOKIE, ("Content-Length", "101")]
    assert ask(app, "POST", "/read", headers=head, parts=[None]).status == 413 and routes.seen == 0


def test_a_body_that_does_not_come_is_not_waited_for(ask, app, monkeypatch):
    monkeypatch.setattr("convscope.page.guard.LONGEST_BODY_S", 0.05)
    answer = ask(app, "POST", "/read", headers=[HOST, COOKIE], parts=[b"x", None])
    assert answer.status == 408 and answer.headers["connection"] == "close"


def test_a_long_answer_is_sent_in_parts_and_given_up_when_nobody_reads_it(run, monkeypatch):
    sizes = []

    async def stuck(message):
        sizes.append(len(message.get("body", b"")))
        if len(sizes) == 4:
            await asyncio.Event().wait()

    async def long(scope, receive, send):
        await PlainTextResponse("x" * 200_000)(scope, receive, send)

    monkeypatch.setattr("convscope.page.guard.LONGEST_READING_S", 0.05)
    left = []
    app = Guard(
        long, hosts=["a"], origins=[], admit=lambda one: one.state.until_answered.callback(left.append, 1) and None
    )
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"a")]}
    with pytest.raises(TimeoutError):
        run(app(scope, None, stuck))
    assert sizes == [0, 65_536, 65_536, 65_536] and left == [1]


def test_a_cookie_that_another_page_set_beside_ours_does_not_hide_it(ask, app):
    for cookie in ("me=2; me=1", "me=1; me=2", "x=1;me=1"):
        assert ask(app, "GET", "/n/7", headers=[HOST, ("Cookie", cookie)]).status == 200
    assert ask(app, "GET", "/n/7", headers=[HOST, ("Cookie", "some=1; me=")]).status == 401


def test_a_websocket_is_refused_and_the_lifespan_is_handed_on(app, run):
    said = []

    async def hear(message):
        said.append(message["type"])

    async def receive():
        return {"type": "lifespan.startup" if not said else "lifespan.shutdown"}

    run(app({"type": "websocket", "path": "/", "headers": []}, receive, hear))
    assert said == ["websocket.close"]
    run(app({"type": "lifespan"}, receive, hear))
    assert said[1:] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_an_answer_that_broke_off_is_no_second_answer(ask, caplog):
    async def halfway(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise HTTPException(500)

    app = Guard(halfway, hosts=[HOST[1]], origins=[], admit=lambda request: None)
    with pytest.raises(HTTPException):
        ask(app, headers=[HOST])
    assert "broke off" in caplog.text


@pytest.fixture
def served(app, monkeypatch):
    """Serve the application on a socket, with little patience."""
    monkeypatch.setattr(_listening, "PATIENCE_S", 0.2)
    listening = bound("127.0.0.1", 0, 10, "")
    server = uvicorn.Server(usual_config(app, lifespan="off", most_connections=3))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"GET / HTTP/1.1\r\nHost: a", b""),
        (b"", b""),
        (b"nothing of HTTP\r\n\r\n", b"HTTP/1.1 400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"HTTP/1.1 400"),
        (b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n", b"HTTP/1.1 400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b"HTTP/1.1 400"),
    ],
)
def test_a_connection_that_asks_for_nothing_is_closed(served, sent, answer):
    with socket.create_connection(served) as connection:
        connection.settimeout(20)
        connection.sendall(sent)
        came = b""
        while part := connection.recv(4096):
            came += part
    assert came.startswith(answer) and (b"content-security-policy" in came) == bool(answer)


def test_an_answer_that_takes_longer_than_our_patience_comes(served):
    connection = http.client.HTTPConnection(*served, timeout=20)
    for _ in range(2):
        connection.request("GET", "/slow", headers=dict([HOST, COOKIE]))
        assert connection.getresponse().read() == b"here"
    connection.close()


def test_an_answer_that_nobody_reads_is_given_up(served, monkeypatch):
    given_up, send_part = threading.Event(), guard._Answer._send_part

    async def tell(answer, message):
        try:
            await send_part(answer, message)
        except TimeoutError:
            given_up.set()
            raise

    monkeypatch.setattr(guard._Answer, "_send_part", tell)
    monkeypatch.setattr("convscope.page.guard.LONGEST_READING_S", 0.2)
    with socket.create_connection(served) as connection:
        connection.settimeout(20)
        connection.sendall(f"GET /long HTTP/1.1\r\nHost: {HOST[1]}\r\nCookie: me=1\r\n\r\n".encode())
        assert given_up.wait(60)
        came = 0
        with suppress(ConnectionResetError):
            while part := connection.recv(1 << 20):
                came += len(part)
    assert came < 50_000_000


def test_who_connects_and_asks_for_nothing_keeps_nobody_out(served, monkeypatch):
    monkeypatch.setattr(_listening, "PATIENCE_S", 600)
    held = [socket.create_connection(served) for _ in range(20)]
    connection = http.client.HTTPConnection(*served, timeout=20)
    connection.request("GET", "/n/7", headers=dict([HOST, COOKIE]))
    assert connection.getresponse().read() == b"7"
    held[0].settimeout(20)
    with suppress(ConnectionResetError):
        assert held[0].recv(1) == b"", "the oldest is given up"
    for one in (connection, *held):
        one.close()


def test_a_name_with_the_usual_port_is_written_in_two_ways():
    assert authorities("http", "127.0.0.1", 80) == ("127.0.0.1", "127.0.0.1:80")
    assert authorities("https", "class.example.org", 443) == authorities("https", "class.example.org", None)


@pytest.mark.parametrize("host", ["no such name", "192.0.2.1"])
def test_an_address_of_another_machine_is_refused(host):
    with pytest.raises(UsageError, match="an address of this machine"):
        bound(host, 0, 10, "choose another port")


@pytest.mark.parametrize("host", ["", "0.0.0.0", "0", "::", "::0"])
def test_all_addresses_at_once_are_refused_however_they_are_written(host):
    with pytest.raises(UsageError, match="exact addresses"):
        bound(host, 0, 10, "")
