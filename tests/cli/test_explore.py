"""`convscope explore`: a link on stdout, a page behind it, and a clean end."""

import http.client
import os
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from convscope.cli._app import app


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "digits"
    result = CliRunner().invoke(
        app, ["train", "digits", "--limit", "80", "--epochs", "1", "--out", str(folder), "--quiet"]
    )
    assert result.exit_code == 0, result.output
    return folder


def test_a_run_is_served_until_ctrl_c(run):
    command = [sys.executable, "-m", "convscope.cli", "explore", str(run), "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    link = urlsplit(process.stdout.readline().strip())
    connection = http.client.HTTPConnection(link.hostname, link.port, timeout=120)
    connection.request("GET", f"{link.path}?{link.query}")
    response = connection.getresponse()
    assert response.status == 303
    cookie = response.getheader("set-cookie").split(";")[0]
    response.read()
    connection.request("GET", "/api/bundle", headers={"Cookie": cookie})
    assert b"convscope.bundle/2" in connection.getresponse().read()
    connection.close()
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert stdout == "" and "Traceback" not in stderr and "interrupted" in stderr


def test_what_cannot_be_shown_is_told(run, tmp_path):
    for arguments, message in (
        (["no-such-run"], "no run"),
        ([str(run), "--data", str(tmp_path / "missing.csv")], "missing.csv"),
        ([str(run), "--data", "mnist", "--host", "0.0.0.0"], ""),
    ):
        result = CliRunner().invoke(app, ["explore", *arguments, "--no-browser"])
        assert result.exit_code in (1, 2, 3) and message in result.stderr and "Traceback" not in result.stderr
