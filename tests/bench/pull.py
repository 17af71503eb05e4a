#!/usr/bin/env python3
"""An image of 600 MB out of a registry on loopback, beside skopeo copy: medians of five.

The registry is the distribution's own and shares this machine with the tools. drydock writes
everything through to the disk; skopeo does not, and stands here once more with sync of its files. What is served is in the page cache.
"""
from common import DRYDOCK, MB, Report, Series, must, ratio, repeat, run, wanted, workplace
from registry import fetch, forget, registry

SIZE, LAYERS = 600 * MB, 5
WALL, CPU, PEAK_MIB = 0.8, 0.6, 64


def main():
    runs, tools = repeat(5), wanted("TOOLS", "drydock skopeo skopeo-oci skopeo-fsync")
    report = Report("pull", f"{SIZE // MB} MB in {LAYERS} layers from a registry on loopback, medians of {runs}")
    series = {tool: Series() for tool in tools}
    with workplace(5000) as folder, registry(folder, SIZE, LAYERS) as host:
        for _ in range(runs):
            for tool in tools:
                forget(tool, folder)
                argv, env = fetch(tool, folder, host)
                result = series[tool].add(run(argv, env))
                if result.status != 0:
                    raise SystemExit(f"bench: {tool}: status {result.status}\n{result.text}")
        forget("drydock", folder)
        argv, env = fetch("drydock", folder, host)
        must(argv, env)
        report.require("drydock has all of it", run([DRYDOCK, "--root", folder / "out/root", "verify"]).status == 0)
    report.table(["tool", "wall s", "cpu s", "peak MiB"],
                 [[tool, f"{s.of('wall_s'):.2f}", f"{s.of('cpu_s'):.2f}", f"{s.of('peak_kib') / 1024:.1f}"]
                  for tool, s in series.items()])
    ours = series["drydock"]
    for peer in tools:
        if peer not in ("skopeo", "skopeo-oci"):
            continue
        report.bound(f"wall, of {peer}'s", ratio(ours.of("wall_s"), series[peer].of("wall_s")), WALL)
        report.bound(f"cpu, of {peer}'s", ratio(ours.of("cpu_s"), series[peer].of("cpu_s")), CPU)
    report.bound("peak", ours.of("peak_kib") / 1024, PEAK_MIB, " MiB")
    report.end()


if __name__ == "__main__":
    main()
