"""Who gets into a class, for how long, and what the teacher can do about it."""

import json
import os
import socket
import sqlite3
import stat
import time
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.errors import RunError, UsageError
from convscope.page.classroom.clock import Clock
from convscope.page.classroom.places import IDLE_S, UNUSED_S, Places, neighbourhood
from convscope.page.classroom.serve import open_class
from convscope.page.classroom.server import ClassServer, ClassSettings
from convscope.page.classroom.store import Store, hash_of
from convscope.page.classroom.turns import MOST_COUNTED, Quotas, Turns
from convscope.page.guard import RefusedError

HOST = ("Host", "class.example.org")
ORIGIN = "https://class.example.org"


class Learner:
    """Somebody with a browser, an address, and perhaps a cookie."""

    def __init__(self, ask, server, client="192.0.2.1"):
        self._ask, self.server, self.client, self.cookie = ask, server, client, None

    def __call__(self, method, path, query="", sent=None, *more):
        headers = [HOST, *more, *([("Cookie", self.cookie)] if self.cookie else [])]
        parts = [b"" if sent is None else sent if isinstance(sent, bytes) else json.dumps(sent).encode()]
        return self._ask(self.server.app, method, path, query, headers, parts, self.client)

    def join(self, *more):
        answer = self("GET", "/", f"token={self.server.places.token}", None, *more)
        if answer.status == 303:
            self.cookie = answer.headers["set-cookie"].split(";")[0]
        return answer


class Hands:
    """Moves the hands of a clock."""

    def __init__(self):
        self.now = time.time()

    def __call__(self):
        return self.now


@pytest.fixture
def open_it(tmp_path):
    """Open the class in one folder, again and again; no worker and no model ever begins."""
    opened = []

    def make(**quotas):
        while opened:
            opened.pop().store.close()
        wanted = ClassSettings(
            "", tmp_path / "class", (HOST[1],), (ORIGIN,), 0, Quotas(**quotas), address=ORIGIN, behind_proxy=True
        )
        server = ClassServer(wanted)
        server.store.now = Hands()
        opened.append(server)
        return server

    yield make
    for server in opened:
        server.store.close()


@pytest.fixture
def server(open_it):
    return open_it()


@pytest.fixture
def come(ask, server):
    return lambda client="192.0.2.1": Learner(ask, server, client)


@pytest.fixture
def teacher(come, server):
    found = come("198.51.100.1")
    found.cookie = found("GET", "/teacher/", f"key={server.teacher.key}").headers["set-cookie"].split(";")[0]
    return found


def test_2100_requests_for_the_link_lock_nobody_out_now_or_after_a_restart(ask, come, open_it):
    answers = [come().join().status for _ in range(2100)]
    assert set(answers) == {303, 429} and answers.count(303) < 150
    refused = come().join()
    assert refused.status == 429 and int(refused.headers["retry-after"]) <= 2
    assert come("192.0.2.2").join().status == 303, "an unused place is given to who comes from elsewhere"
    again = open_it()
    learner = Learner(ask, again, "192.0.2.3")
    assert learner.join().status == 303 and learner("GET", "/api/mine").status == 200
    assert len(again.store.places()) <= again.settings.quotas.learners


def test_somebody_who_is_there_keeps_the_place_while_others_join(come, server):
    present = come("192.0.2.9")
    present.join()
    assert present("GET", "/api/mine").status == 200
    for n in range(300):
        come(f"192.0.2.{n % 5}").join()
    assert present("GET", "/api/mine").status == 200 and len(server.places) == 100


def test_60_joins_from_one_address_queue_a_third_of_a_class_and_others_get_their_turn(come, server):
    told = []
    for _ in range(60):
        learner = come()
        learner.join()
        told += [learner("POST", "/api/jobs", "", {}) for _ in range(3)]
    assert [answer.status for answer in told].count(202) == 33
    assert all(answer.headers["retry-after"] for answer in told if answer.status == 429)
    other = come("192.0.2.2")
    other.join()
    assert other("POST", "/api/jobs", "", {}).json()["place"] <= 12, "behind the first of each of eleven"


def test_all_together_have_a_queue_with_an_end(ask, open_it):
    server = open_it(queued=4, address_queued=3)
    told = []
    for n in range(3):
        learner = Learner(ask, server, f"192.0.2.{n}")
        learner.join()
        told += [learner("POST", "/api/jobs", "", {}) for _ in range(2)]
    assert [answer.status for answer in told] == [202] * 4 + [429] * 2 and told[-1].json()["place"] == 5


