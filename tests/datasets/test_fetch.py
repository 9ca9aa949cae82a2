"""A download is the pinned file or nothing: mirrors, broken connections, redirects, full disks."""

import gzip
import hashlib
import ipaddress
import resource
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from convscope.datasets import _hosts
from convscope.datasets._fetch import fetch
from convscope.datasets._home import verify
from convscope.datasets._hosts import Policy
from convscope.datasets._records import Pinned
from convscope.errors import DatasetError

CONTENT = b"feature1,feature2\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(20_000))
PACKED = gzip.compress(CONTENT)


@contextmanager
def server(answer):
    """Serve on the loopback; ``answer(handler, count)`` answers the count-th request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            served.append((self.path, self.headers.get("Range")))
            answer(self, len(served))

        def log_message(self, *arguments):
            pass

    served = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{running.server_port}", served
        finally:
            running.shutdown()
            thread.join()


def send(handler, status, body, *, claim=None, **headers):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if claim is None else claim))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def whole(handler, count):
    send(handler, 200, PACKED if handler.path.endswith(".gz") else CONTENT)


def pinned(*hosts, name="table.csv.gz"):
    mirrors = tuple(f"http://{host}/data/" for host in hosts)
    return Pinned(f"set/{name}", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), mirrors)


def policy(*hosts):
    return Policy(trusted=hosts, pause_s=0)


def refused(answer, home, name="table.csv.gz"):
    """Fetch from one server that answers badly; give the message, and see that nothing is left."""
    with server(answer) as (host, served), pytest.raises(DatasetError) as caught:
        fetch(pinned(host, name=name), home, policy=policy(host))
    assert not [path for path in home.rglob("*") if path.is_file()]
    return str(caught.value), served


@pytest.mark.parametrize("name", ["table.csv.gz", "table.csv"])
def test_a_file_is_fetched_once_verified_and_found_again(tmp_path, name):
    with server(whole) as (host, served):
        for _ in range(2):
            path = fetch(pinned(host, name=name), tmp_path / "new" / "home", policy=policy(host))
    assert served == [(f"/data/{name}", None)]
    assert path == tmp_path / "new" / "home" / "set" / name
    verify(path, pinned(host))


@pytest.mark.parametrize("status", [404, 500, 503])
def test_68_a_mirror_that_answers_an_error_page_is_passed_over(tmp_path, status):
    page = b"<html>" + b"sorry " * 100
    with server(lambda handler, count: send(handler, status, page)) as (bad, _), server(whole) as (good, _):
        path = fetch(pinned(bad, good), tmp_path, policy=policy(bad, good))
    assert gzip.decompress(path.read_bytes()) == CONTENT
    message, served = refused(lambda handler, count: send(handler, status, page), tmp_path / "other")
    assert f"answers {status}" in message
    assert str(tmp_path / "other" / "set" / "table.csv.gz") in message
    assert len(served) == 1


def test_68_an_error_page_with_status_200_is_not_kept(tmp_path):
    message, _ = refused(lambda handler, count: send(handler, 200, b"<html>busy</html>"), tmp_path)
    assert "not the file" in message


def test_69_a_file_with_another_checksum_is_deleted_and_both_checksums_are_shown(tmp_path):
    changed = CONTENT.replace(b"7", b"8")
    message, _ = refused(lambda handler, count: send(handler, 200, gzip.compress(changed)), tmp_path)
    assert hashlib.sha256(changed).hexdigest() in message
    assert hashlib.sha256(CONTENT).hexdigest() in message


def test_70_a_broken_download_goes_on_where_it_broke(tmp_path):
    half = len(PACKED) // 2

    def breaks_once(handler, count):
        if count == 1:
            send(handler, 200, PACKED[:half], claim=len(PACKED))
        else:
            assert handler.headers["Range"] == f"bytes={half}-"
            send(handler, 206, PACKED[half:])

    with server(breaks_once) as (host, served):
        path = fetch(pinned(host), tmp_path, policy=policy(host))
    assert path.read_bytes() == PACKED
    assert served[1][1] == f"bytes={half}-"


def test_70_a_server_that_cannot_resume_is_asked_for_the_whole_file(tmp_path):
    def forgets(handler, count):
        send(handler, 200, PACKED[:1000] if count == 1 else PACKED, claim=len(PACKED))

    with server(forgets) as (host, _):
        assert fetch(pinned(host), tmp_path, policy=policy(host)).read_bytes() == PACKED


def test_70_a_download_that_keeps_breaking_is_refused_after_three_tries(tmp_path):
    message, served = refused(lambda handler, count: send(handler, 200, PACKED[:1000], claim=len(PACKED)), tmp_path)
    assert "the connection broke after 1,000 of" in message
    assert len(served) == 3


@pytest.mark.parametrize("name, most", [("table.csv", len(CONTENT)), ("table.csv.gz", len(CONTENT) + 1024)])
def test_72_a_file_that_goes_on_is_refused_at_one_byte_too_many(tmp_path, name, most):
    sent = []

    def endless(handler, count):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(2000):
                handler.wfile.write(bytes(10_000))
                sent.append(10_000)
        except OSError:
            pass

    message, _ = refused(endless, tmp_path, name)
    assert f"longer than the {most:,} bytes" in message
    assert sum(sent) < 20_000_000


def test_72_a_file_that_unpacks_to_more_is_refused(tmp_path):
    message, _ = refused(lambda handler, count: send(handler, 200, gzip.compress(bytes(50_000_000))), tmp_path)
    assert f"more than {len(CONTENT):,} bytes" in message


TARGETS = [
    "http://example.com/x",
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://10.0.0.8/x",
    "https://192.168.1.1/x",
    "https://172.16.0.1/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0.0.0.0/x",
    "https://[fd00::1]/x",
    "https://user@127.0.0.1/x",
    "file:///etc/passwd",
    "ftp://127.0.0.1/x",
    "data:text/plain,hello",
]


@pytest.mark.parametrize("target", TARGETS)
def test_73_a_redirect_away_from_public_https_is_not_followed(tmp_path, target, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    message, served = refused(lambda handler, count: send(handler, 302, b"", Location=target), tmp_path)
    assert "is refused" in message or "not allowed" in message
    assert len(served) == 1


@pytest.mark.parametrize("target", [target for target in TARGETS if "://" in target])
def test_73_a_mirror_away_from_public_https_is_not_asked(target, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DatasetError, match="is refused"):
        Policy().check(target)


def test_73_behind_a_proxy_an_address_written_as_a_number_is_still_refused(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    Policy().check("https://storage.googleapis.com/x")
    with pytest.raises(DatasetError, match="is refused"):
        Policy().check("https://10.0.0.8/x")


def test_74_offline_the_missing_file_and_its_place_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_OFFLINE", "1")
    with server(whole) as (host, served), pytest.raises(DatasetError) as caught:
        fetch(pinned(host), tmp_path, policy=policy(host))
    assert served == []
    for part in ("set/table.csv.gz", "CONVSCOPE_OFFLINE", str(tmp_path / "set" / "table.csv.gz"), "CONVSCOPE_DATA"):
        assert part in str(caught.value)


def test_74_offline_a_file_that_is_there_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_OFFLINE", "1")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "table.csv").write_bytes(CONTENT)
    assert fetch(pinned("127.0.0.1:9"), tmp_path) == tmp_path / "set" / "table.csv"


def test_75_a_home_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "home").write_text("a file, not a folder")
    with server(whole) as (host, _), pytest.raises(DatasetError, match=r"cannot be written[\s\S]*CONVSCOPE_DATA"):
        fetch(pinned(host), tmp_path / "home", policy=policy(host))


def test_75_a_disk_that_fills_up_leaves_no_half_file(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with server(whole) as (host, _):
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
        try:
            with pytest.raises(DatasetError, match="cannot be written") as caught:
                fetch(pinned(host), tmp_path, policy=policy(host))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "free some space" in str(caught.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_mirror_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DatasetError, match=r"(?i)refused"):
        fetch(pinned("127.0.0.1:9"), tmp_path, policy=policy("127.0.0.1:9"))


@pytest.fixture
def public(monkeypatch):
    """Every name is a public host's, nobody has been greeted, and no proxy is set."""
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_hosts, "_addresses", lambda host, port: [ipaddress.ip_address("8.8.8.8")])
    monkeypatch.setattr(_hosts, "_GREETINGS", {})


