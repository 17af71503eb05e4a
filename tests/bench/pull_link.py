#!/usr/bin/env python3
"""A 200 MB image from a registry through links that cut, fail and delay: bytes received and time.

Bytes are counted by the link, on the client's side, headers included. Two layers of 100 MB. SEEDS
(1..10) go to the link's draws; where the link has none, they shift the moment in the link's period
at which the tool starts. LINKS and TOOLS take a part; TIMEOUT (300 s) ends a run; with PEER_SEEDS=N
the peers get only the first N seeds. The tools are as they are installed: skopeo tries each blob
again by itself, podman the whole three times. containerd is started anew for each run of ctr.
"""
import os
import time

from common import DRYDOCK, MB, Report, link, median, run, wanted, workplace
from registry import fetch, forget, registry

SIZE, LAYERS, RATE, PERIOD_S = 200 * MB, 2, 20 * MB, 6.0
LINKS = [("steady", "without faults", []),
         ("cut20", "cut every 20 MB", ["--cut-mean", "20M"]),
         ("cut8", "cut every 8 MB", ["--cut-mean", "8M"]),
         ("outage", "4 s up, 2 s down", ["--up", "4", "--down", "2"])]
DELAY = ["--rtt", "80"]
RECEIVED = 1.02
TIMEOUT_S = float(os.environ.get("TIMEOUT", 300))


def one_run(folder, host, tool, options, seed):
    forget(tool, folder)
    with link(folder, host, ["--rate", RATE, "--seed", seed, *DELAY, *options]) as way:
        if "--up" in options:
            time.sleep(PERIOD_S * ((seed - 1) % 10) / 10)
        argv, env = fetch(tool, folder, way.host)
        before = way.stats()
        result = run(argv, env, TIMEOUT_S)
        after = way.stats()
    result.received = (after["down"] - before["down"]) / SIZE
    least_s = SIZE / RATE + after["down_seconds"] - before["down_seconds"]
    result.slower = result.wall_s / least_s
    result.cuts = after["cuts"] - before["cuts"]
    result.whole = tool != "drydock" or run([DRYDOCK, "--root", folder / "out/root", "verify"]).status == 0
    return result


def describe(results):
    good = [r for r in results if r.status == 0 and r.whole]
    codes = " ".join("late" if r.status is None else str(r.status) for r in results)
    shown = [f"{len(good)}/{len(results)}", f"{median([r.received for r in results]):.3f}"] if results else ["", ""]
    cuts = f"{median([r.cuts for r in results]):g}" if results else ""
    if not good:
        return [*shown, "", "", cuts, codes]
    return [*shown, f"{median([r.wall_s for r in good]):.1f}", f"{median([r.slower for r in good]):.2f}", cuts, codes]


def main():
    seeds = [int(s) for s in wanted("SEEDS", "1 2 3 4 5 6 7 8 9 10")]
    peer_seeds = seeds[:int(os.environ.get("PEER_SEEDS", len(seeds)))]
    tools = wanted("TOOLS", "drydock skopeo podman ctr")
    chosen = wanted("LINKS", " ".join(name for name, *_ in LINKS))
    report = Report("pull_link", f"an image of {SIZE // MB} MB at {RATE // MB} MB/s, 80 ms, seeds {' '.join(map(str, seeds))}")
    rows, ours = [], {}
    with workplace(2500) as folder, registry(folder, SIZE, LAYERS) as host:
        for name, what, options in LINKS:
            if name not in chosen:
                continue
            results = {tool: [] for tool in tools}
            for seed in seeds:
                for tool in tools:
                    if tool == "drydock" or seed in peer_seeds:
                        results[tool].append(one_run(folder, host, tool, options, seed))
            rows += [[f"{what}: {tool}"] + describe(results[tool]) for tool in tools]
            ours[name] = results.get("drydock", [])
        for tool in tools:
            forget(tool, folder)
    report.table(["link: tool", "done", "received/size", "wall s", "wall/least", "cuts", "exit statuses"], rows)
    report.say("received/size: median of all runs; wall and wall/least: of those that did it")
    for name, what, _ in LINKS:
        if ours.get(name):
            report.require(f"{what}: every seed exits 0, image whole", all(r.status == 0 and r.whole for r in ours[name]))
            report.bound(f"{what}: received/size, median", median([r.received for r in ours[name]]), RECEIVED)
    report.end()


if __name__ == "__main__":
    main()
