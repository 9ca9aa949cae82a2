"""Programs that students hand in: honest ones get their points, hostile ones get none, hang nothing, touch nothing."""

import json
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.course.grading import grade_folder
from convscope.course.running import prepare_runner
from convscope.course.sandbox import (
    Limits,
    Sandbox,
    SandboxError,
    _bubblewrap,
    _needed,
    find_sandbox,
    make_empty_image,
    own_files,
)
from convscope.errors import UsageError

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
LIMITS = Limits(seconds=12, memory_bytes=2_000_000_000)
ALL = "for name in ('three_inner_layers', 'convolution_function', 'cnn_on_shuffled', 'cnn_on_fashion', 'input_size'):\n"
FORGED = {"answers": {"three_inner_layers": 1, "input_size": "correct"}, "failures": [], "status": "correct"}

HOSTILE = {
    "endless": "import time\nwhile True: pass",
    "fork bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "thread bomb": "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()",
    "memory": "kept = []\nwhile True: kept.append(bytearray(10 ** 8))",
    "disk": "for n in range(99):\n    try: open(f'/tmp/{n}', 'wb').write(bytes(6 * 10 ** 7))\n    except OSError: pass",
    "1 GB of output": "import sys\nfor n in range(1000): sys.stdout.write('x' * 10 ** 6); sys.stderr.write('y')",
    "1 GB into the result": "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'x' * 10 ** 9)\n"
    "    except OSError: pass",
    "forged result": f"import os\nfor fd in range(3, 64):\n    try: os.write(fd, {json.dumps(FORGED)!r}.encode())\n"
    "    except OSError: pass\nos._exit(0)",
    "forged beside the true one": f"import os\nfor fd in range(3, 64):\n    try: os.write(fd, {json.dumps(FORGED)!r}"
    ".encode())\n    except OSError: pass",
    "forged result files": "import json, pathlib\nfor name in ('results.json', 'grades.csv', '/tmp/grades.csv', "
    "'/autograder/results/results.json'):\n    try: pathlib.Path(name).write_text('{\"score\": 17}')\n"
    "    except OSError: pass",
    "patched json": f"import json\njson.dumps = lambda *given, **more: {json.dumps(FORGED)!r}",
    "patched json to rubbish": "import json\njson.dumps = lambda *given, **more: '{\"answers\": [' * 10 ** 5",
    "patched checks": "import builtins, convscope.course.exercise as one\none.Exercise.check = lambda *given: True\n"
    "builtins.all = builtins.any = lambda *given: True",
    "the course's answers": "from convscope.course import ex\ninput_size = ex.input_size.reference()\n"
    "three_inner_layers = ex.three_inner_layers.reference()",
    "the checks' files": "import convscope.course, pathlib\nhere = pathlib.Path(convscope.course.__file__).parent\n"
    "input_size = [p.read_text() for p in (here / 'exercises').glob('*')] or here.joinpath('exercises', "
    "'input_size.py').read_text()",
    "the home folder": "import os, pathlib\ninput_size = str([list(pathlib.Path(os.path.expanduser(home)).rglob('*')) "
    "for home in ('~', '~root', '/home', '/root/.ssh')])",
    "a password file": "input_size = open('/etc/passwd').read() + open('/etc/shadow').read()",
    "root again": "import os\nos.setuid(0); os.setgid(0)\ninput_size = 784 if os.getuid() == 0 else None",
    "another namespace": "import subprocess\nfor words in (['unshare', '-Ur', 'mount', '-o', 'remount,rw', '/'], "
    "['mount', '-t', 'tmpfs', 'none', '/usr']):\n    subprocess.run(words)\nopen('/usr/forged', 'w').write('x')",
    "the package": "import convscope, pathlib\npathlib.Path(convscope.__file__).write_text('raise SystemExit')",
    "its parent": "import os, signal\nfor pid in (1, os.getppid(), -1):\n    os.kill(pid, signal.SIGKILL)",
    "its own limits": "import resource\nresource.setrlimit(resource.RLIMIT_NPROC, (10 ** 6, 10 ** 6))",
    "a pickle": "class Evil:\n    def __reduce__(self): import os; return os.system, ('touch PLACE/pickled',)\n"
    "input_size = Evil()\nthree_inner_layers = Evil()",
    "a saved model": "import keras\nmodel = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)])\n"
    "model.save('/tmp/evil.keras')\nthree_inner_layers = '/tmp/evil.keras'",
    "links": "import os\nos.symlink('PLACE', '/tmp/out')\nopen('/tmp/out/forged', 'w').write('x')",
    "write outside": "open('PLACE/forged', 'w').write('x')",
    "labels as predictions": "from convscope.course.lesson_data import images, clothes\ntest = clothes().test\n"
    "cnn_on_fashion = {'labels': test.labels, 'predictions': test.labels}\ndigits = images().test\n"
    "columns = digits.columns[::-1]\ncnn_on_shuffled = {'labels': digits.labels, 'original': digits.labels, "
    "'shuffled': digits.labels, 'train columns': columns, 'test columns': columns}",
    "labels of its own": "cnn_on_fashion = {'labels': [1] * 100, 'predictions': [1] * 90 + [0] * 10}\n"
    "cnn_on_fashion.update(labels=[1] * 100)",
    "a function that loops": "def convolution_function(picture, kernel):\n    while True: pass",
    "a function that returns a world": "import numpy\ndef convolution_function(p, k): return numpy.zeros(10 ** 8)",
    "a function by heart": "def output_size(*sizes): return (3, 3)\ndef convolution_function(p, k): "
    "return [[2, 2, 3], [1, 2, 1], [1, 1, 0]]",
    "layers without end": "class Model:\n    @property\n    def layers(self): return [self] * 10 ** 7\n"
    "    def __getattr__(self, name): return 10\nthree_inner_layers = Model()",
    "an object that lies": "class Liar:\n    def __eq__(self, other): return True\n    def __hash__(self): return 1\n"
    "    def __array__(self, *given, **more): import numpy; return numpy.array([self], dtype=object)\n"
    "    def __float__(self): return 784.0\ninput_size = Liar()\nconvolve_by_hand = Liar()",
    "nested without end": "input_size = one = []\nfor n in range(10 ** 5): one.append([]); one = one[0]",
    "ends early": "import sys, os, atexit\natexit.register(lambda: 1)\nsys.exit(0)\nos._exit(0)",
    "a thread that stays": "import threading, time\nthreading.Thread(target=time.sleep, args=(999,)).start()",
    "stops itself": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "closes everything": "import os\nos.closerange(0, 256)",
    "infinite and none": "input_size = float('inf') * 1\nconvolve_by_hand = [[float('nan')] * 3] * 3",
    "undecodable": "input_size = '\\ud800' * 2",
}  # fmt: skip