def test_all_mirrors_are_greeted_at_once_and_none_twice(tmp_path, monkeypatch, public):
    greeted, together = [], threading.Barrier(2, timeout=20)

    def refuse(address, timeout):
        greeted.append(address)
        together.wait()  # nobody comes out before both came in
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(_hosts.socket, "create_connection", refuse)
    mirrors = Pinned("table.csv", "0" * 64, 1, ("https://one.example/", "https://two.example/"))
    for _ in range(2):
        with pytest.raises(DatasetError, match=r"one.example/: refused; https://two.example/: refused"):
            fetch(mirrors, tmp_path)
    assert len(greeted) == 2


def test_who_tries_again_later_greets_again(monkeypatch, public):
    greeted = []

    def refuse(address, timeout):
        greeted.append(address)
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(_hosts.socket, "create_connection", refuse)
    for remembered in (60, -1):
        monkeypatch.setattr(_hosts, "REMEMBERED_S", remembered)
        for _ in range(2):
            assert "refused" in str(_hosts.greet("https://one.example/", Policy()).exception())
    assert len(greeted) == 3


def test_a_host_that_swallows_every_packet_is_waited_for_briefly_and_at_two_addresses_at_most(
    tmp_path, monkeypatch, public
):
    tried = []

    def swallow(address, timeout):
        tried.append((address[0], timeout))
        raise TimeoutError("timed out")

    addresses = [ipaddress.ip_address(text) for text in ("8.8.8.8", "8.8.4.4", "2001:4860:4860::8888")]
    monkeypatch.setattr(_hosts, "_addresses", lambda host, port: addresses)
    monkeypatch.setattr(_hosts.socket, "create_connection", swallow)
    mirror = Pinned("table.csv", "0" * 64, 1, ("https://files.example/",))
    with pytest.raises(DatasetError, match="timed out"):
        fetch(mirror, tmp_path)
    assert [address for address, _ in tried] == ["8.8.8.8", "2001:4860:4860::8888"]
    assert sum(seconds for _, seconds in tried) <= 6


