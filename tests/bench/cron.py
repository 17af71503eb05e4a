#!/usr/bin/env python3
"""Runs of cron with --max-duration, one after another, over a link that is down half of the time.

For each run: what the bucket has gained (objects and parts), what the link has carried for it, and
what the link could have carried while it was up. SEEDS (1 2 3) shift the moment in the link's period
at which the first run starts, and go to its draws; LINKS takes a part, RUNS (40) bounds their number,
DURATION (10s) is each one's; VERBOSE=1 shows every run.
"""
import json
import os
import shutil
import subprocess
import time
import urllib.request

from common import (DRYDOCK, HELPERS, MB, Report, drydock_sync, link, median, must, oci_layout, run,
                    wanted, workplace)

KB = 1000
# One image of large layers and one of what lies around the sizes that decide; then many small ones.
LAYERS = {"large:1": [23 * MB, 12 * MB], "middle:1": [8 * MB, 7 * MB, 4 * MB, 2 * MB, 700 * KB],
          "small:1": [40 * KB] * 60}
# name, options of the link, its rate, up and down in seconds
LINKS = [("2MB-4s", 2 * MB, 4, 4, ["--rtt", "60"]),
         ("2MB-7s", 2 * MB, 7, 7, ["--rtt", "60"]),
         ("8MB-2s", 8 * MB, 2, 2, ["--rtt", "60"]),
         ("cut6MB", int(1.6 * MB), 6, 3, ["--rtt", "60", "--cut-mean", "6M"]),
         ("1MB-8s", 1 * MB, 8, 8, ["--rtt", "200"]),
         ("2MB-hang", 2 * MB, 4, 4, ["--rtt", "60", "--down-mode", "hang"]),
         ("good", 8 * MB, 0, 0, ["--rtt", "60"])]


class FakeServer:
    """tests/helpers/fake_s3.py: what it holds can be looked at without a request that counts."""

    def __init__(self, folder):
        port = folder / "port"
        self.process = subprocess.Popen([HELPERS / "fake_s3.py", "--port-file", port])
        while not port.exists() or not port.read_text():
            time.sleep(0.05)
        self.host = f"127.0.0.1:{int(port.read_text())}"

    def ask(self, what, data=None):
        with urllib.request.urlopen(f"http://{self.host}/_fake/{what}", data=data) as answer:
            return answer.read().decode()

    def held(self, bucket):
        """Bytes of objects and parts."""
        there = json.loads(self.ask("state")).get(bucket, {"objects": {}, "uploads": {}})
        return (sum(o["size"] for o in there["objects"].values()) +
                sum(part_bytes(p) for u in there["uploads"].values() for p in u["parts"].values()))

    def log(self, bucket):
        return [e for e in map(json.loads, self.ask("log").splitlines()) if e["bucket"] == bucket]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def part_bytes(part):
    return part if isinstance(part, int) else 0


def make_root(folder):
    root = folder / "root"
    for name, sizes in LAYERS.items():
        shutil.rmtree(folder / "layout", ignore_errors=True)
        oci_layout(folder / "layout", sizes, name)
        must([DRYDOCK, "--root", root, "stage", "-q", "-t", name, f"oci:{folder / 'layout'}"])
    shutil.rmtree(folder / "layout")
    return root


def one_seed(folder, s3, base, bucket, chosen, seed, report):
    name, rate, up, down, options = chosen
    root = folder / f"root-{bucket}"
    subprocess.run(["cp", "-r", base, root], check=True)
    duration, most = os.environ.get("DURATION", "10s"), int(os.environ.get("RUNS", 40))
    flags = ["--rate", rate, "--seed", seed, *options] + (["--up", up, "--down", down] if down else [])
    total, rows = {"runs": 0, "wall": 0, "up_s": 0, "sent": 0}, []
    with link(folder, s3.host, flags) as way:
        time.sleep((up + down) * ((seed - 1) % 5) / 5)
        logged = 0
        while total["runs"] < most:
            before, held = way.stats(), s3.held(bucket)
            result = run(drydock_sync(root, bucket, way.endpoint, "--max-duration", duration, "--json", *os.environ.get("OPTIONS", "").split()))
            after, gained = way.stats(), s3.held(bucket) - held
            log = s3.log(bucket)
            mine, logged = log[logged:], len(log)
            up_s = result.wall_s - (after["down_seconds"] - before["down_seconds"])
            sent = after["up"] - before["up"]
            total["runs"] += 1
            total["wall"] += result.wall_s
            total["up_s"] += up_s
            total["sent"] += sent
            puts = sum(e["op"] in ("PutObject", "UploadPart") for e in mine)
            lists = sum(e["op"].startswith("List") for e in mine)
            told = [json.loads(l) for l in result.text.splitlines() if l.startswith('{"event":"summary"') or '"summary"' in l[:60]]
            rows.append([str(total["runs"]), str(result.status), f"{result.wall_s:.1f}", f"{up_s:.1f}",
                         f"{gained / MB:.2f}", f"{sent / MB:.2f}", f"{gained / rate / up_s:.2f}" if up_s > 0.1 else "",
                         str(puts), str(lists), str(after["cuts"] - before["cuts"]), str(after["refused"] - before["refused"]),
                         f"{told[-1].get('bytes_sent', 0) / MB:.1f}" if told else ""])
            if result.status not in (0, 5, 10):
                raise SystemExit(f"bench: sync: status {result.status}\n{result.text[-800:]}")
            if result.status == 0:
                break
        total["status"] = result.status
        total["held"] = s3.held(bucket)
    if os.environ.get("VERBOSE"):
        report.table(["run", "status", "wall", "up", "gained", "sent", "used", "PUT", "LIST", "cuts", "refused", "told"], rows)
    if os.environ.get("KEEPLOG"):
        with open(os.environ["KEEPLOG"], "w", encoding="utf-8") as f:
            for e in s3.log(bucket):
                f.write(json.dumps(e) + "\n")
    shutil.rmtree(root)
    total["used"] = total["held"] / rate / total["up_s"]
    total["over"] = total["sent"] / total["held"]
    return total


def main():
    report = Report("cron", "runs of --max-duration over bad links")
    seeds = [int(s) for s in wanted("SEEDS", "1 2 3")]
    names = wanted("LINKS", " ".join(l[0] for l in LINKS))
    rows = []
    with workplace(1000) as folder:
        os.environ.update(AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench", AWS_REGION="us-east-1")
        base = make_root(folder)
        s3 = FakeServer(folder)
        try:
            for chosen in LINKS:
                if chosen[0] not in names:
                    continue
                got = []
                for seed in seeds:
                    got.append(one_seed(folder, s3, base, f"b-{chosen[0].lower()}-{seed}", chosen, seed, report))
                    s3.ask("reset", b"")
                rows.append([chosen[0], f"{sum(g['status'] == 0 for g in got)}/{len(got)}"] +
                            [f"{median([g[f] for g in got]):.{n}f}" for f, n in (("runs", 0), ("wall", 1), ("up_s", 1), ("used", 2), ("over", 2))] +
                            [" ".join(str(g["runs"]) for g in got)])
                print(rows[-1], flush=True)
        finally:
            s3.stop()
    report.table(["link", "done", "runs", "wall s", "up s", "used", "sent/size", "runs of each"], rows)
    report.end()


if __name__ == "__main__":
    main()
