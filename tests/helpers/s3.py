#!/usr/bin/env python3
"""A small S3 client on the standard library alone.

It shares no line with drydock, so that the tests have a second opinion on what
is in a bucket and how requests are signed.  Library and command line:

    s3.py make-bucket BUCKET [public]   s3.py make-public BUCKET
    s3.py ls BUCKET [PREFIX]            key, size, ETag, LastModified; tab separated
    s3.py get BUCKET KEY [FILE]         to standard output without FILE
    s3.py head BUCKET KEY               status and all headers as JSON; exit 1 on 404
    s3.py put BUCKET KEY FILE [HEADER=VALUE]...
    s3.py copy BUCKET KEY FROM_KEY
    s3.py put-tree BUCKET DIR           a staged root as drydock would publish it
    s3.py rm BUCKET KEY...              s3.py empty BUCKET...
    s3.py list-uploads BUCKET           key, upload id, initiated; tab separated
    s3.py list-parts BUCKET KEY UPLOAD_ID      number, size, ETag
    s3.py create-upload BUCKET KEY      s3.py abort BUCKET KEY UPLOAD_ID

Options: --anonymous sends no credentials; --endpoint URL.
Environment: S3_ENDPOINT, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION.
Exit status: 0 done, 1 the server said no, 2 usage.
"""
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.parse

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class S3Error(Exception):
    def __init__(self, status, code, body):
        super().__init__(f"{status} {code}")
        self.status, self.code, self.body = status, code, body


# What takes longer to import than a small request takes is left to those that need it.
def xml_of(data):
    import xml.etree.ElementTree as tree
    return tree.fromstring(data)


def quote(text, safe="-._~"):
    return urllib.parse.quote(text, safe=safe)


def sign(method, host, path, query, headers, payload_hash, access, secret, region,
         amz_date, token=None):
    """Return the headers with an AWS Signature Version 4 added.

    path is percent-encoded already; query is a list of decoded pairs."""
    headers = {k.lower(): v for k, v in headers.items()}
    headers.update({"host": host, "x-amz-date": amz_date, "x-amz-content-sha256": payload_hash})
    if token:
        headers["x-amz-security-token"] = token
    canonical_query = "&".join(sorted(f"{quote(k)}={quote(v)}" for k, v in query))
    names = sorted(headers)
    signed = ";".join(names)
    canonical = "\n".join(
        [method, path, canonical_query]
        + [f"{n}:{' '.join(str(headers[n]).split())}" for n in names]
        + ["", signed, payload_hash])
    scope = f"{amz_date[:8]}/{region}/s3/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", amz_date, scope,
                         hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for step in (amz_date[:8], region, "s3", "aws4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={access}/{scope}, "
                                f"SignedHeaders={signed}, Signature={signature}")
    return headers