def test_a_changed_file_in_the_data_home_is_refused_with_both_checksums(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(DatasetError) as caught:
        verify(path, pinned())
    assert hashlib.sha256(CONTENT[:-1]).hexdigest() in str(caught.value)
    assert hashlib.sha256(CONTENT).hexdigest() in str(caught.value)


def test_progress_goes_to_stderr_only(tmp_path, capsys):
    with server(whole) as (host, _):
        fetch(pinned(host), tmp_path, policy=policy(host), progress=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("length", ["abc", "-5", "1e3", "9" * 5000, "12, 12"])
def test_a_length_that_is_no_number_is_told(tmp_path, length):
    message, _ = refused(lambda handler, count: send(handler, 200, CONTENT, claim=length), tmp_path)
    assert "not a number" in message or "got more than" in message


def dripping(place):
    """Make a server that sends a little now and then: of its first lines, or of the file."""

    def answer(handler, count):
        handler.send_response(200)
        if place == "file":
            handler.send_header("Content-Length", str(len(PACKED)))
            handler.end_headers()
        else:
            handler.flush_headers()
        for part in range(200):
            try:
                handler.wfile.write(b"X-%d: 1\r\n" % part)
                handler.wfile.flush()
            except OSError:
                return
            if ended.wait(0.02):
                return

    ended = threading.Event()
    return answer, ended


@pytest.mark.parametrize(("place", "reason"), [("file", "bytes a second"), ("first lines", "did not answer within")])
def test_a_server_that_drips_is_given_up(tmp_path, place, reason):
    answer, ended = dripping(place)
    hurried = Policy(pause_s=0, patience_s=0.3, slowest=100_000)
    with server(answer) as (host, served), pytest.raises(DatasetError, match=reason):
        try:
            fetch(pinned(host), tmp_path, policy=replace(hurried, trusted=(host,)))
        finally:
            ended.set()
    assert len(served) == 1
