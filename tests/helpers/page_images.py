#!/usr/bin/env python3
"""An OCI layout for the pages that people look at (drydock page).

  page_images.py SHAPE FOLDER

  gallery   a small catalogue as there may be: indexes of two platforms with provenance and signatures, shared
            layers, labels, history, a Helm chart
  hostile   an image whose every text tries to become markup, a script, or a line that reads backwards
"""
import gzip
import hashlib
import io
import json
import os
import random
import sys
import tarfile

OCI = "application/vnd.oci.image."
HELM = "application/vnd.cncf.helm."
NAME = "io.containerd.image.name"
TITLE = "org.opencontainers.image."


class Layout:
    def __init__(self, folder):
        self.folder, self.listed, self.random = folder, [], random.Random(1)
        os.makedirs(os.path.join(folder, "blobs", "sha256"))

    def put(self, data, media_type, **more):
        if not isinstance(data, bytes):
            data = json.dumps(data).encode()
        name = hashlib.sha256(data).hexdigest()
        with open(os.path.join(self.folder, "blobs", "sha256", name), "wb") as file:
            file.write(data)
        return {"mediaType": media_type, "digest": "sha256:" + name, "size": len(data), **more}

    def layer(self, size, packed=True, **more):
        """(descriptor, diff_id) of a tar with one file of `size` bytes, which gzip halves."""
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as tar:
            member = tarfile.TarInfo("data")
            member.size = size
            half = self.random.randbytes(size // 2)
            tar.addfile(member, io.BytesIO(half + bytes(size - len(half))))
        plain = data.getvalue()
        diff_id = "sha256:" + hashlib.sha256(plain).hexdigest()
        if not packed:
            return self.put(plain, OCI + "layer.v1.tar", **more), diff_id
        return self.put(gzip.compress(plain, 1, mtime=0), OCI + "layer.v1.tar+gzip", **more), diff_id

    def image(self, layers, arch="amd64", created="2026-03-01T10:00:00Z", config=None, history=None, **more):
        """The descriptor of an image; `layers` as self.layer makes them."""
        document = {"architecture": arch, "os": "linux", "created": created, "config": config or {},
                    "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id in layers]}}
        if history:
            document["history"] = history
        return self.manifest(self.put(document, OCI + "config.v1+json"), [layer for layer, _ in layers], **more)

    def manifest(self, config, layers, **more):
        return self.put({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": config,
                         "layers": layers, **more}, OCI + "manifest.v1+json")

    def index(self, images, **more):
        return self.put({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": images, **more},
                        OCI + "index.v1+json")

    def referrer(self, subject, kind, data=b"{}", **annotations):
        """What refers to `subject`, and goes where it is published."""
        empty = self.put(b"{}", "application/vnd.oci.empty.v1+json")
        self.listed.append(self.manifest(empty, [self.put(data, "application/octet-stream")], artifactType=kind,
                                         subject={k: subject[k] for k in ("mediaType", "digest", "size")},
                                         annotations=annotations or {"made.by": "page_images"}))

    def name(self, image, name):
        self.listed.append({**image, "annotations": {NAME: "docker.io/" + name}})

    def end(self):
        for name, text in (("index.json", {"schemaVersion": 2, "manifests": self.listed}),
                           ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                json.dump(text, file)


def platform(image, arch):
    return {**image, "platform": {"os": "linux", "architecture": arch}}


def attestation(layout, image):
    """BuildKit's provenance and SBOM of an image, as an entry of its index."""
    statements = [layout.put({"predicateType": kind}, "application/vnd.in-toto+json",
                             annotations={"in-toto.io/predicate-type": kind})
                  for kind in ("https://slsa.dev/provenance/v1", "https://spdx.dev/Document")]
    config = layout.put({"architecture": "unknown", "os": "unknown", "subject": image["digest"],
                         "rootfs": {"type": "layers", "diff_ids": [s["digest"] for s in statements]}},
                        OCI + "config.v1+json")
    return {**layout.manifest(config, statements),
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {"vnd.docker.reference.digest": image["digest"],
                            "vnd.docker.reference.type": "attestation-manifest"}}


def gallery(layout):
    base = {arch: layout.layer(3_000_000 + 100_000 * i) for i, arch in enumerate(("amd64", "arm64"))}
    runtime = {arch: layout.layer(1_600_000 + 90_000 * i) for i, arch in enumerate(("amd64", "arm64"))}
    history = [{"created_by": "ADD rootfs.tar.xz / # buildkit"},
               {"created_by": "CMD [\"bash\"]", "empty_layer": True}]
    for arch, layer in base.items():
        layout.name(layout.image([layer], arch, "2026-02-11T08:00:00Z", history=history), f"base/debian:12-{arch}")
    for app, releases in (("shop/web", ("1.3.9", "1.4.0", "1.4.1")), ("shop/worker", ("2.0.0", "2.1.0-rc.1"))):
        for n, release in enumerate(releases):
            images = []
            for arch in base:
                own = layout.layer(400_000 + 50_000 * n)
                labels = {TITLE + "title": app, TITLE + "version": release, TITLE + "licenses": "MIT",
                          TITLE + "source": "https://git.example.org/" + app,
                          TITLE + "description": "What the shop shows.\nSecond line."}
                images.append(platform(layout.image(
                    [base[arch], runtime[arch], own], arch, f"2026-0{3 + n}-14T09:26:53.589793238Z",
                    {"Labels": labels},
                    history + [{"created_by": "RUN apt-get update && apt-get install -y --no-install-recommends nginx"},
                               {"created_by": f"COPY dist/{release} /srv # buildkit"}]), arch))
            index = layout.index(images + [attestation(layout, image) for image in images],
                                 annotations={TITLE + "revision": hashlib.sha1(release.encode()).hexdigest()})
            layout.name(index, f"{app}:{release}")
            if release in ("1.4.1", "2.0.0"):
                layout.name(index, f"{app}:latest")
                layout.referrer(index, "application/vnd.cncf.notary.signature")
                layout.referrer(index, "application/vnd.dev.sigstore.bundle.v0.3+json", b"{1}")
    chart = layout.put({"name": "shop", "version": "0.3.0"}, HELM + "config.v1+json")
    layout.name(layout.manifest(chart, [layout.put(gzip.compress(b"chart", mtime=0),
                                                   HELM + "chart.content.v1.tar+gzip")]), "charts/shop:0.3.0")
    plain = layout.image([layout.layer(200_000, packed=False)], config={"Labels": {"plain": "yes"}})
    layout.name(plain, "tools/plain:1")


def hostile(layout):
    bad = ["<script>window.hostile=1</script>", "\"><img src=x onerror=window.hostile=2>",
           "' autofocus onfocus='hostile()",
           "</title></style></script><svg onload=window.hostile=3>", "javascript:window.hostile=4",
           "https://example.org/\" onmouseover=\"window.hostile=5", "https://user@example.org/",
           "data:text/html,<script>window.hostile=6</script>", "&lt;b&gt; &amp;", "\u202egnp.exe",
           "tab\tand\nline\u0001\u007f",
           "<!-- -->]]>", "{{constructor}}", "x" * 100_000]
    labels = {text[:900]: text for text in bad}
    labels["home"] = "https://example.org/a?b=c&d=e#f"
    layer = layout.layer(1000, annotations={TITLE + "title": bad[1]})
    image = layout.image([layer], created=bad[0], config={"Labels": labels}, history=[{"created_by": bad[3] + bad[13]}],
                         annotations={text[:900]: text for text in bad})
    layout.name(image, "hostile/page:1")
    layout.referrer(image, "application/<script>window.hostile=7</script>", **{text[:900]: text for text in bad[:3]})
    layout.referrer(image, "text/\"><img/src=x/onerror=window.hostile=8>", b"[]")


if __name__ == "__main__":
    made = Layout(sys.argv[2])
    {"gallery": gallery, "hostile": hostile}[sys.argv[1]](made)
    made.end()
