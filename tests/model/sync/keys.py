"""What the keys of a registry say."""
import re

CATALOG = "v2/_catalog"
MANIFEST = re.compile(r"v2/(.+)/manifests/([^/]+)")
FALLBACK = re.compile(r"(sha256|sha512)-[0-9a-f]{64}")


def tag_of(key):
    """(repository, tag) of a tag's key, or None."""
    match = MANIFEST.fullmatch(key)
    return match.groups() if match and ":" not in match[2] and not FALLBACK.fullmatch(match[2]) else None


def key_of(tag):
    return f"v2/{tag[0]}/manifests/{tag[1]}"


def name_of(tag):
    return ":".join(tag)


def list_of(repo):
    return f"v2/{repo}/tags/list"


def repo_of(key):
    match = re.fullmatch(r"v2/(.+)/(?:manifests|blobs|referrers|tags)/[^/]+", key)
    return match and match[1]


def is_list(key):
    return key == CATALOG or key.endswith("/tags/list")
