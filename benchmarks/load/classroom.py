"""The load of a class on this machine: a lesson's start, an hour's middle, and a crash.

``python benchmarks/load/classroom.py [N_USERS]`` needs ``pip install -e '.[load]'``. Learners and server share the
machine. It prints one JSON object, and leaves with 1 where an aim is missed:

- start: everybody opens the page within 10 s; nothing fails;
- middle: a minute of everybody with 5 to 15 s between two requests, while trainings run: 95 of 100 pages within 200 ms,
  95 of 100 predictions within 100 ms, no status of 500 or more;
- crash: kill -9; the first answer within 3 s of the new start, everybody answered within 15 s, jobs queued again.
"""

import concurrent.futures
import csv
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
PAGE_MS, PREDICT_MS, START_S, BACK_S, ALL_BACK_S = 200, 100, 10, 3, 15
MIDDLE_S = 60


def started(folder, learners, port=0):
    """Start the class, and give its process and link."""
    command = [sys.executable, "-m", "convscope.cli", "explore", "--class", "--quiet", "--workers", "1"]
    command += ["--store", str(folder), "--port", str(port)]
    command += ["--learners", str(learners)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def ask(link, path, cookie=None, method="GET", body=None):
    """Ask once on a connection of its own."""
    connection = http.client.HTTPConnection(link.hostname, link.port, timeout=30)
    connection.request(method, path, body, {"Cookie": cookie} if cookie else {})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def locust(link, shape, n_users, rate, seconds, folder):
    """Let locust play the learners, and read what it measured."""
    base = folder / shape
    command = [sys.executable, "-m", "locust", "-f", str(HERE / "learners.py"), "--headless", "--only-summary"]
    command += ["-u", str(n_users), "-r", str(rate), "-t", f"{seconds}s", "--csv", str(base), "--loglevel", "ERROR"]
    environment = {**os.environ, "LINK": link, "SHAPE": shape}
    subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    with Path(f"{base}_stats.csv").open(encoding="utf-8") as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    with Path(f"{base}_failures.csv").open(encoding="utf-8") as file:
        failures = [f"{row['Name']}: {row['Error']} x {row['Occurrences']}" for row in csv.DictReader(file)]
    return rows, failures


def summed(rows, failures):
    """Take from locust's table what the aims are about."""
    measured = {
        name: {"n": int(row["Request Count"]), "p50_ms": float(row["50%"]), "p95_ms": float(row["95%"])}
        for name, row in rows.items()
        if name != "Aggregated"
    }
    return {"requests": measured, "failures": failures}


def crash(process, link, folder, n_users):
    """Kill the server, start it again, and let everybody come back at once."""
    parts = urlsplit(link)
    cookies = [ask(parts, f"/?{parts.query}")[0].getheader("set-cookie").split(";")[0] for _ in range(n_users)]
    jobs = [
        ask(parts, "/api/jobs", cookie, "POST", '{"model": "cnn", "epochs": 20}')[0].status for cookie in cookies[:20]
    ]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    began = time.perf_counter()
    again, _ = started(folder, 3 * n_users, parts.port)
    while True:
        try:
            ask(parts, "/api/mine", cookies[0])
            break
        except OSError:
            time.sleep(0.02)
    back = time.perf_counter() - began
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda cookie: ask(parts, "/api/mine", cookie), cookies))
    all_back = time.perf_counter() - began
    kept = sum(len(json.loads(content)["jobs"]) for response, content in answers if response.status == 200)
    return again, {
        "back_s": round(back, 2),
        "all_back_s": round(all_back, 2),
        "answered": sum(response.status == 200 for response, _ in answers),
        "of": n_users,
        "jobs_accepted": jobs.count(202),
        "jobs_kept": kept,
    }


def missed(found, n_users):
    """List the aims that were missed."""
    wrong = [*found["start"]["failures"], *found["middle"]["failures"]]
    slow = {
        name: row["p95_ms"]
        for name, row in found["middle"]["requests"].items()
        if row["p95_ms"] > (PREDICT_MS if name == "predict" else PAGE_MS)
    }
    wrong += [f"{name}: 95 of 100 within {value:g} ms" for name, value in slow.items()]
    joined = found["start"]["requests"].get("page: the link", {}).get("n", 0)
    wrong += [f"only {joined} learners came in"] * (joined < n_users)
    after = found["crash"]
    wrong += [f"back after {after['back_s']} s"] * (after["back_s"] > BACK_S)
    wrong += [f"all back after {after['all_back_s']} s"] * (after["all_back_s"] > ALL_BACK_S)
    wrong += ["not everybody was answered"] * (after["answered"] != n_users)
    wrong += ["jobs were lost"] * (after["jobs_kept"] < after["jobs_accepted"])
    return wrong


def main(n_users):
    """Run the three parts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process, link = started(folder / "store", 3 * n_users)  # everybody comes three times, from one address
        try:
            parts = urlsplit(link)
            time.sleep(1)
            cookie = ask(parts, f"/?{parts.query}")[0].getheader("set-cookie").split(";")[0]
            while ask(parts, "/model/api/bundle", cookie)[0].status != 200:
                time.sleep(0.5)
            found = {"n_users": n_users}
            found["start"] = summed(*locust(link, "start", n_users, n_users / START_S, START_S + 3, folder))
            found["middle"] = summed(*locust(link, "middle", n_users, n_users / START_S, START_S + MIDDLE_S, folder))
            process, found["crash"] = crash(process, link, folder / "store", n_users)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
    found["missed"] = missed(found, n_users)
    print(json.dumps(found, indent=2))
    return 1 if found["missed"] else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
