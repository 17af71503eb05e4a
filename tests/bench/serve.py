#!/usr/bin/env python3
"""drydock serve beside nginx on the same tree: 500 connections, by wrk.

What is asked for: a small manifest by its tag, a MiB somewhere in a blob of 1 GB, and that blob whole.
nginx has what `drydock headers nginx` writes, a worker for each core, and both write an access log.
Throughput is requests a second, of the whole blob bytes a second; each ratio is of two runs that
followed each other. SECONDS_EACH is the length of a run, CONNECTIONS how many there are.
"""
import contextlib
import os
import re
import subprocess
import time
from statistics import median

from common import DRYDOCK, MB, Report, must, repeat, root_of_noise, workplace

BLOB_MB = 1000
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
NGINX = """user root;
worker_processes auto;
worker_rlimit_nofile 8192;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log {folder}/access.log combined buffer=128k;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  include {folder}/drydock.conf;
}}
"""


@contextlib.contextmanager
def running(argv, url, log):
    """A server, until it answers and no longer than the block; gives its processes' number."""
    with open(log, "wb") as out:
        process = subprocess.Popen(list(map(str, argv)), stdout=out, stderr=out)
        try:
            for _ in range(100):
                if subprocess.run(["curl", "-sf", "-o", "/dev/null", url], check=False).returncode == 0:
                    break
                time.sleep(0.1)
            else:
                raise SystemExit(f"bench: {argv[0]} does not answer")
            yield process.pid
        finally:
            process.terminate()
            process.wait()


def peak_mib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as lines:
        return int(re.search(r"VmHWM:\s+(\d+)", lines.read())[1]) / 1024


def wrk(url, connections, seconds, script=None):
    """Requests and bytes a second, and what went wrong."""
    argv = ["wrk", "-t", "2", "-c", connections, "-d", f"{seconds}s", "--timeout", "60s"]
    text = must(argv + (["-s", script] if script else []) + [url]).text
    found = re.search(r"Transfer/sec:\s+([\d.]+)([KMGT]?)B", text)
    wrong = re.findall(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", text)
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), float(found[1]) * UNITS[found[2]],
            [w for w in wrong if re.search(r"Non-2xx|(connect|read|write) [1-9]", w)])


def main():
    runs, seconds = repeat(5), int(os.environ.get("SECONDS_EACH", 5))
    connections = int(os.environ.get("CONNECTIONS", 500))
    report = Report("serve", f"drydock serve beside nginx, {connections} connections; "
                             f"medians of {runs} runs of {seconds} s")
    with workplace(4 * BLOB_MB) as folder:
        root, blob = root_of_noise(folder, BLOB_MB * MB)
        ports = {"serve": 18080, "nginx": 18081}
        urls = {name: f"http://127.0.0.1:{port}/v2/bench" for name, port in ports.items()}
        must([DRYDOCK, "--root", root, "headers", "nginx", "--listen", f"127.0.0.1:{ports['nginx']}",
              "--output", folder / "drydock.conf"])
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
        script = folder / "range.lua"
        script.write_text("request = function()\n"
                          f"  local first = math.random(0, {BLOB_MB * MB - 2**20})\n"
                          "  return wrk.format('GET', nil, {Range = 'bytes=' .. first .. '-' .. first + 1048575})\n"
                          "end\n")
        wishes = {"manifest": ("/manifests/1", None, 0), "1 MiB range": (f"/blobs/{blob.name}", script, 0),
                  "whole blob": (f"/blobs/{blob.name}", None, 1)}
        got = {wish: {"serve": [], "nginx": []} for wish in wishes}
        wrong = []
        with running([DRYDOCK, "--root", root, "serve", "--listen", f"127.0.0.1:{ports['serve']}"],
                     f"http://127.0.0.1:{ports['serve']}/v2/", folder / "serve.log") as pid, \
             running(["nginx", "-e", folder / "error.log", "-p", folder, "-c", folder / "nginx.conf"],
                     f"http://127.0.0.1:{ports['nginx']}/v2/", folder / "nginx.log"):
            for _ in range(runs):
                for wish, (path, with_script, field) in wishes.items():
                    for name, figures in got[wish].items():
                        result = wrk(urls[name] + path, connections, seconds, with_script)
                        figures.append(result[field])
                        wrong += [f"{name}, {wish}: {w}" for w in result[2]]
            peak = peak_mib(pid)
        rows = []
        for wish, (_, _, field) in wishes.items():
            unit = "MB/s" if field else "requests/s"
            scale = MB if field else 1
            serve, nginx = (median(got[wish][name]) / scale for name in ("serve", "nginx"))
            ratio = median([s / n for s, n in zip(got[wish]["serve"], got[wish]["nginx"])])
            rows.append([wish, f"{serve:.0f}", f"{nginx:.0f}", unit, f"{ratio:.2f}"])
        report.table(["what", "serve", "nginx", "", "serve / nginx"], rows)
        for row in rows:
            report.bound(f"{row[0]}: nginx's throughput, of serve's", 1 / float(row[4]), 1 / 0.9)
        report.bound("peak memory of serve", peak, 64, " MiB")
        report.require("nothing failed", not wrong)
        for line in wrong:
            report.say(f"    {line}")
    report.end()


if __name__ == "__main__":
    main()
