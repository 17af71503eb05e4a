#!/usr/bin/env python3
"""Peak memory (maximum resident set) of stage and sync, for images of 200 MB and 2 GB.

stage reads the image as a plain and as a gzipped docker-archive of noise, from a file and from
standard input; sync sends what was staged, once to an empty bucket and once with nothing to do.
SIZES="200 2000" (MB) takes others.
"""
import subprocess

from common import (DRYDOCK, HELPERS, MB, Report, drydock_sync, run, server, wanted, workplace)

STAGE_KIB, SYNC_KIB = 64 * 1024, 48 * 1024


def main():
    sizes = [int(size) for size in wanted("SIZES", "200 2000")]
    report = Report("memory", "peak memory in MiB, images of " + " and ".join(f"{s} MB" for s in sizes))
    rows, worst = [], {"stage": 0, "sync": 0}
    good = True

    def note(kind, what, size, result):
        nonlocal good
        good = good and result.status == 0
        worst[kind] = max(worst[kind], result.peak_kib)
        rows.append([f"{kind} {what}", f"{size} MB", f"{result.peak_kib / 1024:.1f}",
                     f"{result.wall_s:.1f}", f"{result.cpu_s:.1f}", result.status])

    with workplace(7 * max(sizes)) as folder, server(folder, 2 * max(sizes) * MB + 10**9) as s3:
        for size in sizes:
            plain, packed, root = folder / "plain.tar", folder / "packed.tar.gz", folder / "root"
            subprocess.run([HELPERS / "mkarchive.py", "noise", "--size", str(size * MB),
                            "--layers", "2", "--name", "bench:1", plain], check=True)
            subprocess.run(f"gzip -1 <{plain} >{packed}", shell=True, check=True)
            for what, source in (("plain tar", plain), ("gzipped tar", packed)):
                subprocess.run(["rm", "-rf", root], check=True)
                note("stage", what, size, run([DRYDOCK, "--root", root, "stage", "-q", source]))
                subprocess.run(["rm", "-rf", root], check=True)
                with open(source, "rb") as stdin:
                    note("stage", what + " on standard input", size,
                         run([DRYDOCK, "--root", root, "stage", "-q", "-"], stdin=stdin))
            plain.unlink()
            packed.unlink()
            bucket = s3.bucket()
            note("sync", "to an empty bucket", size, run(drydock_sync(root, bucket, s3.endpoint)))
            note("sync", "with nothing to do", size, run(drydock_sync(root, bucket, s3.endpoint)))
            s3.empty(bucket)
            subprocess.run(["rm", "-rf", root], check=True)
    report.table(["what", "image", "peak MiB", "wall s", "cpu s", "status"], rows)
    report.require("every run exits 0", good)
    report.bound("stage, peak", worst["stage"] / 1024, STAGE_KIB / 1024, " MiB")
    report.bound("sync, peak", worst["sync"] / 1024, SYNC_KIB / 1024, " MiB")
    report.end()


if __name__ == "__main__":
    main()
