#!/usr/bin/env python3
"""Staging beside skopeo copy, cp with fsync and md5sum, on real files: medians of five.

The image is made of this machine's own /usr in three layers, at least 600 MB. drydock writes
everything through to the disk, as does cp here; skopeo does not. Every input is in the page cache.
SOURCE_DIRS names other folders for the layers.
"""
import json
import os
import shutil
import subprocess

from common import (DRYDOCK, MB, Report, Series, file_digest, must, output, ratio, repeat, run,
                    wanted, workplace)

LAYERS, LAYER_BYTES = 3, 210 * MB


def some_files(folders):
    """Real files, in a fixed order, in LAYERS lists of about LAYER_BYTES."""
    layers, size = [[]], 0
    for folder in folders:
        for path, names, files in os.walk(folder):
            names.sort()
            for name in sorted(files):
                full = os.path.join(path, name)
                if not os.path.isfile(full) or os.path.islink(full):
                    continue
                layers[-1].append(full)
                size += os.path.getsize(full)
                if size >= LAYER_BYTES:
                    if len(layers) == LAYERS:
                        return layers
                    layers.append([])
                    size = 0
    raise SystemExit("bench: there are not enough files; SOURCE_DIRS names other folders")


def docker_archive(folder, path):
    work = folder / "make"
    work.mkdir()
    names, diff_ids = [], []
    for number, files in enumerate(some_files(wanted("SOURCE_DIRS", "/usr/lib /usr/share /usr/bin"))):
        (work / "files").write_text("\n".join(files) + "\n")
        layer = work / "layer.tar"
        subprocess.run(["tar", "-C", "/", "-cf", layer, "--mtime=@0", "--owner=0", "--group=0", "-P",
                        "--transform=s,^/,,", "--no-recursion", "-T", work / "files"], check=True)
        digest = file_digest(layer)
        names.append(f"{digest[7:]}.tar")
        diff_ids.append(digest)
        layer.rename(work / names[-1])
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                         "rootfs": {"type": "layers", "diff_ids": diff_ids}})
    (work / "config.json").write_text(config)
    (work / "manifest.json").write_text(json.dumps(
        [{"Config": "config.json", "RepoTags": ["bench:1"], "Layers": names}]))
    subprocess.run(["tar", "-C", work, "-cf", path, "manifest.json", "config.json", *names], check=True)
    shutil.rmtree(work)


def blob_bytes(folder):
    return sum(os.path.getsize(os.path.join(path, name)) for path, _, names in os.walk(folder)
               for name in names if "/.drydock" not in path)


class Contest:
    """Runs tools in turn, each into a fresh directory; `after` is measured with the tool."""

    def __init__(self, report, folder, runs):
        self.report, self.folder, self.runs = report, folder, runs

    def run(self, title, tools):
        """tools: name -> argv with OUT for the output. Returns name -> Series."""
        series = {name: Series() for name in tools}
        out = self.folder / "out"
        for _ in range(self.runs):
            for name, argv in tools.items():
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir()
                os.sync()
                argv = [str(word).replace("OUT", str(out)) for word in argv]
                result = series[name].add(run(argv))
                if result.status != 0:
                    raise SystemExit(f"bench: {' '.join(argv)}: status {result.status}\n{result.text}")
                result.bytes = blob_bytes(out)
        shutil.rmtree(out, ignore_errors=True)
        self.report.table([title, "wall s", "cpu s", "peak MiB", "output MB"],
                          [[name, f"{s.of('wall_s'):.2f}", f"{s.of('cpu_s'):.2f}",
                            f"{s.of('peak_kib') / 1024:.1f}", f"{s.of('bytes') / MB:.1f}"]
                           for name, s in series.items()])
        return series


def staging(source, *options):
    return [DRYDOCK, "--root", "OUT/root", "stage", "-q", "-t", "bench:1", *options, source]


def again(report, folder, source, first, what):
    """Staging the same once more, into a root that has it."""
    root = folder / "again"
    must([DRYDOCK, "--root", root, "stage", "-q", "-t", "bench:1", source])
    series = Series()
    for _ in range(5):
        series.add(must([DRYDOCK, "--root", root, "stage", "-q", "-t", "bench:1", source]))
    report.bound(f"{what}: staged again, of the first time", ratio(series.of("wall_s"), first.of("wall_s")), 0.1)
    shutil.rmtree(root)


def main():
    runs = repeat(5)
    report = Report("stage", f"staging, medians of {runs}")
    skopeo = ["skopeo", "--insecure-policy", "copy", "-q"]
    with workplace(8000) as folder:
        archive, oci, layout = folder / "image.tar", folder / "oci.tar", folder / "layout"
        docker_archive(folder, archive)
        must([*skopeo, f"docker-archive:{archive}", f"oci-archive:{oci}:bench:1"])
        must([*skopeo, f"docker-archive:{archive}", f"oci:{layout}:bench:1"])
        report.say(f"docker-archive {archive.stat().st_size / MB:.0f} MB, OCI archive {oci.stat().st_size / MB:.0f} MB, "
                   f"{output(['skopeo', '--version']).strip()}")
        contest = Contest(report, folder, runs)

        plain = contest.run("docker-archive", {
            "drydock": staging(archive),
            "drydock --compress=zstd": staging(archive, "--compress=zstd", "--format=oci"),
            "skopeo copy to oci:": [*skopeo, f"docker-archive:{archive}", "oci:OUT/layout:bench:1"]})
        peer = plain["skopeo copy to oci:"]
        for name, wall, size in (("drydock", 0.67, 1.0), ("drydock --compress=zstd", 0.40, 0.9)):
            report.bound(f"docker-archive: {name}: wall, of skopeo's",
                         ratio(plain[name].of("wall_s"), peer.of("wall_s")), wall)
            report.bound(f"docker-archive: {name}: output, of skopeo's",
                         ratio(plain[name].of("bytes"), peer.of("bytes")), size)
        again(report, folder, archive, plain["drydock"], "docker-archive")

        packed = contest.run("OCI archive", {
            "drydock": staging(oci),
            "skopeo copy to dir:": [*skopeo, f"oci-archive:{oci}", "dir:OUT/dir"],
            "cp and fsync": ["sh", "-c", f"cp {oci} OUT/copy && sync OUT/copy"]})
        report.bound("OCI archive: wall, of skopeo's",
                     ratio(packed["drydock"].of("wall_s"), packed["skopeo copy to dir:"].of("wall_s")), 0.6)
        report.bound("OCI archive: wall, of cp and fsync",
                     ratio(packed["drydock"].of("wall_s"), packed["cp and fsync"].of("wall_s")), 1.5)
        again(report, folder, oci, packed["drydock"], "OCI archive")

        laid = contest.run("OCI layout", {
            "drydock": staging(f"oci:{layout}"),
            "drydock --link=hard": staging(f"oci:{layout}", "--link=hard"),
            "cp -r and fsync": ["sh", "-c", f"cp -r {layout} OUT/copy && find OUT/copy -type f -exec sync {{}} +"],
            "md5sum": ["sh", "-c", f"md5sum {layout}/blobs/sha256/* >OUT/sums"]})
        report.bound("OCI layout: wall, of cp -r and fsync",
                     ratio(laid["drydock"].of("wall_s"), laid["cp -r and fsync"].of("wall_s")), 1.5)
        report.bound("OCI layout: --link=hard: wall, of md5sum",
                     ratio(laid["drydock --link=hard"].of("wall_s"), laid["md5sum"].of("wall_s")), 1.3)
        again(report, folder, f"oci:{layout}", laid["drydock"], "OCI layout")
    report.end()


if __name__ == "__main__":
    main()
