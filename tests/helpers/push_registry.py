#!/usr/bin/env python3
"""Push everything of an OCI layout into one repository of a registry, byte for byte.

    push_registry.py [--user NAME:PASSWORD] [--no-fallback] HOST:PORT/NAME LAYOUT

LAYOUT is a folder, or a tar of one as mkarchive.py makes it.  Every manifest that index.json
reaches goes there under its digest, children first, with its blobs; every name in index.json
becomes a tag (what follows its last colon).  Where the registry does not keep referrers itself,
their lists are pushed as fallback tags, as the specification wants it of clients, unless
--no-fallback.  Prints "TAG DIGEST" for each tag.  Plain HTTP, and Basic with --user.
Exit status: 0 done, 1 the registry said no, 2 usage.
"""
import argparse
import base64
import http.client
import os
import sys
import urllib.parse

from oci_layout import OCI_INDEX, Layout, blobs_of, document_of, fallback_tag, list_of_referrers


class Refused(Exception):
    pass


class Registry:
    """One repository; `keeps` is what the registry said about the last subject (OCI-Subject)."""

    def __init__(self, host, name, user=None):
        self.host, self.name, self.keeps = host, name, None
        self.connection = http.client.HTTPConnection(host, timeout=60)
        self.headers = {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()} if user else {}

    def request(self, method, target, body=None, headers=None, wanted=(200, 201, 202)):
        self.connection.request(method, target, body, {**self.headers, **(headers or {})})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in wanted:
            raise Refused(f"{method} {target}: {answer.status} {text[:500].decode(errors='replace')}")
        return answer

    def put_blob(self, digest, path):
        target = f"/v2/{self.name}/blobs/"
        if self.request("HEAD", target + digest, wanted=(200, 404)).status == 200:
            return
        upload = self.request("POST", target + "uploads/", b"").headers["Location"]
        url = urllib.parse.urlsplit(urllib.parse.urljoin(f"http://{self.host}/", upload))
        query = (url.query + "&" if url.query else "") + urllib.parse.urlencode({"digest": digest})
        with open(path, "rb") as file:
            self.request("PUT", f"{url.path}?{query}", file,
                         {"Content-Length": str(os.path.getsize(path)),
                          "Content-Type": "application/octet-stream"})

    def put_manifest(self, reference, kind, data):
        answer = self.request("PUT", f"/v2/{self.name}/manifests/{reference}", data, {"Content-Type": kind})
        self.keeps = answer.headers.get("OCI-Subject")


def push(registry, layout, fallback=True):
    lists = dict(layout.referrers)
    for digest, (kind, data) in layout.manifests.items():
        document = document_of(data)
        for blob in blobs_of(document):
            if os.path.exists(layout.blob(blob["digest"])):
                registry.put_blob(blob["digest"], layout.blob(blob["digest"]))
        registry.put_manifest(digest, kind, data)
        if document.get("subject") and registry.keeps:
            lists.pop(document["subject"]["digest"], None)
    for tag, digest in layout.tags.items():
        registry.put_manifest(tag, *layout.manifests[digest])
        print(tag, digest)
    for subject, referrers in lists.items() if fallback else ():
        if fallback_tag(subject) not in layout.tags:
            registry.put_manifest(fallback_tag(subject), OCI_INDEX, list_of_referrers(referrers))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--user")
    parser.add_argument("--no-fallback", action="store_true")
    parser.add_argument("to")
    parser.add_argument("layout")
    args = parser.parse_args()
    host, _, name = args.to.partition("/")
    try:
        push(Registry(host, name, args.user), Layout(args.layout), not args.no_fallback)
    except Refused as no:
        print(f"push_registry.py: {no}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