def test_a_place_that_is_not_used_is_given_back(come, server):
    unused, used, owner = come(), come(), come()
    for learner in (unused, used, owner):
        learner.join()
    used("GET", "/api/mine")
    assert owner("POST", "/api/jobs", "", {}).status == 202
    server.store.now.now += UNUSED_S + 1
    server.places.tidy()
    assert unused("GET", "/api/mine").status == 401 and len(server.places) == 2
    server.store.now.now += IDLE_S
    server.places.tidy()
    assert used("GET", "/api/mine").status == 401
    assert len(owner("GET", "/api/mine").json()["jobs"]) == 1, "what waits is kept, and so is the place"


def test_when_all_places_are_taken_the_one_not_used_for_longest_is_given_on(ask, open_it):
    server = open_it(learners=2)
    first, second = (Learner(ask, server) for _ in range(2))
    for learner in (first, second):
        learner.join()
        assert learner("POST", "/api/uploads", "name=t.csv", b"x").status == 201
    third = Learner(ask, server)
    refused = third.join()
    assert refused.status == 429 and refused.headers["retry-after"] and b"full" in refused.content
    server.store.now.now += IDLE_S + 1
    second("GET", "/api/mine")
    assert third.join().status == 303
    assert [learner("GET", "/api/mine").status for learner in (first, second, third)] == [401, 200, 200]
    assert [one.user for one in server.store.uploads()] == [hash_of(second.cookie.split("=")[1])]
    assert len(list((server.store.folder / "uploads").iterdir())) == 1


def test_a_place_whose_training_waits_is_never_given_on(ask, open_it):
    server = open_it(learners=1)
    owner = Learner(ask, server)
    owner.join()
    owner("POST", "/api/jobs", "", {})
    server.store.now.now += 100 * IDLE_S
    assert Learner(ask, server).join().status == 429


def test_when_somebody_was_last_seen_outlives_the_server(ask, open_it):
    server = open_it()
    learner = Learner(ask, server)
    learner.join()
    server.store.now.now += 1000
    learner("GET", "/api/mine")
    server.places.tidy()
    (place,) = open_it().places.listed()
    assert place.used and place.seen == server.store.now.now


def test_a_clock_that_was_set_back_keeps_nobody_out(tmp_path):
    store = Store(tmp_path / "class")
    store.now = lambda: 4e9
    places = Places(store, 1)
    places.join("192.0.2.1")
    store.close()
    again = Store(tmp_path / "class")
    assert again.now() >= 4e9 > time.time(), "no earlier than what was noted"
    again.close()
    watch = iter([100.0, 130.0])
    clock = Clock(5000.0, wall=lambda: 1000.0, watch=lambda: next(watch))
    assert clock() == 5030.0


def test_the_learners_of_an_earlier_version_keep_their_places(tmp_path):
    (tmp_path / "class").mkdir()
    base = sqlite3.connect(tmp_path / "class" / "class.db")
    base.executescript("CREATE TABLE users (user TEXT PRIMARY KEY, created REAL); INSERT INTO users VALUES ('u', 7)")
    base.close()
    for _ in range(2):
        store = Store(tmp_path / "class")
        assert [(place.user, place.joined) for place in store.places()] == [("u", 7)]
        store.close()


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("6.6.6.6, 203.0.113.5", "203.0.113.5"),
        ("2001:db8::1", "2001:db8::/64"),
        ("nonsense", "192.0.2.1"),
    ],
)
def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(come, server, told, address):
    come().join(("X-Forwarded-For", told))
    assert server.places.listed()[0].address == address


def test_without_a_proxy_nobody_says_where_they_come_from(come, server):
    server.settings = ClassSettings("", server.settings.folder, (HOST[1],), (ORIGIN,))
    come().join(("X-Forwarded-For", "203.0.113.5"))
    assert server.places.listed()[0].address == "192.0.2.1"


def test_networks_of_64_bits_are_one_neighbour():
    assert neighbourhood("::1") == "::/64" and neighbourhood("fe80::1%eth0") == "fe80::/64"
    assert neighbourhood("2001:db8::1") == neighbourhood("2001:db8::ffff:1") != neighbourhood("2001:db8:0:1::1")


def test_addresses_are_forgotten_before_they_are_too_many(monkeypatch):
    turns = Turns(Quotas(joins=1, join_every_s=0.001))
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for n in range(2 * MOST_COUNTED):
        now[0] += 0.001
        turns.take_join(str(n))
    assert len(turns._joins._left) <= MOST_COUNTED


