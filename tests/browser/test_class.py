"""The teacher's page in Chromium, with a class whose model and workers never begin."""

import asyncio
import queue
import socket
import threading

import pytest
import requests
import uvicorn

from convscope.page._listening import usual_config
from convscope.page.classroom.server import ClassServer, ClassSettings

pytestmark = pytest.mark.browser


@pytest.fixture
def classroom(tmp_path):
    listening = socket.create_server(("127.0.0.1", 0))
    host = f"127.0.0.1:{listening.getsockname()[1]}"
    wanted = ClassSettings("", tmp_path / "class", (host,), (f"http://{host}",), 0, address=f"http://{host}")
    made = queue.Queue()

    def serve():
        server = ClassServer(wanted)
        server.answerer.serve = lambda: asyncio.sleep(0)
        made.put((server, runner := uvicorn.Server(usual_config(server.app))))
        runner.run(sockets=[listening])

    thread = threading.Thread(target=serve)
    thread.start()
    server, runner = made.get()
    yield server.teacher
    runner.should_exit = True
    thread.join()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_teacher_removes_a_learner_changes_the_link_and_closes_the_door(classroom, new_page, width):
    learners = [requests.Session() for _ in range(2)]
    for learner in learners:
        assert learner.get(classroom.class_link).status_code == 200
    page, asked = new_page(viewport={"width": width, "height": 800}), []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    page.goto(classroom.link)
    assert "key" not in page.url
    page.get_by_role("button", name="Remove learner 1").click()
    page.get_by_text("1 learner", exact=True).wait_for()
    page.get_by_role("button", name="Close the door").click()
    page.get_by_text("The door is closed").wait_for()
    old = classroom.class_link
    page.get_by_role("button", name="Change the link").click()
    page.get_by_text("The link is changed").wait_for()
    assert page.inner_text("#link") == classroom.class_link != old and len(asked) == 2
    mine = f"{classroom.class_link.split('?')[0]}api/mine"
    assert [learner.get(mine).status_code for learner in learners] == [401, 200]
    assert requests.get(classroom.class_link).status_code == 403
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.messages == [] and all(url.startswith(mine.removesuffix("api/mine")) for url in page.requests)
