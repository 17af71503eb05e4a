"""OCI layouts as the registries' helpers read them: a folder, or a tar of one (mkarchive.py makes such)."""
import json
import os
import re
import tarfile
import tempfile

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFESTS = (OCI_MANIFEST, OCI_INDEX, OCI_ARTIFACT, DOCKER_MANIFEST, DOCKER_LIST)

REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"


def tag_of(entry):
    """The tag of a descriptor in index.json, or None: what follows the last colon of its name."""
    annotations = entry.get("annotations") or {}
    name = annotations.get(CONTAINERD_NAME) or annotations.get(REF_NAME) or ""
    return name.rsplit(":", 1)[-1] if name and "@" not in name else None


def fallback_tag(digest):
    """The tag that lists the referrers of a digest where there is no referrers API."""
    algorithm, _, text = digest.partition(":")
    return f"{algorithm}-{text[:64]}"


def document_of(data):
    """The object that a manifest is; an empty one when it is none, as that may be what is tested."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def children_of(document):
    """The descriptors of manifests that a manifest needs."""
    return document.get("manifests") or []


def blobs_of(document):
    """The descriptors of what a manifest needs beside manifests."""
    config = [document["config"]] if document.get("config") else []
    return config + (document.get("layers") or []) + (document.get("blobs") or [])


def referrer_of(digest, size, kind, document):
    """The descriptor of a referrer, as a list of referrers has it."""
    entry = {"mediaType": kind, "digest": digest, "size": size}
    artifact = document.get("artifactType") or (document.get("config") or {}).get("mediaType")
    if artifact:
        entry["artifactType"] = artifact
    if document.get("annotations"):
        entry["annotations"] = document["annotations"]
    return entry


def list_of_referrers(referrers):
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": referrers}).encode()


class Layout:
    """`manifests`: digest -> (media type, bytes), children before what needs them; `tags`: tag -> digest;
    `referrers`: digest of a subject -> descriptors.  A manifest or blob that is missing is left out."""

    def __init__(self, path):
        self.temporary = None
        if not os.path.isdir(path):
            self.temporary = tempfile.TemporaryDirectory(prefix="layout-")
            with tarfile.open(path) as tar:
                for member in tar:
                    name = os.path.normpath(member.name)
                    if member.isfile() and re.fullmatch(r"index\.json|blobs/[a-z0-9]+/[0-9a-f]+", name):
                        member.name = name
                        tar.extract(member, self.temporary.name, set_attrs=False)
            path = self.temporary.name
        self.path = path
        self.manifests, self.tags, self.referrers = {}, {}, {}
        with open(os.path.join(path, "index.json"), "rb") as file:
            top = json.load(file)
        for entry in top["manifests"]:
            self._read(entry)
            if tag_of(entry) and entry["digest"] in self.manifests:
                self.tags[tag_of(entry)] = entry["digest"]

    def _read(self, entry):
        digest = entry["digest"]
        if digest in self.manifests or not os.path.exists(self.blob(digest)):
            return
        with open(self.blob(digest), "rb") as file:
            data = file.read()
        document = document_of(data)
        for child in children_of(document):
            if child.get("mediaType", OCI_MANIFEST) in MANIFESTS:
                self._read(child)
        kind = entry.get("mediaType") or document.get("mediaType") or OCI_MANIFEST
        self.manifests[digest] = (kind, data)
        if document.get("subject"):
            self.referrers.setdefault(document["subject"]["digest"], []).append(
                referrer_of(digest, len(data), kind, document))

    def blob(self, digest):
        """The path of a blob or manifest, there or not."""
        algorithm, _, text = digest.partition(":")
        if not re.fullmatch(r"[a-z0-9]+", algorithm) or not re.fullmatch(r"[0-9a-f]+", text):
            return os.devnull + "/none"
        return os.path.join(self.path, "blobs", algorithm, text)
