"""The bucket, read with no line of drydock's."""
import functools
import hashlib
import json

import fake_s3_store
from sync.keys import CATALOG, MANIFEST, is_list, key_of, list_of, repo_of, tag_of


def bytes_of(item):
    return b"".join(fake_s3_store.read_chunks(item.chunks))


@functools.lru_cache(maxsize=4096)
def parsed(data):
    """(media type, digests of blobs, digests of manifests) of a manifest; None: it is none."""
    try:
        document = json.loads(data)
        parts = [document["config"]] if "config" in document else []
        blobs = tuple(d["digest"] for d in parts + document.get("layers", []))
        return document.get("mediaType"), blobs, tuple(d["digest"] for d in document.get("manifests", []))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def manifest_at(objects, key):
    return parsed(bytes_of(objects[key])) if key in objects else None


def tags(objects):
    """(repository, tag): SHA-256 of its bytes."""
    return {tag_of(key): hashlib.sha256(bytes_of(item)).hexdigest() for key, item in objects.items() if tag_of(key)}


def repositories(objects):
    return {match[1] for match in map(MANIFEST.fullmatch, objects) if match}


def named(objects, key, field):
    """What a list names, or None where there is none that can be read."""
    try:
        return set(json.loads(bytes_of(objects[key]))[field])
    except (KeyError, ValueError, TypeError):
        return None


def named_tags(objects, repo):
    return named(objects, list_of(repo), "tags")


def named_repositories(objects):
    return named(objects, CATALOG, "repositories")


def lacks(objects, key, seen=None):
    """Keys that the manifest under `key` reaches and that are not there, or are no manifests."""
    seen = set() if seen is None else seen
    found = manifest_at(objects, key)
    if found is None:
        return {key}
    base, missing = key.split("/manifests/")[0], set()
    missing.update(f"{base}/blobs/{d}" for d in found[1] if f"{base}/blobs/{d}" not in objects)
    for digest in found[2]:
        child = f"{base}/manifests/{digest}"
        if child not in seen:
            seen.add(child)
            missing |= lacks(objects, child, seen)
    return missing


def broken(objects):
    """{tag: what it lacks} of tags that a client cannot pull."""
    found = {tag: lacks(objects, key_of(tag)) for tag in map(tag_of, objects) if tag}
    return {tag: missing for tag, missing in found.items() if missing}


def list_difference(objects, key, leaving=()):
    """What is wrong with a list, as text, or None. A catalogue may name a repository that has but its list,
    and may leave out those in `leaving`."""
    if key == CATALOG:
        there, said = repositories(objects), named_repositories(objects)
        also = set(map(repo_of, filter(is_list, objects)))
    else:
        repo = key[len("v2/"):-len("/tags/list")]
        there, said = {tag[1] for tag in map(tag_of, objects) if tag and tag[0] == repo}, named_tags(objects, repo)
        also = set()
    if said is None:
        return f"{key} cannot be read or is not there; there are {sorted(there)}" if there else None
    absent, left_out = said - there - also, there - said - set(leaving)
    if not absent and not left_out:
        return None
    return f"{key} names {sorted(absent)} that are not there, and not {sorted(left_out)} that are"


def without_tags(objects):
    """Repositories that have manifests only. A removal that has come so far takes them out of the catalogue; one
    whose tags have all failed is not in it yet."""
    return repositories(objects) - {tag[0] for tag in map(tag_of, objects) if tag}


def wrong_lists(objects, leaving=()):
    """{key: what is wrong with it}; the catalogue may leave out those in `leaving`."""
    keys = {CATALOG, *(k for k in objects if k.endswith("/tags/list")), *(list_of(r) for r in repositories(objects))}
    found = {key: list_difference(objects, key, leaving if key == CATALOG else ()) for key in keys}
    return {key: text for key, text in found.items() if text}