def test_one_learner_asks_for_so_much_at_a_time():
    turns = Turns(Quotas(open_requests=1))
    with turns.asking("a"), turns.asking("b"), pytest.raises(RefusedError, match="at a time"), turns.asking("a"):
        pass
    with turns.asking("a"):
        pass


# What the teacher can do


def test_the_teacher_sees_who_is_there_and_nobody_else_does(come, teacher):
    learner = come()
    learner.join()
    learner("POST", "/api/jobs", "", {})
    (told,) = teacher("GET", "/teacher/api/class").json()["learners"]
    assert (told["number"], told["address"], told["trainings"], told["waiting"]) == (1, "192.0.2.1", 1, 1)
    assert learner("GET", "/api/class").json()["learner"] == told["number"]
    for path in ("/teacher/", "/teacher/api/class", "/teacher/teacher.js"):
        assert teacher("GET", path).status == 200
        assert learner("GET", path).status == come()("GET", path).status == 401
    assert come()("GET", "/teacher/", "key=guess").status == 401
    assert teacher("GET", "/api/mine").status == 401, "the teacher's cookie is no learner's"


def test_a_program_with_the_key_is_the_teacher(come, server):
    key = ("Authorization", f"Bearer {server.teacher.key}")
    assert come()("GET", "/teacher/api/class", "", None, key).status == 200
    assert come()("GET", "/teacher/api/class", "", None, ("Authorization", "Bearer guess")).status == 401


def test_another_page_cannot_use_the_teachers_cookie(teacher):
    evil = ("Origin", "https://evil.com")
    assert teacher("POST", "/teacher/api/link", "", None, evil).status == 403
    assert teacher("DELETE", "/teacher/api/learners/1", "", None, ("Sec-Fetch-Site", "cross-site")).status == 403


def test_removing_a_learner_deletes_what_they_did_and_lets_them_in_anew_only_with_the_link(come, server, teacher):
    learner, other = come(), come("192.0.2.2")
    for one in (learner, other):
        one.join()
        one("POST", "/api/jobs", "", {})
        one("POST", "/api/uploads", "name=t.csv", b"x")
    told = teacher("DELETE", "/teacher/api/learners/1").json()
    assert [one["number"] for one in told["learners"]] == [2]
    assert learner("GET", "/api/mine").status == 401 and other("GET", "/api/mine").status == 200
    assert len(server.store.waiting()) == len(server.store.uploads()) == 1
    assert len(list((server.store.folder / "uploads").iterdir())) == 1
    for path in ("/teacher/api/learners/1", "/teacher/api/learners/99999999999999"):
        assert teacher("DELETE", path).status == 404
    assert learner.join().status == 303 and server.places.listed()[-1].number == 3, "a number is given once"


def test_all_learners_of_one_address_are_removed_together(come, server, teacher):
    for client in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        come(client).join()
    assert teacher("DELETE", "/teacher/api/learners", "address=192.0.2.1").status == 200
    assert [place.address for place in server.places.listed()] == ["192.0.2.2"]
    assert teacher("DELETE", "/teacher/api/learners").status == 404, "no address is nobody's"


def test_a_changed_link_lets_in_and_the_old_one_does_not_also_after_a_restart(ask, come, server, teacher, open_it):
    inside, old = come(), server.places.token
    inside.join()
    link = teacher("POST", "/teacher/api/link").json()["link"]
    assert link == f"{ORIGIN}/?token={server.places.token}" and old not in link
    assert come()("GET", "/", f"token={old}").status == 401 and come().join().status == 303
    assert inside("GET", "/api/mine").status == 200
    assert inside("GET", "/", f"token={old}").status == 303, "who is in gets the page and no second place"
    assert open_it().places.token == server.places.token


def test_behind_a_closed_door_those_inside_go_on_also_after_a_restart(ask, come, server, teacher, open_it):
    inside = come()
    inside.join()
    assert teacher("PUT", "/teacher/api/door", "", {"open": False}).json()["open"] is False
    refused = come().join()
    assert refused.status == 403 and b"closed" in refused.content and inside("GET", "/api/mine").status == 200
    again = open_it()
    assert Learner(ask, again).join().status == 403
    again.places.open_door(True)
    assert Learner(ask, again).join().status == 303


@pytest.mark.parametrize("sent", [{}, [], {"open": 1}, {"open": "no"}, b"{"])
def test_a_door_is_open_or_not(teacher, sent):
    assert teacher("PUT", "/teacher/api/door", "", sent).status == 422