class S3:
    def __init__(self, endpoint=None, access=None, secret=None, region=None, anonymous=False):
        url = urllib.parse.urlsplit(endpoint or os.environ["S3_ENDPOINT"])
        self.https = url.scheme == "https"
        self.host = url.netloc
        self.access = access or os.environ.get("AWS_ACCESS_KEY_ID")
        self.secret = secret or os.environ.get("AWS_SECRET_ACCESS_KEY")
        self.token = None if access else os.environ.get("AWS_SESSION_TOKEN")
        self.region = region or os.environ.get("AWS_REGION") or "us-east-1"
        self.anonymous = anonymous
        self.connection = None

    def _connect(self):
        import http.client
        kind = http.client.HTTPSConnection if self.https else http.client.HTTPConnection
        return kind(self.host, timeout=120)

    def request(self, method, bucket, key="", query=(), headers=None, body=b"", stream=None):
        """One request: (status, headers, body).  body may be bytes or an open file.

        stream, an open binary file, takes the answer's body instead."""
        path = "/" + quote(bucket, safe="-._~") + ("/" + quote(key, safe="/-._~") if key else "")
        query = list(query)
        headers = dict(headers or {})
        if isinstance(body, bytes):
            length, payload_hash = len(body), hashlib.sha256(body).hexdigest()
        else:
            digest, length = hashlib.sha256(), 0
            while chunk := body.read(1 << 20):
                digest.update(chunk)
                length += len(chunk)
            body.seek(0)
            payload_hash = digest.hexdigest()
        if not self.anonymous:
            date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
            headers = sign(method, self.host, path, query, headers, payload_hash,
                           self.access, self.secret, self.region, date, self.token)
            del headers["host"]
        if method in ("PUT", "POST"):
            headers["content-length"] = str(length)
        url = path
        if query:
            url += "?" + "&".join(f"{quote(k)}={quote(v)}" if v else quote(k) for k, v in query)
        for attempt in (1, 2):
            fresh = self.connection is None
            if fresh:
                self.connection = self._connect()
            try:
                self.connection.request(method, url, body=body if length else None, headers=headers)
                answer = self.connection.getresponse()
                break
            except ConnectionError:
                # The server may have closed a kept connection meanwhile.
                self.connection = None
                if fresh or attempt == 2:
                    raise
                if not isinstance(body, bytes):
                    body.seek(0)
        if stream is not None and answer.status < 300:
            while chunk := answer.read(1 << 20):
                stream.write(chunk)
            data = b""
        else:
            data = answer.read()
        if answer.will_close:
            self.connection.close()
            self.connection = None
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, data

    def ok(self, *args, **kwargs):
        status, headers, data = self.request(*args, **kwargs)
        if status >= 300:
            code = ""
            try:
                code = xml_of(data).findtext("{*}Code") or xml_of(data).findtext("Code")
            except SyntaxError:
                pass
            raise S3Error(status, code, data)
        return headers, data

    def make_bucket(self, bucket):
        self.ok("PUT", bucket)

    def make_public(self, bucket):
        policy = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:GetObject"],
             "Resource": [f"arn:aws:s3:::{bucket}/*"]},
            # Without it a missing key is 403 to an anonymous client, not 404.
            {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:ListBucket"],
             "Resource": [f"arn:aws:s3:::{bucket}"]}]}
        try:
            self.ok("PUT", bucket, query=[("policy", "")], body=json.dumps(policy).encode())
        except S3Error as error:
            if error.status != 501:
                raise
            # Swift has the ACL alone; it stands for all objects, and for listing.
            self.ok("PUT", bucket, query=[("acl", "")], headers={"x-amz-acl": "public-read"})

    def _pages(self, bucket, query, tag, next_of):
        extra = []
        while True:
            _, data = self.ok("GET", bucket, query=query + extra)
            root = xml_of(data)
            yield from root.findall("{*}" + tag)
            if root.findtext("{*}IsTruncated") != "true":
                return
            extra = [(name, root.findtext("{*}" + field)) for name, field in next_of]

    def list(self, bucket, prefix=""):
        query = [("list-type", "2")] + ([("prefix", prefix)] if prefix else [])
        for item in self._pages(bucket, query, "Contents",
                                [("continuation-token", "NextContinuationToken")]):
            yield {"key": item.findtext("{*}Key"), "size": int(item.findtext("{*}Size")),
                   "etag": item.findtext("{*}ETag").strip('"'),
                   "modified": item.findtext("{*}LastModified")}

    def keys(self, bucket, prefix=""):
        return [o["key"] for o in self.list(bucket, prefix)]

    def get(self, bucket, key):
        return self.ok("GET", bucket, key)[1]

    def head(self, bucket, key):
        status, headers, _ = self.request("HEAD", bucket, key)
        return status, headers

    def put(self, bucket, key, body, headers=None):
        return self.ok("PUT", bucket, key, headers=headers, body=body)[0]

    def copy(self, bucket, key, source):
        self.ok("PUT", bucket, key,
                headers={"x-amz-copy-source": f"/{quote(bucket)}/{quote(source, safe='/-._~')}"})

    def rm(self, bucket, key):
        self.ok("DELETE", bucket, key)

    def uploads(self, bucket):
        for item in self._pages(bucket, [("uploads", "")], "Upload",
                                [("key-marker", "NextKeyMarker"),
                                 ("upload-id-marker", "NextUploadIdMarker")]):
            yield {"key": item.findtext("{*}Key"), "id": item.findtext("{*}UploadId"),
                   "initiated": item.findtext("{*}Initiated")}

    def parts(self, bucket, key, upload):
        marker = []
        while True:
            _, data = self.ok("GET", bucket, key, query=[("uploadId", upload)] + marker)
            root = xml_of(data)
            for item in root.findall("{*}Part"):
                yield {"number": int(item.findtext("{*}PartNumber")),
                       "size": int(item.findtext("{*}Size")),
                       "etag": item.findtext("{*}ETag").strip('"')}
            if root.findtext("{*}IsTruncated") != "true":
                return
            marker = [("part-number-marker", root.findtext("{*}NextPartNumberMarker"))]

    def create_upload(self, bucket, key, headers=None):
        _, data = self.ok("POST", bucket, key, query=[("uploads", "")], headers=headers)
        return xml_of(data).findtext("{*}UploadId")

    def put_part(self, bucket, key, upload, number, body):
        return self.ok("PUT", bucket, key, body=body,
                       query=[("partNumber", str(number)), ("uploadId", upload)])[0]["etag"]

    def abort(self, bucket, key, upload):
        self.ok("DELETE", bucket, key, query=[("uploadId", upload)])

    def empty(self, bucket):
        for upload in list(self.uploads(bucket)):
            self.abort(bucket, upload["key"], upload["id"])
        for key in self.keys(bucket):
            self.rm(bucket, key)

    def put_tree(self, bucket, root):
        """Publish ROOT/v2 as a static registry, blobs first and tags last."""
        found = []
        for folder, _, names in os.walk(os.path.join(root, "v2")):
            found += [os.path.join(folder, name) for name in names]

        def rank(path):
            if "/blobs/" in path:
                return 0
            if "/manifests/" in path:
                return 1 if "/manifests/sha256:" in path or "/manifests/sha512:" in path else 3
            return 2 if "/referrers/" in path else 4

        for path in sorted(found, key=lambda p: (rank(p), p)):
            key = os.path.relpath(path, root)
            kind = "application/octet-stream"
            if "/manifests/" in path:
                with open(path, "rb") as file:
                    kind = manifest_type(json.load(file))
            elif "/referrers/" in path:
                kind = "application/vnd.oci.image.index.v1+json"
            elif "/blobs/" not in path:
                kind = "application/json"
            with open(path, "rb") as file:
                self.put(bucket, key, file, {"content-type": kind})
        self.put(bucket, "v2/", b"{}", {"content-type": "application/json"})


