"""A class through a real server: who may ask, quotas, the queue, training, cancelling, and kill -9."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

PIXELS = json.dumps({"pixels": [0] * 64})
TABLE = ("class,1x1,1x2,2x1,2x2\n" + "a,0,10,20,255\nb,255,2,3,4\n" * 20).encode()


class Learner:
    """A browser of its own: one address, one cookie."""

    def __init__(self, link):
        self.link, self.cookie = link, None

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection(self.link.hostname, self.link.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            named.setdefault("Cookie", self.cookie)
        connection.request(method, path, body, named)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response, content

    def json(self, method, path, body=None, **headers):
        response, content = self.ask(method, path, None if body is None else json.dumps(body), **headers)
        return response.status, json.loads(content)

    def join(self):
        response, _ = self.ask("GET", f"/?{self.link.query}")
        assert response.status == 303
        self.cookie = response.getheader("set-cookie").split(";")[0]
        return self

    def wait(self, job, *states, seconds=120):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            _, told = self.json("GET", f"/api/jobs/{job}")
            if told["state"] in states:
                return told
            time.sleep(0.2)
        raise AssertionError(told)


@contextmanager
def serving(folder, port=0, *words):
    command = [sys.executable, "-m", "convscope.cli", "explore", "--class", "--quiet", "--workers", "1", *words]
    command += ["--store", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process, urlsplit(process.stdout.readline().strip())
    finally:
        process.send_signal(signal.SIGINT)
        try:
            _, complaint = process.communicate(timeout=120)
            assert "Traceback" not in complaint
        except subprocess.TimeoutExpired:
            process.kill()
            raise


@pytest.fixture(scope="module")
def link(tmp_path_factory):
    words = ("--public-url", "https://class.example.org")
    with serving(tmp_path_factory.mktemp("class") / "store", 0, *words) as (process, found):
        opened = psutil.Process(process.pid).net_connections()
        port = next(one.laddr.port for one in opened if one.status == psutil.CONN_LISTEN)
        assert (found.scheme, found.netloc) == ("https", "class.example.org")
        yield urlsplit(f"http://127.0.0.1:{port}/?{found.query}")


@pytest.fixture
def learner(link):
    return Learner(link).join()


@pytest.fixture
def ready(learner):
    """Wait until the model of the class is open."""
    until(lambda: learner.ask("GET", "/model/api/bundle")[0].status == 200)
    return learner


def test_everybody_who_opens_the_link_is_somebody_else_with_128_bits_of_their_own(link):
    cookies = [Learner(link).join().cookie for _ in range(5)]
    secrets = {cookie.split("=")[1] for cookie in cookies}
    assert len(secrets) == 5 and all(len(bytes.fromhex(secret)) == 16 for secret in secrets)
    response, _ = Learner(link).ask("GET", f"/?{link.query}")
    given = response.getheader("set-cookie").lower()
    assert "httponly" in given and "samesite=lax" in given and "secure" in given


@pytest.mark.parametrize("path", ["/", "/class.js", "/convscope.js", "/api/mine", "/model/", "/model/api/bundle"])
def test_nothing_is_given_to_who_did_not_open_the_link(link, path):
    for cookie in (None, "convscope-class=guess", "convscope-class=" + "0" * 32):
        stranger = Learner(link)
        stranger.cookie = cookie
        response, content = stranger.ask("GET", path)
        assert response.status == 401 and json.loads(content)["repair"]
    assert Learner(link).ask("GET", "/?token=guess")[0].status == 401


@pytest.mark.parametrize("host", ["evil.com", "127.0.0.1@evil.com", "", "127.0.0.1", "class.example.org:1"])
def test_another_host_is_refused(learner, host):
    assert learner.ask("GET", "/", Host=host)[0].status == 400


def test_the_public_name_is_answered(learner):
    assert learner.ask("GET", "/", Host="class.example.org", Origin="https://class.example.org")[0].status == 200


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD", "PATCH"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.com"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}]
)
def test_another_page_is_refused_on_every_method_even_with_the_cookie(learner, method, headers):
    response, _ = learner.ask(method, "/api/jobs/x" if method != "POST" else "/api/jobs", **headers)
    assert response.status == 403
    assert learner.ask(method, "/nowhere", **headers)[0].status == 403
    assert learner.ask("POST", "/api/jobs", "{}", X_HTTP_Method_Override="DELETE", **headers)[0].status == 403


def test_a_link_in_another_page_may_open_the_class(learner):
    assert learner.ask("GET", "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0].status == 200


def test_a_job_and_a_table_of_somebody_else_are_not_there(link, learner):
    _, job = learner.json("POST", "/api/jobs", {"model": "linear", "epochs": 1})
    _, table = learner.ask("POST", "/api/uploads?name=t.csv", TABLE)
    other = Learner(link).join()
    for method, path in (
        ("GET", f"/api/jobs/{job['id']}"),
        ("DELETE", f"/api/jobs/{job['id']}"),
        ("GET", f"/jobs/{job['id']}/"),
        ("GET", f"/jobs/{job['id']}/api/bundle"),
        ("DELETE", f"/api/uploads/{json.loads(table)['id']}"),
    ):
        assert other.json(method, path)[0] == 404
    assert other.json("POST", "/api/jobs", {"data": json.loads(table)["id"]})[0] == 422
    assert other.json("GET", "/api/mine")[1] == {"jobs": [], "uploads": []}
    learner.json("DELETE", f"/api/jobs/{job['id']}")


@pytest.mark.parametrize(
    "pixels",
    [[0] * 63, [0] * 65, ["0"] * 64, [1e308] * 64, [None] * 64, [True] * 64, [[0]] * 64, "x" * 64, None, {}],
    ids=lambda pixels: str(pixels)[:20],
)
def test_what_is_no_picture_is_refused(ready, pixels):
    status, told = ready.json("POST", "/api/predict", {"pixels": pixels})
    assert status == 422 and told["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 5000, b"\xff\xfe", b'{"pixels": NaN}', b"0" * 100])
def test_what_is_no_json_is_refused(ready, body):
    for path in ("/api/predict", "/api/jobs"):
        assert ready.ask("POST", path, body)[0].status == 422
    assert ready.ask("POST", "/api/jobs", b" " * 2_000_000)[0].status == 413


def test_a_picture_gets_a_prediction_and_the_page_its_layers_and_rows(ready):
    status, told = ready.json("POST", "/api/predict", {"pixels": [0] * 64})
    assert status == 200 and sum(told["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert told["prediction"] == max(told["probabilities"], key=told["probabilities"].get)
    kind = {"Content_Type": "application/octet-stream"}
    assert ready.ask("POST", "/model/api/values", bytes(256), **kind)[0].status == 200
    assert ready.ask("POST", "/model/api/values", bytes(255), **kind)[0].status == 422
    assert ready.ask("GET", "/model/api/rows/0")[0].status == 200
    assert ready.ask("GET", "/model/api/rows/100000")[0].status == 422


def test_files_are_sent_packed_whole_and_once(learner):
    response, content = learner.ask("GET", "/convscope.js", Accept_Encoding="gzip")
    assert response.getheader("content-encoding") == "gzip" and len(content) < 150_000
    assert learner.ask("GET", "/convscope.js", If_None_Match=response.getheader("etag"))[0].status == 304
    ranges = "bytes=" + ",".join(f"{place}-{place + 1}" for place in range(5000))
    assert learner.ask("GET", "/convscope.js", Range=ranges)[0].status in (200, 400, 416, 431)
    policy = learner.ask("GET", "/")[0].getheader("content-security-policy")
    assert "default-src 'none'" in policy and "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")


@pytest.mark.parametrize(
    "wanted",
    [
        {"data": "/etc/passwd"}, {"data": "../class.db"}, {"data": ["digits"]}, {"model": "FILE.py:evil"},
        {"model": []}, {"epochs": 0}, {"epochs": 21}, {"epochs": True}, {"epochs": "2"}, {"epochs": 1e400},
        {"rows": 10**9}, {"x": 1}, [], 7,
    ],
    ids=str,
)  # fmt: skip
def test_a_training_that_the_class_does_not_offer_is_refused(learner, wanted):
    assert learner.json("POST", "/api/jobs", wanted)[0] == 422


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [("t.csv", b"", 422), ("t.exe", b"x", 422), ("t.pkl", b"x", 422), ("", b"x", 422), ("../../t", b"x", 422)],
)
def test_a_table_that_is_none_is_refused(learner, name, content, status):
    assert learner.ask("POST", f"/api/uploads?name={name}", content)[0].status == status


def test_a_table_that_is_too_large_is_refused_and_a_fourth_one_too(learner):
    assert learner.ask("POST", "/api/uploads?name=t.csv", b"", Content_Length="999999999")[0].status == 413
    for _ in range(3):
        assert learner.ask("POST", "/api/uploads?name=t.csv", TABLE)[0].status == 201
    response, told = learner.ask("POST", "/api/uploads?name=t.csv", TABLE)
    assert response.status == 429 and response.getheader("retry-after") and b"delete one" in told


def test_a_name_of_a_table_is_text_and_never_a_place(learner):
    response, told = learner.ask("POST", "/api/uploads?name=%3Cimg%20onerror%3D1%3E%2F..%2F..%2Fx.csv", TABLE)
    assert response.status == 201 and json.loads(told)["name"] == "x.csv"


def test_a_table_is_uploaded_trained_on_and_looked_into(learner):
    _, told = learner.ask("POST", "/api/uploads?name=mine.csv", TABLE)
    table = json.loads(told)["id"]
    status, job = learner.json("POST", "/api/jobs", {"data": table, "model": "linear", "epochs": 2})
    assert status == 202 and job["name"] == "mine.csv"
    done = learner.wait(job["id"], "done", "failed")
    assert done["state"] == "done" and 0 <= done["result"]["accuracy"] <= 1, done
    assert b"mine.csv" in learner.ask("GET", f"/jobs/{job['id']}/")[1]
    assert b"convscope.bundle/2" in learner.ask("GET", f"/jobs/{job['id']}/api/bundle")[1]


def test_a_table_that_cannot_be_read_says_why(learner):
    _, told = learner.ask("POST", "/api/uploads?name=bad.csv", TABLE + b"a,1,2\n")
    _, job = learner.json("POST", "/api/jobs", {"data": json.loads(told)["id"], "model": "linear"})
    failed = learner.wait(job["id"], "failed", "done")
    assert failed["state"] == "failed" and "line 42" in failed["message"]


def looked(learner, name, content, **reading):
    _, told = learner.ask("POST", f"/api/uploads?name={name}", content)
    status, job = learner.json("POST", "/api/jobs", {"data": json.loads(told)["id"], "look": True, "reading": reading})
    assert status == 202 and job["look"] and job["reading"] == reading
    return learner.wait(job["id"], "failed", "done")


def test_a_table_is_shown_as_it_was_read(link, learner):
    job = looked(learner, "mine.csv", TABLE)
    assert job["state"] == "done", job
    found = job["result"]
    assert (found["rows"], found["shape"], found["labels"], found["label"]) == (
        40,
        "2 x 2 x 1",
        {"a": 20, "b": 20},
        "class",
    )
    response, picture = learner.ask("GET", f"/jobs/{job['id']}/sixteen.png")
    assert response.getheader("content-type") == "image/png" and picture.startswith(b"\x89PNG")
    assert Learner(link).join().ask("GET", f"/jobs/{job['id']}/sixteen.png")[0].status == 404


def test_what_a_table_needs_to_be_told_becomes_fields(learner):
    content = b"emotion,1x1,1x2,2x1,2x2\n" + b"a,0,10,20,255\nb,255,2,3,4\n" * 20
    failed = looked(learner, "faces.csv", content.replace(b"emotion", b"what"))
    assert failed["state"] == "failed" and failed["result"]["fields"] == {"label": "what", "drop": ""}, failed
    assert "the field \u201clabel\u201d: what" in failed["message"] and "--" not in failed["message"]
    assert failed["message"].startswith("it is not clear which column of faces.csv is the label.")
    table = failed["table"]
    asked = {"data": table, "model": "linear", "epochs": 1, "reading": {"label": "what"}}
    _, job = learner.json("POST", "/api/jobs", asked)
    assert learner.wait(job["id"], "failed", "done")["state"] == "done"


@pytest.mark.parametrize(
    ("reading", "named"),
    [
        ({"label": 3}, "label"), ({"shape": "28 by 28"}, "shape"), ({"drop": "a"}, "drop"), ({"clip": 1}, "clip"),
        ({"missing": "guess"}, "missing"), ({"intensity": "9..1"}, "intensity"), ({"path": "x"}, "options"),
        ([], "options"),
    ],
    ids=str,
)  # fmt: skip
def test_an_option_that_no_table_has_is_refused(learner, reading, named):
    _, told = learner.ask("POST", "/api/uploads?name=t.csv", TABLE)
    wanted = {"data": json.loads(told)["id"], "look": True, "reading": reading}
    status, found = learner.json("POST", "/api/jobs", wanted)
    assert status == 422 and named in found["error"], found
    assert learner.json("POST", "/api/jobs", {"data": "digits", "look": True})[0] == 422
    assert learner.json("POST", "/api/jobs", {"data": "digits", "reading": {"label": "x"}})[0] == 422


def test_a_learner_waits_in_a_queue_with_a_place_and_has_a_quota(link):
    one, other = Learner(link).join(), Learner(link).join()
    jobs = [one.json("POST", "/api/jobs", {"model": "cnn", "epochs": 20, "rows": 1000}) for _ in range(3)]
    assert [status for status, _ in jobs] == [202] * 3
    response, told = one.ask("POST", "/api/jobs", "{}")
    assert response.status == 429 and int(response.getheader("retry-after")) > 0 and b"3 of your" in told
    status, late = other.json("POST", "/api/jobs", {"model": "linear"})
    assert status == 202 and late["place"] <= 2 and late["wait_s"] > 0, "behind one's first only"
    for learner, job in [(one, job) for _, job in jobs] + [(other, late)]:
        assert learner.json("DELETE", f"/api/jobs/{job['id']}")[1]["state"] == "cancelled"


def test_one_address_fills_a_part_of_the_queue_and_is_told_to_wait(link):
    told = []
    for _ in range(15):
        learner = Learner(link).join()
        for _ in range(3):
            response, content = learner.ask("POST", "/api/jobs", json.dumps({"model": "cnn", "epochs": 20}))
            told.append((learner, response, json.loads(content)))
    refused = [(response, content) for _, response, content in told if response.status == 429]
    assert refused and all(int(response.getheader("retry-after")) > 0 for response, _ in refused)
    assert {content["place"] for _, content in refused} == {34}
    assert len(told) - len(refused) == 34, "33 wait, and one runs"
    for learner, response, content in told:
        if response.status == 202:
            learner.ask("DELETE", f"/api/jobs/{content['id']}")


def workers_of(pid):
    return [one for one in psutil.Process(pid).children(recursive=True) if "_training" in " ".join(one.cmdline())]


def until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def is_up(link):
    with socket.socket() as found:
        return found.connect_ex((link.hostname, link.port)) == 0


LONG = {"model": "cnn", "epochs": 20, "rows": 10_000}


@pytest.mark.slow
def test_cancelling_ends_the_whole_process_group(tmp_path):
    with serving(tmp_path / "store") as (process, link):
        until(lambda: is_up(link))
        learner = Learner(link).join()
        _, job = learner.json("POST", "/api/jobs", LONG)
        (worker,) = until(lambda: workers_of(process.pid))
        group = os.getpgid(worker.pid)
        assert group == worker.pid != os.getpgid(process.pid)
        assert learner.json("DELETE", f"/api/jobs/{job['id']}")[1]["state"] == "cancelled"
        until(lambda: not psutil.pid_exists(worker.pid))
        with pytest.raises(ProcessLookupError):
            os.killpg(group, 0)
        assert list((tmp_path / "store" / "jobs").iterdir()) == []


@pytest.mark.slow
def test_after_kill_9_the_class_is_back_with_its_jobs_queued_again_and_no_orphan(tmp_path):
    with serving(tmp_path / "store") as (process, link):
        until(lambda: is_up(link))
        learner = Learner(link).join()
        jobs = [
            learner.json("POST", "/api/jobs", LONG)[1]["id"],
            learner.json("POST", "/api/jobs", {"model": "linear"})[1]["id"],
        ]
        children = until(lambda: workers_of(process.pid)) and psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        until(lambda: not any(child.is_running() for child in children))
    with serving(tmp_path / "store", link.port) as (_, again):
        until(lambda: is_up(link))
        assert again.query == link.query, "the link of the class stays the same"
        told = {job["id"]: job for job in learner.json("GET", "/api/mine")[1]["jobs"]}
        assert sorted(told) == sorted(jobs) and all(job["state"] in ("queued", "running") for job in told.values())
        learner.json("DELETE", f"/api/jobs/{jobs[0]}")
        assert learner.wait(jobs[1], "done", "failed")["state"] == "done"


@pytest.mark.slow
def test_a_client_that_vanishes_in_the_middle_of_a_table_leaves_nothing(tmp_path):
    with serving(tmp_path / "store") as (_, link):
        until(lambda: is_up(link))
        learner = Learner(link).join()
        with socket.create_connection((link.hostname, link.port)) as connection:
            head = f"POST /api/uploads?name=t.csv HTTP/1.1\r\nHost: {link.netloc}\r\nCookie: {learner.cookie}\r\n"
            connection.sendall(f"{head}Content-Length: 1000000\r\n\r\n".encode() + b"x" * 100_000)
            uploads = tmp_path / "store" / "uploads"
            until(lambda: list(uploads.glob("*.part")))
        until(lambda: not list(uploads.iterdir()))
        assert learner.json("GET", "/api/mine")[1]["uploads"] == []


def test_the_server_itself_imports_neither_keras_nor_numpy():
    code = "import sys, convscope.page.classroom.serve, convscope.cli.explore; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not any(f"'{name}'" in loaded for name in ("keras", "jax", "numpy", "pandas"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--class", "--public-url", "class.example.org"], "not a valid address"),
        (["--class", "--host", "0.0.0.0"], "exact addresses"),
        (["--class", "no-such-run"], "there is no run"),
        (["--workers", "2"], "belong to --class"),
    ],
)
def test_what_cannot_be_served_is_told(tmp_path, words, message):
    command = [sys.executable, "-m", "convscope.cli", "explore", *words]
    command += ["--store", str(tmp_path / "store")] if "--class" in words else []
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert answer.returncode in (1, 2) and message in answer.stderr and "Traceback" not in answer.stderr
    assert not Path(tmp_path / "store").exists()
