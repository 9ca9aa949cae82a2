"""The Makefile's installer hands pip's settings to uv, and leaves the work to pip where it cannot."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def install():
    found = importlib.util.spec_from_file_location("install", ROOT / "tools" / "install.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def ran(install, monkeypatch, tmp_path):
    """Run nothing: keep the commands, and answer each with what ``ran.answers`` holds for its first word."""

    class Ran(list):
        def __init__(self):
            self.codes, self.settings = {}, ""

        def __call__(self, command, env=None, **_):
            words = [Path(command[0]).name, *map(str, command[1:])]
            self.append((words, env))
            return subprocess.CompletedProcess(command, self.codes.get(words[0], 0), stdout=self.settings)

    (tmp_path / "uv").touch()
    monkeypatch.setattr(install.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(install.subprocess, "run", ran := Ran())
    return ran


def installed_by(ran):
    return [words[0] for words, _ in ran if "install" in words]


def test_pips_settings_become_uvs_and_the_environment_goes_first(install):
    listed = """global.index-url='https://mirror.example/simple'
global.timeout='60'
install.find-links='/wheels\\n/more'
:env:.index-url='https://other.example/simple'"""
    assert install.for_uv(listed) == {
        "UV_DEFAULT_INDEX": "https://other.example/simple",
        "UV_FIND_LINKS": "/wheels /more",
    }


def test_no_settings_need_no_translation(install):
    assert install.for_uv("") == {}


def test_a_setting_that_uv_may_not_follow_leaves_the_work_to_pip(install, ran):
    ran.settings = "global.only-binary=':all:'"
    assert install.main(["numpy"]) == 0
    assert len(installed_by(ran)) == 1 and "uv" not in installed_by(ran)


def test_uv_installs_with_pips_settings(install, ran):
    ran.settings = "global.constraint='/etc/constraints.txt'"
    assert install.main(["--editable", "."]) == 0
    assert installed_by(ran) == ["uv"]
    words, env = ran[-1]
    assert words[-2:] == ["--editable", "."] and env["UV_CONSTRAINT"] == "/etc/constraints.txt"


def test_where_uv_fails_pip_installs_and_its_exit_code_counts(install, ran):
    ran.codes = {"uv": 2, "python": 0, Path(install.PIP[0]).name: 7}
    assert install.main(["numpy"]) == 7
    assert installed_by(ran)[0] == "uv" and len(installed_by(ran)) == 2
