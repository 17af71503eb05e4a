#!/usr/bin/env python3
"""A 200 MB upload through links that cut, fail and delay: bytes sent and time taken.

Bytes are counted by the link, on the client's side, headers included. The least possible wall
time of a run is the bytes it sent at the link's rate, and the time the link was down meanwhile.
SEEDS (1..10) go to the link's draws; where the link has none, they shift the moment in the
link's period at which the tool starts. LINKS and TOOLS take a part; TIMEOUT (300 s) ends a run; with
PEER_SEEDS=N the peers, which take many times longer, get only the first N seeds.
"""
import os
import time

from common import (MB, Report, link, median, root_of_noise, run, server, upload_file, wanted,
                    whole, workplace)

SIZE, RATE, PERIOD_S = 200 * MB, 20 * MB, 6.0
# name, what it is, options, bound of the median and of every seed (bytes sent / size)
LINKS = [("cut20", "cut every 20 MB", ["--cut-mean", "20M"], 1.20, 1.35),
         ("cut8", "cut every 8 MB", ["--cut-mean", "8M"], 1.50, 1.75),
         ("outage", "4 s up, 2 s down", ["--up", "4", "--down", "2"], 1.30, 1.50)]
LINKS = [(name + late, what + (", 80 ms" if late else ""), options + (["--rtt", "80"] if late else []),
          middle, most) for late in ("", "-80ms") for name, what, options, middle, most in LINKS]
TIMEOUT_S = float(os.environ.get("TIMEOUT", 300))


def one_run(folder, s3, root, blob, tool, options, seed):
    bucket = s3.bucket()
    with link(folder, s3.host, ["--rate", RATE, "--seed", seed, *options]) as way:
        if "--up" in options:
            time.sleep(PERIOD_S * ((seed - 1) % 10) / 10)
        argv, env = upload_file(tool, folder, root, blob, bucket, way.endpoint)
        before = way.stats()
        result = run(argv, env, TIMEOUT_S)
        after = way.stats()
    result.sent = (after["up"] - before["up"]) / SIZE
    least_s = result.sent * SIZE / RATE + after["down_seconds"] - before["down_seconds"]
    result.slower = result.wall_s / least_s if least_s else 0
    result.cuts = after["cuts"] - before["cuts"]
    result.whole = whole(s3.client(), bucket, blob, SIZE)
    s3.empty(bucket)
    return result


def describe(results):
    good = [r for r in results if r.status == 0 and r.whole]
    codes = " ".join("late" if r.status is None else str(r.status) for r in results)
    if not good:
        return [f"0/{len(results)}", "", "", "", "", f"{median([r.cuts for r in results]):g}", codes]
    return [f"{len(good)}/{len(results)}", f"{median([r.sent for r in good]):.3f}",
            f"{max(r.sent for r in good):.3f}", f"{median([r.wall_s for r in good]):.1f}",
            f"{median([r.slower for r in good]):.2f}", f"{median([r.cuts for r in results]):g}", codes]


def main():
    seeds = [int(s) for s in wanted("SEEDS", "1 2 3 4 5 6 7 8 9 10")]
    peer_seeds = seeds[:int(os.environ.get("PEER_SEEDS", len(seeds)))]
    tools = wanted("TOOLS", "drydock aws rclone s3cmd")
    chosen = wanted("LINKS", " ".join(name for name, *_ in LINKS))
    report = Report("link", f"one blob of {SIZE // MB} MB at {RATE // MB} MB/s, seeds "
                    f"{' '.join(map(str, seeds))}")
    with workplace(600) as folder, server(folder, 6 * 10**9) as s3:
        root, blob = root_of_noise(folder, SIZE)
        rows, ours = [], {}
        for name, what, options, *_ in LINKS:
            if name not in chosen:
                continue
            results = {tool: [] for tool in tools}
            for seed in seeds:
                for tool in tools if seed in peer_seeds else ["drydock"]:
                    results[tool].append(one_run(folder, s3, root, blob, tool, options, seed))
            rows += [[f"{what}: {tool}"] + describe(results[tool]) for tool in tools]
            ours[name] = results.get("drydock", [])
        report.table(["link: tool", "done", "sent/size", "worst", "wall s", "wall/least", "cuts",
                      "exit statuses"], rows)
        report.say("sent/size, wall and wall/least: medians of the runs that did it")
        for name, what, _, middle, most in LINKS:
            if not ours.get(name):
                continue
            report.require(f"{what}: every seed exits 0, blob whole, no upload left",
                           all(r.status == 0 and r.whole for r in ours[name]))
            report.bound(f"{what}: sent/size, median", median([r.sent for r in ours[name]]), middle)
            report.bound(f"{what}: sent/size, worst", max(r.sent for r in ours[name]), most)
            report.bound(f"{what}: wall/least, median", median([r.slower for r in ours[name]]), 1.25)
    report.end()


if __name__ == "__main__":
    main()