@pytest.fixture(scope="module")
def runner():
    with prepare_runner(find_sandbox(LIMITS), 100) as found:
        yield found


@pytest.mark.timeout(10 * LIMITS.seconds)  # what hangs is ended in LIMITS.seconds; the rest is room for a busy machine
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_program_gains_nothing_hangs_nothing_and_touches_nothing(name, runner, tmp_path):
    folder, place = tmp_path / "in", tmp_path / "place"
    folder.mkdir()
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    claims = ALL + "    globals()[name] = globals().get(name, 'correct')\n"
    names = (
        "three_inner_layers = convolution_function = cnn_on_shuffled = cnn_on_fashion = input_size = None or str('x')\n"
    )
    (folder / "evil.py").write_text(names + HOSTILE[name].replace("PLACE", str(place)) + "\n" + claims)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    (grade,) = grade_folder(folder, runner=runner)
    assert grade.points == 0, {key: str(value) for key, value in grade.results.items() if value}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_no_byte_reaches_the_network(runner, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard = []
        Thread(target=lambda: heard.append(server.accept()), daemon=True).start()
        port = server.getsockname()[1]
        tries = f"""
import socket
said = []
local = socket.AF_INET, ("127.0.0.1", {port})
places = [local, (socket.AF_UNIX, "\\0convscope"), (socket.AF_INET, ("192.0.2.1", 9))]
for family, address in places:
    try:
        one = socket.socket(family); one.settimeout(1); one.connect(address); said.append("open")
    except OSError as error:
        said.append(type(error).__name__)
input_size = ",".join(said)
"""
        answer = runner.sandbox.run({"cells": [tries], "names": ["input_size"], "probes": {}})["answers"]["input_size"]
        assert "open" not in answer and answer.count(",") == 2
        assert not heard


def test_a_program_is_nobody_without_rights_and_sees_python_and_convscope_alone(runner):
    look = """
import os, pathlib
a = [os.getuid(), os.getgid(), os.getgroups()]
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
b = [status[name].strip() for name in ("CapEff", "CapPrm", "NoNewPrivs")]
c = sorted(name for name in os.environ)
d = [str(p) for p in pathlib.Path("/").glob("*/") if os.access(p, os.W_OK)]
e = len([p for p in pathlib.Path("/proc").glob("[0-9]*")])
"""
    said = runner.sandbox.run({"cells": [look], "names": list("abcde"), "probes": {}})["answers"]
    listed = [part.get("parts") if isinstance(part, dict) else part for part in said["a"]["parts"]]
    assert listed in ([65534, 65534, []], [65534, 65534, [65534]])
    assert said["b"]["parts"] == ["0" * 16, "0" * 16, "1"]
    assert not {"USER", "SSH_AUTH_SOCK", "CONVSCOPE_HOME"} & set(said["c"]["parts"])
    assert said["d"]["parts"] == ["/tmp"]
    assert said["e"] <= 3


def test_an_honest_program_gets_its_points(tmp_path):
    (tmp_path / "a.py").write_text("""
import numpy as np
def convolution_function(picture, kernel):
    height, width = picture.shape[0] - kernel.shape[0] + 1, picture.shape[1] - kernel.shape[1] + 1
    return [[float((picture[y:y + kernel.shape[0], x:x + kernel.shape[1]] * kernel).sum()) for x in range(width)]
            for y in range(height)]
def output_size(height, width, down, right):
    return height - down + 1, width - right + 1
picture = np.array([[1, 0, 1, 0], [0, 1, 1, 1], [0, 1, 0, 0], [1, 0, 0, 0]])
convolve_by_hand = convolution_function(picture, np.array([[1, 0], [1, 1]]))
stride_two = np.array(convolve_by_hand)[::2, ::2]
import keras
keras.utils.set_random_seed(1)
three_inner_layers = keras.Sequential([keras.layers.Dense(n, activation="relu") for n in (10, 5, 5)]
                                      + [keras.layers.Dense(2, activation="softmax")])
broken = 1 / 0
""")
    unhurried = Limits(seconds=10 * LIMITS.seconds, memory_bytes=LIMITS.memory_bytes)  # it imports Keras
    with prepare_runner(find_sandbox(unhurried), 100) as runner:
        (grade,) = grade_folder(tmp_path, runner=runner)
    right = {name for name, result in grade.results.items() if result}
    assert right == {"convolution_function", "output_size", "convolve_by_hand", "stride_two", "three_inner_layers"}


def test_without_a_sandbox_it_refuses_unless_the_files_are_the_teachers_own(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.py").write_text("import math\ninput_size = math.prod((28, 28))")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no sandbox"):
        find_sandbox()
    refused = CliRunner().invoke(app, ["course", "grade", str(tmp_path / "in"), "-o", str(tmp_path / "g.csv"), "--run"])
    assert refused.exit_code == 2 and "own-files" in refused.stderr and not (tmp_path / "g.csv").exists()
    words = ["course", "grade", str(tmp_path / "in"), "-o", str(tmp_path / "g.csv"), "--own-files", "--rows", "100"]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert "a.py,1,17" in (tmp_path / "g.csv").read_text()


def test_own_files_still_end_in_time(tmp_path):
    with pytest.raises(SandboxError, match="longer than 2 s"):
        own_files(Limits(seconds=2)).run({"cells": ["while True: pass"], "names": [], "probes": {}})


@pytest.mark.parametrize("tool", ["podman", "docker"])
def test_a_container_shuts_away_too(tool):
    sandbox = find_in_containers(tool)
    look = "import os\na = os.getuid()\nb = sorted(os.listdir('/home')) if os.path.exists('/home') else []"
    said = sandbox.run({"cells": [look, "open('/x', 'w')"], "names": ["a", "b"], "probes": {}})
    assert said["answers"]["a"] == 65534 and said["answers"]["b"]["parts"] == []
    assert "Read-only" in said["failures"][0]


def find_in_containers(tool):
    """Give the tool's sandbox, or skip where the tool or its service is not there."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    try:
        make_empty_image(tool)
        sandbox = Sandbox(tool, LIMITS)
        sandbox.run({"cells": [], "names": [], "probes": {}})
    except (SandboxError, OSError) as error:
        pytest.skip(f"{tool} does not work here: {error}")
    return sandbox


def test_what_python_needs_may_lie_under_tmp():
    with tempfile.TemporaryDirectory(dir="/tmp") as home:
        needed = Path(home) / "needed"
        needed.mkdir(mode=0o755)
        (needed / "file").write_text("seen")
        mounts = [(path, path) for path in (*_needed(), needed) if not str(path).startswith("/tmp") or path == needed]
        command = [*_bubblewrap(mounts, LIMITS), "/bin/cat", str(needed / "file")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout == "seen", done.stderr
