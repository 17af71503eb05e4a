#!/usr/bin/env python3
"""Many small images in one archive: the cost of each must not grow with their number.

Images in as many repositories, in one repository, one image under many names, referrers of one
subject: staged, staged again with nothing new, scanned anew, and their tags taken out.
COUNTS="250 1000" takes other numbers.
"""
import json
import shutil
import subprocess

from common import DRYDOCK, HELPERS, Report, must, wanted, workplace

SHAPES = ("repos", "tags", "names", "referrers")
GROWTH = 1.5  # of the time of one image, from the first count to the last
AGAIN = 0.1   # of the time of the first run


def untag_all(root):
    said = subprocess.run([DRYDOCK, "--root", root, "ls", "--json"], stdout=subprocess.PIPE, check=True, text=True)
    rows = [json.loads(line) for line in said.stdout.splitlines()]
    tags = [f"{row['name']}:{row['tag']}" for row in rows if row["event"] == "tag"]
    return must([DRYDOCK, "--root", root, "-q", "untag", *tags])


def main():
    report = Report("many", "many small images in one archive")
    counts = [int(count) for count in wanted("COUNTS", "250 1000 4000")]
    rows, times = [], {}
    with workplace(1000) as folder:
        for shape in SHAPES:
            for count in counts:
                root, layout = folder / "root", folder / "layout"
                must([HELPERS / "many_images.py", shape, count, layout])
                stage = [DRYDOCK, "--root", root, "-q", "stage", f"oci:{layout}"]
                results = [must(stage), must(stage), must([DRYDOCK, "--root", root, "-q", "rescan"]),
                           untag_all(root)]
                times[shape, count] = [result.wall_s for result in results]
                rows.append([shape, count, *(f"{result.wall_s:.2f} / {result.cpu_s:.2f}" for result in results),
                             f"{results[1].wall_s / results[0].wall_s:.3f}"])
                shutil.rmtree(root)
                shutil.rmtree(layout)
    report.table(["wall / CPU, s", "count", "stage", "again", "rescan", "untag", "again / stage"], rows)
    for shape in SHAPES:
        for i, what in enumerate(("stage", "again", "rescan", "untag")):
            first, last = times[shape, counts[0]][i], times[shape, counts[-1]][i]
            if last > 0.2:  # below that it is the start of the program
                report.bound(f"{shape}: {what}: time of one image, {counts[-1]} to {counts[0]}",
                             last * counts[0] / (first * counts[-1]), GROWTH)
        middle = counts[len(counts) // 2]
        report.bound(f"{shape}: again, of the first, {middle}",
                     times[shape, middle][1] / times[shape, middle][0], AGAIN)
    report.end()


if __name__ == "__main__":
    main()
