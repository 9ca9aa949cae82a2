"""Work shared among threads: every part is done once, and what fails is told where it was asked for."""

import threading

import pytest

from convscope.engine._threads import workers


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_parts_come_back_in_order_and_no_thread_stays(n_threads):
    before = threading.active_count()
    with workers(n_threads) as work:
        assert work(lambda part: 2 * part, range(7)) == [0, 2, 4, 6, 8, 10, 12]
        assert work(lambda part: part, [9]) == [9]
        assert work(lambda part: part, []) == []
    assert threading.active_count() == before


@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("who", ["the caller", "another"])
def test_what_fails_is_raised_where_it_was_asked_for_and_work_goes_on(n_threads, who):
    if n_threads == 1 and who == "another":
        pytest.skip("there is no other")
    meet = threading.Barrier(n_threads)

    def fail_in_one_place(part):
        meet.wait(timeout=10)  # each thread takes one
        if (threading.current_thread() is threading.main_thread()) == (who == "the caller"):
            raise ValueError(f"part {part}")

    with workers(n_threads) as work:
        with pytest.raises(ValueError, match="part"):
            work(fail_in_one_place, range(n_threads))
        assert work(lambda part: part, range(4)) == [0, 1, 2, 3]
