#!/usr/bin/env python3
"""Whether `stage -n` says what the `stage` behind it does:

    dry_stage.py DRYDOCK ROOT [OPTION...] SOURCE...     sources - read what is on standard input

Prints nothing and ends with 0 when status, error, tags, digests and counts are the same and the dry run
has changed nothing; else tells what differs. The root stays as the real run leaves it.
"""
import json
import os
import re
import subprocess
import sys


def tree(root):
    """Every file but those that SQLite makes for any reader."""
    found = {}
    for folder, _, names in os.walk(root):
        found[folder] = None
        for name in names:
            if not name.endswith(("-shm", "-wal")):
                path = os.path.join(folder, name)
                state = os.lstat(path)
                found[path] = (state.st_size, state.st_mtime_ns, state.st_ino)
    return found


def run(drydock, root, words, data):
    done = subprocess.run([drydock, "--root", root, "stage", "--json", *words], input=data, capture_output=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    tags = [tuple(e.get(k) for k in ("name", "tag", "digest", "media_type", "bytes", "new_blobs", "new_bytes"))
            for e in events if e["event"] in ("staged", "plan") and "tag" in e]
    said = [re.sub(r"blob-[0-9a-f]{32}", "BLOB", e["message"]) for e in events if e["event"] in ("error", "warning")]
    return done.returncode, tags, said, events


def main(argv):
    drydock, root, words = argv[0], argv[1], argv[2:]
    data = sys.stdin.buffer.read() if "-" in words or "-" in [w.rsplit(":", 1)[-1] for w in words] else b""
    before = tree(root)
    dry = run(drydock, root, ["-n", *words], data)
    wrong = [] if tree(root) == before else [f"the dry run changed the root: {set(tree(root)) ^ set(before)}"]
    real = run(drydock, root, words, data)
    for what, planned, done in zip(("status", "tags", "messages"), dry, real):
        if planned != done:
            wrong.append(f"{what}:\n  planned {planned}\n  done    {done}")
    summary = dry[3][-1] if dry[3] else {}
    if summary.get("event") == "summary":
        plans = [e for e in dry[3] if e["event"] == "plan"]
        for key in ("new_blobs", "new_bytes", "old_blobs", "old_bytes"):
            if sum(e[key] for e in plans) != summary[key]:
                wrong.append(f"{key} do not add up to the summary")
        if summary["status"] != dry[0]:
            wrong.append("the summary has another status")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
