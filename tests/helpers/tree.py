#!/usr/bin/env python3
"""Is a static registry whole?  A second opinion, with no line of drydock's.

    tree.py tree ROOT        a staged root on disk
    tree.py bucket BUCKET    a bucket, through s3.py (also its metadata)

Checked: every object named by a digest hashes to it; whatever a tag reaches is
there, or is absent by right (another platform of a sparse index); tags/list and
_catalog say exactly what there is; Content-Types and Cache-Control of a bucket.
A registry without a single tag is not whole: nothing is shown by it.
Prints one line per finding; exit status 1 if there is one.
"""
import hashlib
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from s3 import S3, manifest_type  # noqa: E402

findings = []


def say(text):
    findings.append(text)
    print(text)


def tree_keys(root):
    for folder, _, names in os.walk(os.path.join(root, "v2")):
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root)


def hash_of(algorithm, chunks):
    digest = hashlib.new(algorithm)
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def file_chunks(path):
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def check(keys, read, chunks, head=None):
    keys = set(keys)
    repos = {}
    for key in sorted(keys):
        match = re.fullmatch(r"v2/(.+)/(manifests|blobs|referrers)/([^/]+)", key)
        if not match:
            if key not in ("v2/", "v2/_catalog") and not re.fullmatch(r"v2/.+/tags/list", key):
                say(f"{key}: not a key of a registry")
            continue
        name, kind, reference = match.groups()
        repo = repos.setdefault(name, {"manifests": {}, "blobs": set(), "tags": {}, "kinds": {}})
        digest = re.fullmatch(r"(sha256|sha512):([0-9a-f]+)", reference)
        if kind == "blobs":
            if not digest:
                say(f"{key}: a blob without a digest")
            elif hash_of(digest[1], chunks(key)) != digest[2]:
                say(f"{key}: its bytes have another digest")
            repo["blobs"].add(reference)
        elif kind == "manifests":
            data = read(key)
            try:
                document = json.loads(data)
            except ValueError:
                say(f"{key}: not JSON")
                continue
            if digest:
                if hashlib.new(digest[1], data).hexdigest() != digest[2]:
                    say(f"{key}: its bytes have another digest")
                repo["manifests"][reference] = document
            else:
                repo["tags"][reference] = (data, document)
            repo["kinds"][key] = manifest_type(document)

    for name, repo in repos.items():
        complete = {}

        def whole(digest, name=name, repo=repo, complete=complete, depth=0):
            """True, False, or None for a manifest that is not there."""
            if digest not in repo["manifests"]:
                return None
            if digest not in complete and depth < 16:
                document = repo["manifests"][digest]
                if "manifests" in document:
                    children = [whole(c["digest"], depth=depth + 1) for c in document["manifests"]]
                    complete[digest] = (True in children or not children) and False not in children
                else:
                    # An artifact manifest has neither config nor layers, but blobs.
                    parts = [document["config"]] if "config" in document else []
                    parts += document.get("layers", document.get("blobs", []))
                    wanted = [d["digest"] for d in parts
                              if not re.search(r"\.(foreign|nondistributable)\.", d["mediaType"])]
                    missing = [d for d in wanted if d not in repo["blobs"]]
                    for blob in missing:
                        say(f"v2/{name}/manifests/{digest}: blob {blob} is missing")
                    complete[digest] = not missing
            return complete.get(digest)

        for digest in repo["manifests"]:
            whole(digest)
        listed = set()
        for tag, (data, _) in repo["tags"].items():
            digests = [a + ":" + hashlib.new(a, data).hexdigest() for a in ("sha256", "sha512")]
            digest = digests[1] if digests[1] in repo["manifests"] else digests[0]
            fallback = re.fullmatch(r"(sha256|sha512)-[0-9a-f]{64}", tag)
            if not fallback:
                listed.add(tag)
                if not whole(digest):
                    say(f"v2/{name}/manifests/{tag}: its manifest {digest} is not there or not whole")
        key = f"v2/{name}/tags/list"
        if key in keys:
            document = json.loads(read(key))
            if document.get("name") != name or document.get("tags") != sorted(listed):
                say(f"{key}: says {document}, there are {sorted(listed)}")
        elif listed:
            say(f"{key}: missing")
    if not any(repo["tags"] for repo in repos.values()):
        say("v2/: there is no tag at all")
    if "v2/_catalog" in keys:
        said = json.loads(read("v2/_catalog")).get("repositories")
        if said != sorted(n for n, r in repos.items()):
            say(f"v2/_catalog: says {said}, there are {sorted(repos)}")
    elif repos:
        say("v2/_catalog: missing")
    if head:
        check_headers(keys, repos, head)


def check_headers(keys, repos, head):
    kinds = {}
    for repo in repos.values():
        kinds.update(repo["kinds"])
    if "v2/" not in keys:
        say("v2/: missing")
    for key in sorted(keys):
        _, headers = head(key)
        want = kinds.get(key)
        if not want:
            want = ("application/octet-stream" if "/blobs/" in key else
                    "application/vnd.oci.image.index.v1+json" if "/referrers/" in key else
                    "application/json")
        if headers.get("content-type") != want:
            say(f"{key}: Content-Type is {headers.get('content-type')}, not {want}")
        if "content-encoding" in headers:
            say(f"{key}: has a Content-Encoding")
        control = headers.get("cache-control", "")
        fixed = re.search(r"/(blobs|manifests)/sha(256|512):", key)
        if fixed and control != "public, max-age=31536000, immutable, no-transform":
            say(f"{key}: Cache-Control is {control!r}")
        if not fixed and key != "v2/" and control != "public, max-age=60, no-transform":
            say(f"{key}: Cache-Control is {control!r}")


def main(argv):
    if len(argv) != 2 or argv[0] not in ("tree", "bucket"):
        print(__doc__, file=sys.stderr)
        return 2
    if argv[0] == "tree":
        root = argv[1]

        def read(key):
            with open(os.path.join(root, key), "rb") as file:
                return file.read()
        check(tree_keys(root), read, lambda key: file_chunks(os.path.join(root, key)))
    else:
        s3, bucket = S3(), argv[1]
        check(s3.keys(bucket), lambda key: s3.get(bucket, key),
              lambda key: [s3.get(bucket, key)], lambda key: s3.head(bucket, key))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
