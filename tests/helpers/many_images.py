#!/usr/bin/env python3
"""An OCI layout with many small images that share a layer.

  many_images.py SHAPE COUNT FOLDER

  repos      COUNT images in as many repositories
  tags       COUNT images in one repository
  names      one image in COUNT repositories
  referrers  an image and COUNT manifests that refer to it
  refused    three tags, of which the second has the form that is kept for referrers
"""
import gzip
import hashlib
import json
import os
import sys

OCI = "application/vnd.oci.image."


class Layout:
    def __init__(self, folder):
        self.folder, self.listed = folder, []
        os.makedirs(os.path.join(folder, "blobs", "sha256"))
        plain = bytes(1024)
        self.layer = self.put(gzip.compress(plain, mtime=0), "layer.v1.tar+gzip")
        self.diff_id = "sha256:" + hashlib.sha256(plain).hexdigest()

    def put(self, data, media_type):
        if not isinstance(data, bytes):
            data = json.dumps(data).encode()
        name = hashlib.sha256(data).hexdigest()
        with open(os.path.join(self.folder, "blobs", "sha256", name), "wb") as file:
            file.write(data)
        return {"mediaType": OCI + media_type, "digest": "sha256:" + name, "size": len(data)}

    def image(self, number, subject=None):
        config = self.put({"architecture": "amd64", "os": "linux", "config": {"Labels": {"number": str(number)}},
                           "rootfs": {"type": "layers", "diff_ids": [self.diff_id]}}, "config.v1+json")
        manifest = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": config,
                    "layers": [self.layer]}
        if subject:
            manifest.update(subject=subject, artifactType="application/x.test")
        return self.put(manifest, "manifest.v1+json")

    def name(self, image, name):
        self.listed.append({**image, "annotations": {"io.containerd.image.name": "docker.io/many/" + name}})

    def end(self):
        for name, text in (("index.json", {"schemaVersion": 2, "manifests": self.listed}),
                           ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                json.dump(text, file)


def make(shape, count, folder):
    layout = Layout(folder)
    first = layout.image(0)
    if shape == "referrers":
        layout.name(first, "app:1")
        layout.listed += [layout.image(i, first) for i in range(1, count + 1)]
    elif shape == "refused":
        for i, tag in enumerate(("1", "sha256-" + "a" * 64, "2")):
            layout.name(layout.image(i), "app:" + tag)
    else:
        for i in range(count):
            image = first if shape == "names" else layout.image(i)
            layout.name(image, f"app:{i}" if shape == "tags" else f"r{i}:1")
    layout.end()


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]), sys.argv[3])
