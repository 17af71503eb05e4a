#!/usr/bin/env python3
"""10,000 small objects to an empty bucket: time and processor time.

Beside drydock: bare_upload.c, that is libcurl alone (no hashing, no state) with as many transfers,
which makes objects with the same headers as drydock's ("same": without a Content-Type they would
be no registry); for comparison it also sends bytes alone ("bare"), and those to a bucket that
everybody may write ("unsigned"); and rclone copy with as many transfers. OBJECTS takes another
number, TOOLS a part of them.
"""
import os
import shutil

import many
from common import (Report, Series, build_bare_upload, drydock_sync, file_list, ratio, rclone_env,
                    repeat, run, server, wanted, workplace)

TRANSFERS = 8  # drydock's default


def main():
    count, runs = int(os.environ.get("OBJECTS", 10**4)), repeat(5)
    tools = wanted("TOOLS", "drydock same bare unsigned rclone")
    report = Report("small", f"{count} small objects, {TRANSFERS} transfers, medians of {runs}")
    with workplace(1500) as folder, server(folder, 4 * 10**9) as s3:
        root = folder / "root"
        objects = many.make_root(root, count)
        count = len(objects) + 1
        upload, listed = build_bare_upload(folder), file_list(folder, root, objects)
        state = root / ".drydock/state.db"
        shutil.copy(state, folder / "state.db")
        series = {tool: Series() for tool in tools}
        server_cpu = {tool: 0.0 for tool in tools}
        whole = True
        for number in range(runs):
            # Whoever is first finds another server than whoever is last: take turns.
            for tool in tools[number % len(tools):] + tools[:number % len(tools)]:
                bucket = s3.bucket()
                before = s3.cpu_s()
                if tool == "drydock":
                    for name in root.glob(".drydock/state.db*"):
                        name.unlink()
                    shutil.copy(folder / "state.db", state)
                    result = run(drydock_sync(root, bucket, s3.endpoint, "-j", str(TRANSFERS)))
                elif tool in ("same", "bare", "unsigned"):
                    words = [] if tool == "bare" else [tool]
                    if tool == "unsigned":
                        s3.open_for_all(bucket)
                    with open(listed, "rb") as stdin:
                        result = run([upload, f"{s3.endpoint}/{bucket}", TRANSFERS, *words], stdin=stdin)
                elif tool == "rclone":
                    result = run(["rclone", "copy", "--transfers", TRANSFERS, root / "v2",
                                  f"r:{bucket}/v2"], rclone_env(s3.endpoint))
                else:
                    raise SystemExit(f"bench: TOOLS names '{tool}', which is none of drydock same bare unsigned rclone")
                series[tool].add(result)
                server_cpu[tool] += s3.cpu_s() - before
                missing = count - (tool == "rclone") - len(s3.client().keys(bucket))
                whole = whole and result.status == 0 and missing == 0
                if result.status or missing:
                    report.say(f"{tool}: status {result.status}, {missing} objects missing: {result.text[-300:]}")
    report.table([f"{count} objects", "wall s", "objects/s", "cpu s", "peak MiB", "server's cpu s"],
                 [[tool, f"{s.of('wall_s'):.2f}", f"{count / s.of('wall_s'):.0f}", f"{s.of('cpu_s'):.2f}",
                   f"{s.of('peak_kib') / 1024:.1f}", f"{server_cpu[tool] / runs:.1f}"]
                  for tool, s in series.items()])
    report.require("every run exits 0, every object is there", whole)
    ours = series.get("drydock", Series())
    for tool, what, field, limit in (("same", "wall, of the bare uploader's", "wall_s", 1.15),
                                     ("rclone", "wall, of rclone's", "wall_s", 1.0),
                                     ("rclone", "processor time, of rclone's", "cpu_s", 0.5)):
        if ours.runs and tool in series:
            report.bound(what, ratio(ours.of(field), series[tool].of(field)), limit)
    if ours.runs and "bare" in series:
        report.say(f"  wall, of the bare uploader's of bytes alone: {ratio(ours.of('wall_s'), series['bare'].of('wall_s')):.3g}")
    report.end()


if __name__ == "__main__":
    main()
