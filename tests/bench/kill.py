#!/usr/bin/env python3
"""One sync of 500 MB, killed at 20 random moments and run again each time.

The moments are drawn over the time that an undisturbed sync takes, at 50 MB/s. At each kill the
process is first stopped, and the part bodies in flight are counted: its connections with bytes
that the peer has not acknowledged. SEEDS are independent series of 20 kills (default one).
"""
import os
import random
import signal
import subprocess
import time

from common import (DRYDOCK, MB, MIB, Report, drydock_sync, link, median, root_of_noise, server,
                    wanted, whole, workplace)

SIZE, RATE, KILLS = 500 * MB, 50 * MB, 20
LOSS_PER_BODY = 2.6 * MIB


def start(root, bucket, endpoint):
    return subprocess.Popen(drydock_sync(root, bucket, endpoint), stdin=subprocess.DEVNULL)


def bodies_in_flight(pid):
    """Sockets of the process with a send queue, in /proc/net/tcp."""
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    count = 0
    with open("/proc/net/tcp", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            words = line.split()
            if words[9] in inodes and int(words[4].partition(":")[0], 16) > 0:
                count += 1
    return count


def kill_after(process, seconds):
    """Kills it; how many bodies were in flight, or None when it had ended before."""
    try:
        process.wait(seconds)
        return None
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGSTOP)
    bodies = bodies_in_flight(process.pid)
    process.kill()
    process.wait()
    return bodies


def series(report, folder, s3, root, blob, undisturbed_s, seed):
    draw = random.Random(seed)
    moments = sorted(draw.uniform(0, undisturbed_s) for _ in range(KILLS))
    bucket, bodies, before = s3.bucket(), [], 0.0
    with link(folder, s3.host, ["--rate", RATE]) as way:
        for moment in moments:
            bodies.append(kill_after(start(root, bucket, way.endpoint), moment - before))
            before = moment
        last = start(root, bucket, way.endpoint)
        status = last.wait()
        time.sleep(0.3)  # what the killed ones had left in the kernel
        sent = way.stats()["up"]
    good = status == 0 and whole(s3.client(), bucket, blob, SIZE)
    s3.empty(bucket)
    flying = sum(b or 0 for b in bodies)
    allowed = 1.02 * SIZE + LOSS_PER_BODY * flying
    report.table([f"seed {seed}", ""],
                 [["kills", sum(b is not None for b in bodies)], ["bodies in flight, in all", flying],
                  ["sent/size", f"{sent / SIZE:.3f}"], ["lost for each body", f"{(sent - SIZE) / MIB / max(flying, 1):.2f} MiB"]])
    report.require("the last run exits 0, blob whole, no upload left", good)
    report.bound("bytes sent, of what is allowed", sent / allowed, 1.0)


def main():
    seeds = [int(s) for s in wanted("SEEDS", "1")]
    report = Report("kill", f"one sync of {SIZE // MB} MB at {RATE // MB} MB/s, {KILLS} times SIGKILL")
    with workplace(1500) as folder, server(folder, 5 * 10**9) as s3:
        root, blob = root_of_noise(folder, SIZE)
        times = []
        for _ in range(2):
            bucket = s3.bucket()
            with link(folder, s3.host, ["--rate", RATE]) as way:
                began = time.monotonic()
                if start(root, bucket, way.endpoint).wait() != 0:
                    raise SystemExit(f"bench: {DRYDOCK} sync failed undisturbed")
                times.append(time.monotonic() - began)
            s3.empty(bucket)
        report.say(f"undisturbed: {median(times):.1f} s")
        for seed in seeds:
            series(report, folder, s3, root, blob, median(times), seed)
    report.end()


if __name__ == "__main__":
    main()