# What is kept, and for whom


def rights(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_kept_is_the_owners_alone_also_where_others_could_read_it(ask, open_it, tmp_path):
    before = os.umask(0)
    try:
        server = open_it()
        learner = Learner(ask, server)
        learner.join()
        learner("POST", "/api/uploads", "name=t.csv", b"x")
        found = sorted(server.store.folder.rglob("*"))
        assert {"class.db", "class.db-wal", "uploads"} <= {path.name for path in found}
        assert all(rights(path) == (0o700 if path.is_dir() else 0o600) for path in (*found, server.store.folder))
        for path in (*found, server.store.folder):
            path.chmod(0o777)
        server = open_it()
        found = server.store.folder.rglob("*")
        assert all(rights(path) == (0o700 if path.is_dir() else 0o600) for path in (*found, server.store.folder))
    finally:
        os.umask(before)


def test_a_folder_of_something_else_is_left_as_it_is(tmp_path):
    (tmp_path / "letters.txt").write_text("mine")
    tmp_path.chmod(0o755)
    with pytest.raises(RunError, match="something other"):
        Store(tmp_path)
    assert rights(tmp_path) == 0o755 and [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_a_table_that_arrives_after_its_learner_was_removed_is_not_kept(come, server):
    @contextmanager
    def uploading(user):
        server.places.remove(server.places.listed()[0])
        yield

    learner = come()
    learner.join()
    server.turns.uploading = uploading
    assert learner("POST", "/api/uploads", "name=t.csv", b"x").status == 401
    assert server.store.uploads() == [] and list((server.store.folder / "uploads").iterdir()) == []


# How it is opened


def opened(tmp_path, **named):
    wanted = {"port": 0, "host": "127.0.0.1", "public_url": None, "n_workers": 1, "learners": 30, "behind_proxy": False}
    server, listening = open_class("", tmp_path / "class", **{**wanted, **named})
    listening.close()
    server.store.close()
    return server


@pytest.mark.parametrize(
    ("public_url", "hosts", "link"),
    [
        ("https://Class.Example.org", {"class.example.org", "class.example.org:443"}, "https://class.example.org/?"),
        ("https://class.example.org:443/", {"class.example.org"}, "https://class.example.org/?"),
        ("https://class.example.org:8443/a/", {"class.example.org:8443"}, "https://class.example.org:8443/a/?"),
        ("https://schüle.example", {"xn--schle-mva.example"}, "https://xn--schle-mva.example/?"),
        ("http://[::1]:8000", {"[::1]:8000"}, "http://[::1]:8000/?"),
    ],
)
def test_the_address_outside_is_the_host_the_origin_and_the_link(tmp_path, public_url, hosts, link):
    server = opened(tmp_path, public_url=public_url)
    assert hosts <= set(server.settings.hosts) and server.teacher.class_link.startswith(link)
    scheme = public_url.partition(":")[0]
    assert {f"{scheme}://{host}" for host in hosts} <= set(server.settings.origins)
    assert server.settings.is_safe == (scheme == "https")


@pytest.mark.parametrize(
    "public_url",
    ["class.example.org", "ftp://a", "https://", "https://a@b", "https://a:x", "https://a:99999", "https://a?b",
     "https://a b", "https://a\n", "https://[::1", ""],
)  # fmt: skip
def test_what_is_no_address_is_refused(tmp_path, public_url):
    with pytest.raises(UsageError, match="not a valid address"):
        opened(tmp_path, public_url=public_url)
    assert not (tmp_path / "class").exists()


def test_a_proxy_is_believed_only_where_nobody_can_pass_it_by(tmp_path):
    with pytest.raises(UsageError, match="this machine alone"):
        opened(tmp_path, host=_address_of_this_machine(), behind_proxy=True)
    assert opened(tmp_path, behind_proxy=True).settings.behind_proxy


def _address_of_this_machine():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        try:
            found.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return found.getsockname()[0]


def test_a_class_of_another_size_has_other_bounds():
    quotas = Quotas.of(300)
    assert (quotas.learners, quotas.joins, quotas.queued, quotas.address_queued) == (300, 300, 600, 100)


@pytest.mark.parametrize("words", [["--learners", "30"], ["--behind-proxy"]])
def test_the_options_of_a_class_belong_to_a_class(words):
    answer = CliRunner().invoke(app, ["explore", *words])
    assert answer.exit_code == 2 and "belong to --class" in answer.output
