"""What lies in a tree, read with no line of drydock's."""
import hashlib
import json
import os
import re
import stat

KEY = re.compile(r"v2/(.+)/(manifests|blobs|referrers|tags)/([^/]+)")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
FALLBACK = re.compile(r"sha256-[0-9a-f]{64}")

documents = {}  # every manifest that was ever seen whole, by digest: the model remembers


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def split(key):
    """-> (repository, kind, reference), or None for what is no such key"""
    match = KEY.fullmatch(key)
    return match.groups() if match else None


def is_tag(key):
    parts = split(key)
    return bool(parts) and parts[1] == "manifests" and not DIGEST.fullmatch(parts[2]) and not FALLBACK.fullmatch(parts[2])


def children(digest):
    """-> (manifests, blobs) that a manifest refers to"""
    document = documents[digest]
    blobs = [document["config"]["digest"]] if "config" in document else []
    blobs += [x["digest"] for x in document.get("layers") or []]
    return [x["digest"] for x in document.get("manifests") or []], blobs


def subject(digest):
    return documents[digest].get("subject", {}).get("digest")


class Tree:
    """All files below v2 at one moment."""

    def __init__(self, root):
        self.files, self.closed, self.odd = {}, set(), set()
        for folder, folders, names in os.walk(os.path.join(root, "v2")):
            for name in names:
                self._take(root, os.path.join(folder, name))
            key = os.path.relpath(folder, root)
            if split(key):  # a folder in a file's place
                self.odd.add(key)
            elif not stat.S_IMODE(os.lstat(folder).st_mode) & 0o055 == 0o055:
                self.closed.add(key)
        self.wrong = {k for k in self.files if self._is_wrong(k)} | self.odd
        for key in self.files.keys() - self.wrong:
            repo_kind = split(key)
            if repo_kind and repo_kind[1] == "manifests" and DIGEST.fullmatch(repo_kind[2]):
                documents.setdefault(repo_kind[2], json.loads(self.files[key]))
        # By repository: manifests and blobs that are right.
        self.manifests, self.blobs = self._right("manifests"), self._right("blobs")

    def _take(self, root, path):
        key, mode = os.path.relpath(path, root), os.lstat(path).st_mode
        if not stat.S_ISREG(mode):
            self.odd.add(key)
            return
        with open(path, "rb") as file:
            self.files[key] = file.read()
        if not mode & 0o400:
            self.odd.add(key)
        if mode & 0o044 != 0o044:
            self.closed.add(key)

    def _is_wrong(self, key):
        parts = split(key)
        if not parts:
            return key != "v2/_catalog"
        if parts[1] == "blobs" or DIGEST.fullmatch(parts[2]) and parts[1] == "manifests":
            return sha(self.files[key]) != parts[2]
        return False

    def _right(self, kind):
        found = {}
        for key in self.files.keys() - self.wrong:
            parts = split(key)
            if parts and parts[1] == kind and DIGEST.fullmatch(parts[2]):
                found.setdefault(parts[0], set()).add(parts[2])
        return found

    def repositories(self):
        return {split(k)[0] for k in self.files.keys() | self.odd if split(k)}

    def tags(self):
        """{(repository, tag): digest of its bytes}"""
        return {split(k)[::2]: sha(self.files[k]) for k in self.files if is_tag(k)}

    def read(self, key):
        """A list, or None for what is none."""
        try:
            return json.loads(self.files[key])
        except (KeyError, ValueError):
            return None

    def lacks_blobs(self, repo, digest):
        return any(b not in self.blobs.get(repo, ()) for b in children(digest)[1])

    def missing(self, repo, digest, strays=()):
        """Keys that a manifest needs and that are not there or not right; absent children are legal,
        and so are those that a rescan left out."""
        if digest not in self.manifests.get(repo, ()):
            return {f"v2/{repo}/manifests/{digest}"}
        below, blobs = children(digest)
        lost = {f"v2/{repo}/blobs/{b}" for b in blobs if b not in self.blobs.get(repo, ())}
        for child in below:
            key = f"v2/{repo}/manifests/{child}"
            if key in self.files and key not in strays:
                lost |= self.missing(repo, child, strays)
        return lost

    def somewhere(self, digest):
        """Whether all of a manifest is right, whichever repositories have it."""
        if not any(digest in some for some in self.manifests.values()):
            return False
        below, blobs = children(digest)
        return (all(any(b in some for some in self.blobs.values()) for b in blobs)
                and (not below or any(self.somewhere(c) for c in below)))

    def configs(self, repo, digest):
        """The configs of all images below a manifest."""
        if digest not in self.manifests.get(repo, ()):
            return set()
        below, _ = children(digest)
        found = {documents[digest]["config"]["digest"]} if "config" in documents[digest] else set()
        for child in below:
            found |= self.configs(repo, child)
        return found


def closure(repo, digest, found=None):
    """Keys of a manifest and of all that it refers to, as remembered."""
    found = set() if found is None else found
    key = f"v2/{repo}/manifests/{digest}"
    if key not in found and digest in documents:
        found.add(key)
        below, blobs = children(digest)
        found.update(f"v2/{repo}/blobs/{b}" for b in blobs)
        for child in below:
            closure(repo, child, found)
    return found


def reached(repo, tops, manifests):
    """Keys of a repository that tags with these digests hold, referrers among `manifests` too."""
    found = set()
    for top in tops:
        closure(repo, top, found)
    grown = True
    while grown:
        size = len(found)
        for m in manifests:
            if m in documents and f"v2/{repo}/manifests/{subject(m)}" in found:
                closure(repo, m, found)
        grown = len(found) > size
    for key in list(found):
        _, kind, digest = split(key)
        if kind == "manifests":
            for one in (digest, subject(digest)):
                if one:
                    found |= {f"v2/{repo}/referrers/{one}", f"v2/{repo}/manifests/{one.replace(':', '-')}"}
    return found
