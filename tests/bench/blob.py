#!/usr/bin/env python3
"""1 GB in one blob to an empty bucket: time, processor time and memory, beside other tools.

SIZE takes other megabytes, TOOLS a part of the tools.
"""
import os
import time

from common import (MB, Report, Series, ratio, repeat, root_of_noise, run, server, upload_file,
                    wanted, whole, workplace)


def main():
    size, runs = int(os.environ.get("SIZE", 1000)) * MB, repeat(3)
    tools = wanted("TOOLS", "drydock aws rclone s3cmd")
    report = Report("blob", f"one blob of {size // MB} MB, medians of {runs}")
    good = True
    with workplace(3 * size // MB) as folder, server(folder, 5 * size + 10**9) as s3:
        root, blob = root_of_noise(folder, size)
        series = {tool: Series() for tool in tools}
        for number in range(runs):
            for tool in tools[number % len(tools):] + tools[:number % len(tools)]:
                bucket = s3.bucket()
                argv, env = upload_file(tool, folder, root, blob, bucket, s3.endpoint)
                result = series[tool].add(run(argv, env))
                good = good and result.status == 0 and whole(s3.client(), bucket, blob, size)
                s3.empty(bucket)
                time.sleep(8)  # the server frees what was deleted after five seconds
    report.table([f"{size // MB} MB", "wall s", "MB/s", "cpu s", "peak MiB"],
                 [[tool, f"{s.of('wall_s'):.2f}", f"{size / MB / s.of('wall_s'):.0f}", f"{s.of('cpu_s'):.2f}",
                   f"{s.of('peak_kib') / 1024:.1f}"] for tool, s in series.items()])
    report.require("every run exits 0, every blob is whole", good)
    ours = series.pop("drydock", None)
    if ours:
        report.bound("peak memory", ours.of("peak_kib") / 1024, 48, " MiB")
        if "aws" in series:
            report.bound("processor time, of aws-cli's", ratio(ours.of("cpu_s"), series["aws"].of("cpu_s")), 0.5)
        if series:
            fastest = min(s.of("wall_s") for s in series.values())
            report.bound("wall, of the fastest peer's", ratio(ours.of("wall_s"), fastest), 1.0)
    report.end()


if __name__ == "__main__":
    main()
