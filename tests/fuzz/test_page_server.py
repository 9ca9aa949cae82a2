"""Whatever is sent to the page's two servers, no answer is a 5xx, and each is one that was meant."""

import asyncio
import http.client
import json
import queue
import socket
import string
import threading

import numpy as np
import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convscope import ImageClassifier, images_to_table
from convscope.page import Exhibit
from convscope.page.classroom.server import ClassServer, ClassSettings
from convscope.page.classroom.turns import Quotas
from convscope.page.four import FourTraining
from convscope.page.server import PageServer

QUICK = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
ANSWER = {"responses": {"default": {"description": "an answer"}}}
BYTES = {"requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}


def parameter(name, kind, place="path"):
    return {"parameters": [{"name": name, "in": place, "required": place == "path", "schema": kind}]}


def body(**properties):
    return {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": properties}}}}}


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
PAGE = {
    "/": {"get": {**parameter("token", TEXT, "query"), **ANSWER}},
    "/convscope.js": {"get": ANSWER},
    "/teach.js": {"get": ANSWER},
    "/api/bundle": {"get": ANSWER},
    "/api/rows/{row}": {"get": {**parameter("row", NUMBER), **ANSWER}},
    "/api/values": {"post": {**BYTES, **ANSWER}},
    "/api/points/{name}": {"get": {**parameter("name", TEXT), **ANSWER}},
    "/api/playground": {"post": {**body(schema=TEXT, layers=TEXT, train=TEXT, moments=TEXT), **ANSWER}},
    "/api/film/{step}": {"get": {**parameter("step", TEXT), **ANSWER}},
    "/api/training/{order}": {"post": {**parameter("order", TEXT), **ANSWER}},
    "/api/four": {"get": ANSWER},
    "/api/four/{rows}": {"post": {**parameter("rows", {"type": "integer", "maximum": 999}), **ANSWER}},
}
PIXELS = {"type": "array", "items": {"type": "number"}, "minItems": 60, "maxItems": 66}
CLASS = {
    "/": {"get": {**parameter("token", TEXT, "query"), **ANSWER}},
    "/api/class": {"get": ANSWER},
    "/api/mine": {"get": ANSWER},
    "/api/uploads": {"post": {**parameter("name", TEXT, "query"), **BYTES, **ANSWER}},
    "/api/uploads/{upload}": {"delete": {**parameter("upload", TEXT), **ANSWER}},
    "/api/jobs": {"post": {**body(data=TEXT, model=TEXT, epochs=NUMBER, rows=NUMBER, seed=NUMBER), **ANSWER}},
    "/api/jobs/{job}": {"get": {**parameter("job", TEXT), **ANSWER}, "delete": {**parameter("job", TEXT), **ANSWER}},
    "/api/predict": {"post": {**body(pixels=PIXELS), **ANSWER}},
    "/model/": {"get": ANSWER},
    "/model/api/rows/{row}": {"get": {**parameter("row", NUMBER), **ANSWER}},
    "/model/api/values": {"post": {**BYTES, **ANSWER}},
    "/teacher/": {"get": {**parameter("key", TEXT, "query"), **ANSWER}},
    "/teacher/api/learners/{learner}": {"delete": {**parameter("learner", NUMBER), **ANSWER}},
    "/jobs/{job}/": {"get": {**parameter("job", TEXT), **ANSWER}},
    "/jobs/{job}/api/bundle": {"get": {**parameter("job", TEXT), **ANSWER}},
}


def described(paths):
    document = {"openapi": "3.0.0", "info": {"title": "convscope", "version": "1"}, "paths": paths}
    return schemathesis.openapi.from_dict(document)


page_schema, class_schema = described(PAGE), described(CLASS)


@pytest.fixture(scope="module")
def page():
    """A page whose four networks never begin: a training in a thread would seed what Hypothesis draws from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FourTraining, "_measure", lambda training, rows: None)
        yield from _serve_page()


def _serve_page():
    table = images_to_table(np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1), np.uint8), np.arange(20) % 2)
    server = PageServer(Exhibit(ImageClassifier("linear", epochs=1, random_state=0).fit(table), table))
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", server.link.removeprefix(server.address.rstrip("/")))
    cookie = connection.getresponse().getheader("set-cookie").split(";")[0]
    connection.close()
    yield server, {"Cookie": cookie}
    server.stop()


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """A class whose workers and model never begin, so that what answers is the server alone."""
    listening = socket.create_server(("127.0.0.1", 0))
    host = f"127.0.0.1:{listening.getsockname()[1]}"
    quotas = Quotas(requests_per_s=1e9, burst=1e9, hourly=10**9, active=10**9, uploads=20, queued=50, address_queued=50)
    wanted = ClassSettings("", tmp_path_factory.mktemp("class") / "store", (host,), (f"http://{host}",), 0, quotas)
    made = queue.Queue()

    def serve():
        server = ClassServer(wanted)
        server.answerer.about = {"title": "t", "n_features": 64, "classes": ["a", "b"]}
        server.answerer.serve = lambda: asyncio.sleep(0)
        runner = uvicorn.Server(uvicorn.Config(server.app, log_level="critical"))
        made.put((server.places.token, runner))
        runner.run(sockets=[listening])

    thread = threading.Thread(target=serve)
    thread.start()
    token, runner = made.get()
    with requests.Session() as session:
        session.get(f"http://{host}/", params={"token": token})
        yield Asked(session, f"http://{host}")
    runner.should_exit = True
    thread.join()


class Asked:
    """Asks one server with one learner's cookie."""

    def __init__(self, session, address):
        self.session, self.address = session, address

    def __call__(self, method, path, **what):
        return self.session.request(method, f"{self.address}{path}", allow_redirects=False, timeout=20, **what)


@page_schema.parametrize()
@QUICK
def test_the_page_answers_any_request_without_a_5xx(case, page):
    server, headers = page
    for given_headers in (headers, {}):
        response = case.call(base_url=server.address.rstrip("/"), headers=given_headers)
        assert response.status_code in (200, 303, 400, 401, 403, 404, 405, 422), response.text


@class_schema.parametrize()
@QUICK
def test_the_class_answers_any_request_without_a_5xx(case, classroom):
    response = case.call(base_url=classroom.address, session=classroom.session)
    known = (200, 201, 202, 303, 401, 404, 405, 413, 422, 429)
    assert response.status_code in known, response.text
    if response.status_code >= 400:
        assert response.json()["error"] and "Traceback" not in response.text


names = st.text(string.ascii_letters + "-", min_size=1, max_size=20)
values = st.text(string.printable.strip(), max_size=60)


@QUICK
@given(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]), st.text(max_size=40), st.binary())
def test_any_path_method_and_body_is_answered(classroom, method, path, content):
    assert classroom(method, "/" + path.replace("#", ""), data=content).status_code < 500


@QUICK
@given(st.dictionaries(names, values, max_size=5))
def test_any_headers_are_answered(classroom, headers):
    sent = {
        name: value for name, value in headers.items() if name.lower() not in ("content-length", "transfer-encoding")
    }
    assert classroom("GET", "/api/mine", headers=sent).status_code < 500


@QUICK
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip  # noqa: E501
def test_any_json_is_answered(classroom, found):
    for path in ("/api/jobs", "/api/predict"):
        assert classroom("POST", path, data=json.dumps(found)).status_code in (202, 413, 422, 429)
