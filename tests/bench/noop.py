#!/usr/bin/env python3
"""A sync that finds nothing to do: requests, time, memory and processor time.

100,000 objects in radosgw, beside the bare listing in one stream (pages are fetched, not read),
the same in as many streams as drydock has (what the server can give), and rclone sync --size-only
--fast-list; then 1,000,000 objects in tests/helpers/fake_s3.py.
OBJECTS and MILLION take other numbers (MILLION=0: without).
"""
import json
import os
import re
import subprocess
import threading
import time

import many
from common import (HELPERS, Report, Result, Series, drydock_sync, fill, must, ratio, rclone_env,
                    repeat, run, server, workplace)

SEGMENTS = 4  # LIST_SEGMENTS of sync/dispatch/list_bucket.h


def list_range(s3, bucket, after, until):
    """Every page from one key to another, one after the other."""
    client = s3.client()
    query = [("list-type", "2"), ("prefix", "v2/")]
    more = [("start-after", after)] if after else []
    while True:
        _, data = client.ok("GET", bucket, query=query + more)
        found = re.search(rb"<NextContinuationToken>([^<]*)<", data)
        last = data[data.rfind(b"<Key>") + 5:data.rfind(b"</Key>")].decode()
        if not found or (until and last >= until):
            return
        more = [("continuation-token", found[1].decode())]


def list_bare(s3, bucket, cuts):
    """The whole bucket, in one stream more than there are cuts."""
    started, busy = time.monotonic(), time.process_time()
    threads = [threading.Thread(target=list_range, args=(s3, bucket, after, until))
               for after, until in zip([None] + cuts, cuts + [None])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Result(0, time.monotonic() - started, time.process_time() - busy, 0, "")


def summary(result):
    for line in result.text.splitlines():
        if line.startswith("{") and '"summary"' in line:
            return json.loads(line)
    raise SystemExit(f"bench: no summary; status {result.status}\n{result.text}")


def nothing_sent(report, what, said, count):
    """It found everything the same, and asked no more than it must."""
    report.require(f"{what}: only LIST requests, nothing sent",
                   set(said["requests"]) == {"LIST"} and said["bytes_sent"] == 0)
    report.bound(f"{what}: LIST requests", said["requests"].get("LIST", 0), count // 1000 + 1 + SEGMENTS)


def real_server(report, folder, count, runs):
    root = folder / "root"
    objects = many.make_root(root, count)
    count = len(objects) + 1
    cuts = [objects[count * i // SEGMENTS][0] for i in range(1, SEGMENTS)]
    streams = f"bare listing in {SEGMENTS} streams"
    series = {name: Series() for name in ("bare listing", streams, "drydock", "rclone")}
    with server(folder, 4 * 10**9) as s3:
        bucket = s3.bucket()
        fill(folder, s3, bucket, root, objects)
        sync = drydock_sync(root, bucket, s3.endpoint)
        sync[sync.index("-q")] = "--json"
        said = summary(must(sync))
        rclone = ["rclone", "sync", "--size-only", "--fast-list", root / "v2", f"r:{bucket}/v2"]
        for _ in range(runs):
            series["bare listing"].add(list_bare(s3, bucket, []))
            series[streams].add(list_bare(s3, bucket, cuts))
            series["drydock"].add(run(sync))
            series["rclone"].add(run(rclone, rclone_env(s3.endpoint)))
    report.table([f"{count} objects", "wall s", "cpu s", "peak MiB", "failed"],
                 [[name, f"{s.of('wall_s'):.2f}", f"{s.of('cpu_s'):.2f}", f"{s.of('peak_kib') / 1024:.1f}",
                   s.failed] for name, s in series.items()])
    ours = series["drydock"]
    report.say(f"requests: {said['requests']}")
    nothing_sent(report, "radosgw", said, count)
    report.bound("wall, of the bare listing in one stream",
                 ratio(ours.of("wall_s"), series["bare listing"].of("wall_s")), 0.6)
    report.bound("processor time, of rclone's", ratio(ours.of("cpu_s"), series["rclone"].of("cpu_s")), 0.5)
    report.bound("peak memory", ours.of("peak_kib") / 1024, 32, " MiB")


def fake_server(report, folder, count):
    root, load, port = folder / "million", folder / "load", folder / "port"
    root.mkdir()
    objects = many.make_root(root, count, files=False)
    with open(load, "w", encoding="utf-8") as out:
        for key, size, md5 in [many.PING] + objects:
            out.write(json.dumps({"bucket": "bench", "key": key, "size": size, "etag": md5}) + "\n")
    count = len(objects) + 1
    del objects
    fake = subprocess.Popen([HELPERS / "fake_s3.py", "--port-file", port, "--load", load])
    try:
        while not port.exists():
            if fake.poll() is not None:
                raise SystemExit("bench: the fake server did not start")
            time.sleep(0.1)
        sync = drydock_sync(root, "bench", f"http://127.0.0.1:{int(port.read_text())}")
        sync[sync.index("-q")] = "--json"
        result = must(sync)
    finally:
        fake.terminate()
        fake.wait()
    said = summary(result)
    report.table([f"{count} objects", "wall s", "cpu s", "peak MiB"],
                 [["drydock", f"{result.wall_s:.1f}", f"{result.cpu_s:.2f}", f"{result.peak_kib / 1024:.1f}"]])
    nothing_sent(report, "fake server", said, count)
    report.bound("peak memory", result.peak_kib / 1024, 64, " MiB")


def main():
    count, million = int(os.environ.get("OBJECTS", 10**5)), int(os.environ.get("MILLION", 10**6))
    runs = repeat(5)
    report = Report("noop", f"nothing to do; medians of {runs}")
    with workplace(3000) as folder:
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "bench")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "bench")
        real_server(report, folder, count, runs)
        if million:
            fake_server(report, folder, million)
    report.end()


if __name__ == "__main__":
    main()
