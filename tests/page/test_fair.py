"""Whose turn it is, how long it takes, and what the class keeps on disk."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.errors import RunError
from convscope.page.classroom.fair import Waiting, in_turn, seconds_to_wait
from convscope.page.classroom.store import Store, Upload, hash_of, new_secret
from convscope.page.classroom.turns import Quotas, Turns
from convscope.page.guard import RefusedError


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "class")
    yield found
    found.close()


def test_a_learner_with_many_jobs_does_not_hold_up_the_others():
    jobs = [Waiting(f"a{n}", "a", n) for n in range(10)] + [Waiting("b0", "b", 10), Waiting("c0", "c", 11)]
    assert [one.job for one in in_turn(jobs, [])][:4] == ["a0", "b0", "c0", "a1"]
    assert [one.job for one in in_turn(jobs, ["a", "a"])][:3] == ["b0", "c0", "a0"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from("abcd"), max_size=30), st.lists(st.sampled_from("abcd"), max_size=4))
def test_nobody_waits_for_more_than_one_job_of_each_other_learner_per_own_job(users, running):
    jobs = [Waiting(f"{n}", user, n) for n, user in enumerate(users)]
    order = in_turn(jobs, running)
    assert sorted(order, key=lambda one: one.number) == jobs
    for place, one in enumerate(order):
        rank = running.count(one.user) + sum(other.user == one.user for other in order[:place])
        before = [other for other in order[:place] if other.user != one.user]
        for user in {other.user for other in before}:
            assert sum(other.user == user for other in before) + running.count(user) <= max(
                rank + 1, running.count(user)
            )


def test_the_wait_grows_with_the_queue_and_has_an_end():
    assert seconds_to_wait(10, 1, [2.0]) == 20
    assert seconds_to_wait(10, 5, [2.0]) == 4
    assert seconds_to_wait(10**9, 1, []) == 3600


def test_a_secret_has_128_bits_and_only_its_hash_is_kept(store):
    secrets = {new_secret() for _ in range(1000)}
    assert len(secrets) == 1000 and all(len(bytes.fromhex(secret)) == 16 for secret in secrets)
    secret = secrets.pop()
    store.add_place(hash_of(secret), "192.0.2.7")
    store.close()
    kept = b"".join(path.read_bytes() for path in store.folder.rglob("*") if path.is_file())
    assert secret.encode() not in kept and hash_of(secret).encode() in kept


def test_what_ran_is_queued_again_in_its_place_and_given_up_after_three_times(store):
    first, second = (store.add_job("a", {"data": "digits"}) for _ in range(2))
    for attempt in range(3):
        store.begin(first)
        assert store.queue_again() == (1 if attempt < 2 else 0)
    assert store.job(first).state == "failed" and "several times" in store.job(first).message
    assert [one.job for one in store.waiting()] == [second]


def test_a_job_that_ended_stays_as_it_is(store):
    job = store.add_job("a", {"data": "digits"})
    store.end(job, "cancelled")
    store.end(job, "done", result={"accuracy": 1.0})
    assert store.job(job).state == "cancelled" and store.job(job).result is None


def test_uploads_and_jobs_expire_but_not_a_table_that_is_still_needed(store):
    now = time.time()
    for name in ("needed", "old"):
        store.upload_path(name).with_suffix(".csv").write_text("x")
        store.add_upload(Upload(name, "a", f"{name}.csv", 1, now - 100))
    store.upload_path("torn").with_suffix(".part").write_text("x")
    waiting, ended = store.add_job("a", {"data": "needed"}), store.add_job("a", {"data": "old"})
    store.job_path(ended).mkdir()
    store.end(ended, "done", result={})
    store.expire(uploads_before=now - 50, jobs_before=now + 100)
    assert [one.upload for one in store.uploads()] == ["needed"]
    assert sorted(path.name for path in (store.folder / "uploads").iterdir()) == ["needed.csv", "torn.part"]
    assert store.job(ended) is None and not store.job_path(ended).exists() and store.job(waiting) is not None
    store.close()
    again = Store(store.folder)
    assert [path.name for path in (again.folder / "uploads").iterdir()] == ["needed.csv"]
    again.close()


def test_a_folder_is_served_once_and_a_damaged_one_is_refused(store, tmp_path):
    with pytest.raises(RunError, match="is being served already"):
        Store(store.folder)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "class.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(RunError, match="cannot be opened"):
        Store(tmp_path / "other")


def test_who_asks_too_often_is_told_to_wait_and_nobody_else_is():
    turns = Turns(Quotas(requests_per_s=0.001, burst=3))
    for _ in range(3):
        turns.take_request("a")
    with pytest.raises(RefusedError, match="too often") as caught:
        turns.take_request("a")
    assert (caught.value.status, caught.value.headers["retry-after"]) == (429, "1")
    turns.take_request("b")
