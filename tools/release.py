"""Build a release, check it, and tag it.

``python tools/release.py`` is a rehearsal: it builds wheel and sdist in an environment of their own, checks them, and
changes nothing. ``--tag`` also makes the tag. Nothing is ever uploaded or pushed; the last lines say how.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
NEEDED = (
    "convscope/page/convscope.js",
    "convscope/page/convscope.css",
    "convscope/page/teach.js",
    "convscope/py.typed",
)


def run(*words: object) -> str:
    """Run a program, and end with what it said if it fails."""
    done = subprocess.run([str(word) for word in words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def versions() -> dict[str, str]:
    """Read the version in every place that states it."""
    places = {
        "src/convscope/__init__.py": r'^__version__ = "(.+)"$',
        "CITATION.cff": r"^version: (.+)$",
        "CHANGELOG.md": r"^## \[(.+?)\]",
    }
    found = {
        "pyproject.toml": tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    }
    for place, pattern in places.items():
        match = re.search(pattern, (ROOT / place).read_text(encoding="utf-8"), re.MULTILINE)
        found[place] = match[1] if match else "none"
    return found


def agreed_version() -> str:
    """Give the version, if all places state the same."""
    found = versions()
    if len(set(found.values())) != 1:
        raise SystemExit("the versions differ:\n" + "\n".join(f"  {place}: {one}" for place, one in found.items()))
    return found["pyproject.toml"]


def check_ready(version: str) -> None:
    """Refuse to tag what is not committed, not dated, or tagged already."""
    if run("git", "status", "--porcelain").strip():
        raise SystemExit("there are changes that are not committed.")
    if run("git", "tag", "--list", f"v{version}").strip():
        raise SystemExit(f"v{version} exists already.")
    if not re.search(
        rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    ):
        raise SystemExit(f"CHANGELOG.md gives no date for {version}.")


def build(folder: Path) -> list[Path]:
    """Build wheel and sdist without a warning, and let twine check them."""
    venv.create(folder / "tools", with_pip=True)
    python = folder / "tools" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "build", "twine")
    said = run(python, "-W", "error", "-m", "build", "--outdir", folder / "dist", ROOT)
    if "warning" in said.lower():
        raise SystemExit(f"the build warns:\n{said}")
    made = sorted((folder / "dist").iterdir())
    run(python, "-m", "twine", "check", "--strict", *made)
    return made


def check_contents(made: list[Path]) -> None:
    """Compare what was packed with what is committed."""
    kept = run("git", "ls-files", "src/convscope", "notebooks").split("\n")
    lessons = {f"convscope/course/lessons/{Path(name).name}" for name in kept if name.startswith("notebooks/")}
    expected = {name.removeprefix("src/") for name in kept if name.startswith("src/")} | lessons
    (wheel,), (sdist,) = ([path for path in made if path.name.endswith(kind)] for kind in (".whl", ".tar.gz"))
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    with tarfile.open(sdist) as archive:
        inner = {name.partition("/")[2] for name in archive.getnames()}
    ignored = set(run("git", "ls-files", "--others", "--ignored", "--exclude-standard").split("\n"))
    faults = {
        "missing in the wheel": (expected | set(NEEDED)) - packed,
        "in the wheel, but not committed": packed - expected,
        "in the sdist, but ignored by git": inner & ignored - {""},
        "missing in the sdist": {f"src/{name}" for name in expected - lessons} - inner,
    }
    told = [f"{fault}: {', '.join(sorted(names)[:5])}" for fault, names in faults.items() if names]
    if told:
        raise SystemExit("\n".join(told))


def main() -> None:
    """Rehearse, or tag."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tag", action="store_true", help="make the tag, once everything is checked")
    wanted = parser.parse_args()
    version = agreed_version()
    if wanted.tag:
        check_ready(version)
    with tempfile.TemporaryDirectory() as folder:
        made = build(Path(folder))
        check_contents(made)
        for path in made:
            print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, checked")
        if not wanted.tag:
            print(f"This was a rehearsal of {version}; --tag makes the release.")
            return
        shutil.rmtree(DIST, ignore_errors=True)
        shutil.copytree(Path(folder) / "dist", DIST)
    run("git", "tag", "--annotate", f"v{version}", "--message", f"convscope {version}")
    print(f"v{version} is tagged, and dist/ holds what was checked. To publish it:")
    print(f"  git push origin v{version}\n  python -m twine upload dist/*")


if __name__ == "__main__":
    main()
