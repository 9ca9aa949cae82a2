"""The server answers its own page on this machine, and nobody else."""

import http.client
import json
import re

import numpy as np
import pytest

from convscope import ImageClassifier, images_to_table
from convscope.errors import UsageError
from convscope.page import Exhibit
from convscope.page.server import PageServer


@pytest.fixture(scope="module")
def exhibit():
    rng = np.random.default_rng(0)
    table = images_to_table(rng.integers(0, 256, (20, 6, 6, 1), np.uint8), np.arange(20) % 2)
    return Exhibit(ImageClassifier("linear", epochs=1, random_state=0).fit(table), table)


@pytest.fixture
def server(exhibit):
    served = PageServer(exhibit)
    served.start()
    yield served
    served.stop()


def ask(server, path, method="GET", body=None, *, host=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_host=True)
    for name, value in {"Host": host or f"127.0.0.1:{server.port}", **named}.items():
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response, text


@pytest.fixture
def cookie(server):
    """Exchange the link's token, as a browser does."""
    response, _ = ask(server, server.link.removeprefix(server.address.rstrip("/")))
    assert response.status == 303
    return response.getheader("set-cookie").split(";")[0]


def test_the_link_is_exchanged_once_for_a_strict_cookie(server):
    path = server.link.removeprefix(server.address.rstrip("/"))
    response, _ = ask(server, path)
    given = response.getheader("set-cookie").lower()
    assert response.status == 303 and response.getheader("location") == "/"
    assert "httponly" in given and "samesite=strict" in given
    again, text = ask(server, path)
    assert again.status == 401 and b"used already" in text


@pytest.mark.parametrize("path", ["/", "/convscope.js", "/convscope.css", "/api/bundle", "/api/rows/0"])
def test_nothing_is_given_without_the_cookie(server, path):
    assert ask(server, path)[0].status == 401
    assert ask(server, path, Cookie=f"convscope-{server.port}=guess")[0].status == 401


@pytest.mark.parametrize("path", ["/", "/convscope.js", "/convscope.css", "/api/bundle", "/api/rows/3"])
def test_with_the_cookie_every_route_answers_and_says_what_a_page_may(server, cookie, path):
    response, text = ask(server, path, Cookie=cookie)
    assert response.status == 200 and text
    policy = response.getheader("content-security-policy")
    assert "default-src 'none'" in policy and "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert policy.count("unsafe") == 1
    assert response.getheader("x-content-type-options") == "nosniff"
    assert response.getheader("referrer-policy") == "no-referrer"


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1", "evil.localhost:80", "127.0.0.1:1", "[::1]", "127.0.0.1@evil.com", " "]
)
def test_another_host_name_is_refused(server, cookie, host):
    assert ask(server, "/api/bundle", host=host, Cookie=cookie)[0].status == 400


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_another_page_is_refused_on_every_method(server, cookie, method, headers):
    path = "/api/values" if method == "POST" else "/api/bundle"
    body = bytes(144) if method == "POST" else None
    assert ask(server, path, method, body, Cookie=cookie, **headers)[0].status == 403
    response, _ = ask(server, "/nowhere", method, body, Cookie=cookie, **headers)
    assert response.status == 403 and "default-src 'none'" in response.getheader("content-security-policy")


def test_its_own_page_is_answered(server, cookie):
    origin = f"http://127.0.0.1:{server.port}"
    response, text = ask(
        server, "/api/values", "POST", bytes(144), Cookie=cookie, Origin=origin, Sec_Fetch_Site="same-origin"
    )
    assert response.status == 200 and text


@pytest.mark.parametrize(("size", "status"), [(0, 422), (143, 422), (145, 422), (3_000_000, 422)])
def test_a_picture_of_another_size_is_refused(server, cookie, size, status):
    try:
        response, text = ask(server, "/api/values", "POST", bytes(size), Cookie=cookie)
    except (BrokenPipeError, ConnectionResetError):
        assert size > 144  # the server had enough
        return
    assert response.status == status and "picture" in json.loads(text)["error"]


def test_numbers_that_are_not_finite_are_refused(server, cookie):
    body = np.full(36, np.nan, np.float32).tobytes()
    assert ask(server, "/api/values", "POST", body, Cookie=cookie)[0].status == 422


@pytest.mark.parametrize("path", ["/api/rows/20", "/api/rows/" + "9" * 60])
def test_a_row_that_is_not_there_is_a_message(server, cookie, path):
    response, text = ask(server, path, Cookie=cookie)
    assert response.status == 422 and "no row" in json.loads(text)["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/rows/-1",
        "/api/rows/..%2f..%2fetc%2fpasswd",
        "/../pyproject.toml",
        "/convscope.js/../server.py",
        "/docs",
        "//x",
    ],
)
def test_no_route_takes_a_path(server, cookie, path):
    assert ask(server, path, Cookie=cookie)[0].status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(server, cookie, method):
    response, _ = ask(server, "/api/bundle", method, Cookie=cookie)
    assert response.status == 405
    assert "default-src 'none'" in response.getheader("content-security-policy")


def test_a_taken_port_is_told(server, exhibit):
    with pytest.raises(UsageError, match=rf"port {server.port}"):
        PageServer(exhibit, port=server.port)


def test_only_this_machine_is_listened_to(server):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", server.address)
    assert server._socket.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_all_addresses_at_once_are_refused(exhibit, host):
    with pytest.raises(UsageError, match="exact addresses"):
        PageServer(exhibit, host=host)
