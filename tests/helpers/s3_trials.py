#!/usr/bin/env python3
"""How does a server read S3's rules?  Asked without drydock, through s3.py.

    s3_trials.py lists BUCKET         pages, their order, what they start after, odd keys
    s3_trials.py conditions BUCKET    If-None-Match and If-Match on PUT
    s3_trials.py ranges URL           a range of an object that everybody may read, and two ranges
    s3_trials.py parts BUCKET KEY     how many bytes of uploads of KEY are there
    s3_trials.py kill BUCKET KEY PID  SIGKILL for PID as soon as there are any, or KEY itself

Exit status 0: as Amazon does it.  3: in a way of its own, which is printed, and which drydock knows
how to live with.  1: neither; what was seen is printed.
"""
import http.client
import os
import signal
import sys
import time
import urllib.parse
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from s3 import S3, S3Error  # noqa: E402

KEYS = ["A b", "B+c", "a%20~", "a/b@c:d", "a\u00fc", "b&<c>", "z\u20ac"]


def wants(got, want, what):
    if got != want:
        print(f"{what}: {got!r}, wanted {want!r}")
        sys.exit(1)


def page(s3, bucket, query):
    root = ET.fromstring(s3.ok("GET", bucket, query=[("list-type", "2")] + query)[1])
    keys = [urllib.parse.unquote_plus(item.findtext("{*}Key")) for item in root.findall("{*}Contents")]
    return keys, root.findtext("{*}NextContinuationToken")


def lists(bucket):
    s3 = S3()
    for key in KEYS:
        s3.put(bucket, "t/" + key, b"x")
    want = sorted(("t/" + key for key in KEYS), key=str.encode)
    found, token, pages = [], None, 0
    while token or not pages:
        keys, token = page(s3, bucket, [("prefix", "t/"), ("max-keys", "3"), ("encoding-type", "url")] +
                           ([("continuation-token", token)] if token else []))
        found += keys
        pages += 1
    wants((found, pages), (want, 3), "pages of three")
    wants(page(s3, bucket, [("prefix", "t/"), ("start-after", want[2]), ("encoding-type", "url")])[0],
          want[3:], "what comes after a key")
    wants(list(s3.keys(bucket, "t/a")), [key for key in want if key.startswith("t/a")], "a prefix")
    wants(s3.head(bucket, "t/none")[0], 404, "HEAD of what is not there")


def conditions(bucket):
    s3 = S3()

    def put(key, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return s3.request("PUT", bucket, key, headers=named, body=b"x")[0]

    s3.put(bucket, "there", b"x")
    etag = s3.head(bucket, "there")[1]["etag"]
    other = '"00000000000000000000000000000000"'
    found = {
        "If-None-Match": (put("new", if_none_match="*"), put("there", if_none_match="*")),
        "If-Match": (put("there", if_match=etag), put("there", if_match=other)),
        "If-Match unquoted": (put("there", if_match=etag.strip('"')), put("there", if_match=other.strip('"'))),
    }
    if found["If-None-Match"] == found["If-Match"] == (200, 412):
        return 0
    words = {(200, 412): "works", (200, 200): "is ignored", (501, 501): "is refused (501)",
             (412, 412): "never holds"}
    print(", ".join(f"{name} {words.get(pair, pair)}" for name, pair in found.items()))
    return 3 if all(pair in words for pair in found.values()) else 1


def ranges(url):
    parts = urllib.parse.urlsplit(url)

    def get(value=None):
        connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        connection.request("GET", parts.path, headers={"Range": value} if value else {})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read()

    status, kind, whole = get()
    wants(status, 200, "the whole")
    status, _, body = get("bytes=5-9")
    wants((status, body), (206, whole[5:10]), "bytes 5 to 9")
    status, _, body = get("bytes=7-")
    wants((status, body), (206, whole[7:]), "from byte 7")
    status, kind, body = get("bytes=0-3,8-11")
    if status == 206 and kind.startswith("multipart/byteranges"):
        return 0
    print("two ranges: " + ("the first one alone" if (status, body) == (206, whole[:4]) else
                            "the whole" if (status, body) == (200, whole) else f"status {status}"))
    return 3


def parts_there(s3, bucket, key):
    try:
        return sum(part["size"] for upload in s3.uploads(bucket) if upload["key"] == key
                   for part in s3.parts(bucket, key, upload["id"]))
    except S3Error:
        return 0  # completed, or aborted, between the two looks


def parts(bucket, key):
    print(parts_there(S3(), bucket, key))


def kill(bucket, key, pid):
    s3 = S3()
    while not parts_there(s3, bucket, key) and s3.head(bucket, key)[0] != 200:
        time.sleep(0.02)
    try:
        os.kill(int(pid), signal.SIGKILL)
    except ProcessLookupError:
        pass  # it was faster


def main(argv):
    verbs = {"lists": (lists, 1), "conditions": (conditions, 1), "ranges": (ranges, 1), "parts": (parts, 2),
             "kill": (kill, 3)}
    if not argv or argv[0] not in verbs or len(argv) != verbs[argv[0]][1] + 1:
        print(__doc__, file=sys.stderr)
        return 2
    return verbs[argv[0]][0](*argv[1:]) or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
