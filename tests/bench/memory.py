#!/usr/bin/env python3
"""Peak memory (maximum resident set) of stage and sync, for images of 200 MB and 2 GB.

stage reads the image as a plain and as a gzipped docker-archive of noise, from a file and from
a pipe; sync sends what was staged, once to an empty bucket and once with nothing to do.

SIZES="200 2000" (MB) takes others, LAYERS=2 another number of layers, ONLY=stage leaves sync out,
whose server keeps all of it in memory. One layer of 5 GB, 15 GB on disk:
    SIZES=5000 LAYERS=1 ONLY=stage scripts/bench memory
"""
import contextlib
import subprocess

from common import (DRYDOCK, HELPERS, MB, Report, drydock_sync, run, server, wanted, workplace)

STAGE_KIB, SYNC_KIB = 64 * 1024, 48 * 1024


@contextlib.contextmanager
def piped(source):
    """A file as standard input is read as a file: only a pipe cannot seek."""
    with subprocess.Popen(["cat", source], stdout=subprocess.PIPE) as cat:
        yield cat.stdout
        cat.stdout.close()


def stage_all(note, root, size, sources):
    for what, source in sources:
        subprocess.run(["rm", "-rf", root], check=True)
        note("stage", what, size, run([DRYDOCK, "--root", root, "stage", "-q", source]))
        subprocess.run(["rm", "-rf", root], check=True)
        with piped(source) as stdin:
            note("stage", what + " through a pipe", size,
                 run([DRYDOCK, "--root", root, "stage", "-q", "-"], stdin=stdin))


def sync_all(note, root, size, s3):
    bucket = s3.bucket()
    note("sync", "to an empty bucket", size, run(drydock_sync(root, bucket, s3.endpoint)))
    note("sync", "with nothing to do", size, run(drydock_sync(root, bucket, s3.endpoint)))
    s3.empty(bucket)


def main():
    sizes = [int(size) for size in wanted("SIZES", "200 2000")]
    layers, only = wanted("LAYERS", "2")[0], wanted("ONLY", "stage sync")
    report = Report("memory", "peak memory in MiB, images of " + " and ".join(f"{s} MB" for s in sizes) +
                    f", layers: {layers}")
    rows, worst = [], {"stage": 0, "sync": 0}
    good = True

    def note(kind, what, size, result):
        nonlocal good
        good = good and result.status == 0
        worst[kind] = max(worst[kind], result.peak_kib)
        rows.append([f"{kind} {what}", f"{size} MB", f"{result.peak_kib / 1024:.1f}",
                     f"{result.wall_s:.1f}", f"{result.cpu_s:.1f}", result.status])

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(workplace((3 if "sync" not in only else 7) * max(sizes)))
        s3 = stack.enter_context(server(folder, 2 * max(sizes) * MB + 10**9)) if "sync" in only else None
        for size in sizes:
            plain, packed, root = folder / "plain.tar", folder / "packed.tar.gz", folder / "root"
            subprocess.run([HELPERS / "mkarchive.py", "noise", "--size", str(size * MB),
                            "--layers", layers, "--name", "bench:1", plain], check=True)
            subprocess.run(f"gzip -1 <{plain} >{packed}", shell=True, check=True)
            stage_all(note, root, size, (("plain tar", plain), ("gzipped tar", packed)))
            plain.unlink()
            packed.unlink()
            if s3:
                sync_all(note, root, size, s3)
            subprocess.run(["rm", "-rf", root], check=True)
    report.table(["what", "image", "peak MiB", "wall s", "cpu s", "status"], rows)
    report.require("every run exits 0", good)
    report.bound("stage, peak", worst["stage"] / 1024, STAGE_KIB / 1024, " MiB")
    if worst["sync"]:
        report.bound("sync, peak", worst["sync"] / 1024, SYNC_KIB / 1024, " MiB")
    report.end()


if __name__ == "__main__":
    main()