def manifest_type(document):
    if "mediaType" in document:
        return document["mediaType"]
    if "manifests" in document:
        return "application/vnd.oci.image.index.v1+json"
    return "application/vnd.oci.image.manifest.v1+json"


def main(argv):
    options = {}
    while argv and argv[0].startswith("--"):
        if argv[0] == "--anonymous":
            options["anonymous"] = True
            argv = argv[1:]
        elif argv[0] == "--endpoint" and len(argv) > 1:
            options["endpoint"] = argv[1]
            argv = argv[2:]
        else:
            print(__doc__)
            return 0 if argv[0] == "--help" else 2
    if len(argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    s3 = S3(**options)
    verb, bucket, rest = argv[0], argv[1], argv[2:]
    if verb == "make-bucket":
        s3.make_bucket(bucket)
        if rest == ["public"]:
            s3.make_public(bucket)
    elif verb == "make-public":
        s3.make_public(bucket)
    elif verb == "ls":
        for o in s3.list(bucket, *rest[:1]):
            print(o["key"], o["size"], o["etag"], o["modified"], sep="\t")
    elif verb == "get":
        if len(rest) > 1:
            with open(rest[1], "wb") as file:
                s3.ok("GET", bucket, rest[0], stream=file)
        else:
            s3.ok("GET", bucket, rest[0], stream=sys.stdout.buffer)
    elif verb == "head":
        status, headers = s3.head(bucket, rest[0])
        print(json.dumps({"status": status, **headers}, indent=1, sort_keys=True))
        return 0 if status < 300 else 1
    elif verb == "put":
        with open(rest[1], "rb") as file:
            s3.put(bucket, rest[0], file, dict(h.split("=", 1) for h in rest[2:]))
    elif verb == "copy":
        s3.copy(bucket, rest[0], rest[1])
    elif verb == "put-tree":
        s3.put_tree(bucket, rest[0])
    elif verb == "rm":
        for key in rest:
            s3.rm(bucket, key)
    elif verb == "empty":
        failed = False
        for each in [bucket, *rest]:
            try:
                s3.empty(each)
            except S3Error as error:
                print(f"s3.py: empty {each}: {error}", file=sys.stderr)
                failed = True
        return 1 if failed else 0
    elif verb == "list-uploads":
        for u in s3.uploads(bucket):
            print(u["key"], u["id"], u["initiated"], sep="\t")
    elif verb == "list-parts":
        for p in s3.parts(bucket, rest[0], rest[1]):
            print(p["number"], p["size"], p["etag"], sep="\t")
    elif verb == "create-upload":
        print(s3.create_upload(bucket, rest[0]))
    elif verb == "abort":
        s3.abort(bucket, rest[0], rest[1])
    else:
        print(f"s3.py: unknown verb {verb!r}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    if "https:" not in " ".join([os.environ.get("S3_ENDPOINT", ""), *sys.argv]):
        sys.modules["ssl"] = None  # http.client does without
    try:
        sys.exit(main(sys.argv[1:]))
    except S3Error as error:
        print(f"s3.py: {' '.join(sys.argv[1:4])}: {error}", file=sys.stderr)
        sys.exit(1)
    except (OSError, KeyError, IndexError) as error:
        print(f"s3.py: {error!r}", file=sys.stderr)
        sys.exit(2)
