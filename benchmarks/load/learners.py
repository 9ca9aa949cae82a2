"""Learners of one class, for locust: each opens the page, looks, predicts, trains, and thinks in between.

``LINK`` in the environment is the link of the class; ``SHAPE=start`` lets everybody open the page once and stop.
"""

import json
import os
import random
from urllib.parse import urlsplit

from locust import FastHttpUser, between, constant, task

LINK = urlsplit(os.environ["LINK"])
PICTURES = [json.dumps({"pixels": [random.randint(0, 255) for _ in range(64)]}) for _ in range(50)]
FILES = ("class.js", "class.css", "convscope.css", "api/class", "api/mine")


class Learner(FastHttpUser):
    """One learner with a cookie of their own."""

    host = f"{LINK.scheme}://{LINK.netloc}"
    wait_time = constant(1000) if os.environ.get("SHAPE") == "start" else between(5, 15)
    network_timeout = connection_timeout = 30.0

    def on_start(self):
        """Open the link, and what the page loads with it."""
        self.client.get(f"/?{LINK.query}", name="page: the link")
        for name in FILES:
            self.client.get(f"/{name}", name=f"page: {name}")

    @task(4)
    def look(self):
        """Look at one's own trainings, as the page does by itself."""
        self.client.get("/api/mine", name="page: api/mine")

    @task(2)
    def come_back(self):
        """Open the page of the class again."""
        self.client.get("/", name="page: /")

    @task(2)
    def open_model(self):
        """Open the explorer with the model of the class."""
        self.client.get("/model/", name="page: model/")
        self.client.get("/convscope.js", name="page: convscope.js")
        self.client.get("/model/api/bundle", name="page: bundle")

    @task(6)
    def predict(self):
        """Ask for one prediction."""
        with self.client.post(
            "/api/predict", data=random.choice(PICTURES), name="predict", catch_response=True
        ) as answer:
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}")

    @task(1)
    def train(self):
        """Ask for a training; a full queue and a quota used up are proper answers."""
        wanted = json.dumps({"model": "linear", "epochs": 1, "rows": 500})
        with self.client.post("/api/jobs", data=wanted, name="train", catch_response=True) as answer:
            if answer.status_code in (202, 429):
                answer.success()
