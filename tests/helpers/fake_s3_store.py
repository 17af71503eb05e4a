"""What fake_s3.py keeps and does: buckets, objects, uploads, and the operations on them."""
import base64
import bisect
import calendar
import email.utils
import functools
import hashlib
import hmac
import json
import os
import re
import tempfile
import threading
import time
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
COPY_MAX = 5 << 30  # the largest source of a CopyObject, and the largest part
MEMORY_MAX = 64 * 1024  # larger bodies go to files


class Refused(Exception):
    def __init__(self, status, code, message="", extra="", headers=()):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message
        self.extra, self.headers = extra, dict(headers)


class Dropped(Exception):
    """The connection ends here."""


class Object:
    __slots__ = ("size", "etag", "modified", "chunks", "headers")

    def __init__(self, size, etag, modified, chunks=(), headers=None):
        self.size, self.etag, self.modified = size, etag, modified
        self.chunks, self.headers = chunks, headers or {}


class Upload:
    def __init__(self, key, headers, started):
        self.key, self.headers, self.started, self.parts = key, headers, started, {}


class Bucket:
    def __init__(self):
        self.objects, self.keys, self.uploads, self.completed = {}, [], {}, {}

    def copy(self):
        """To go back to: objects are never changed, uploads are."""
        other = Bucket()
        other.objects, other.keys = dict(self.objects), list(self.keys)
        other.completed = dict(self.completed)
        for name, u in self.uploads.items():
            other.uploads[name] = Upload(u.key, u.headers, u.started)
            other.uploads[name].parts = dict(u.parts)
        return other

    def put(self, key, item):
        if key not in self.objects:
            bisect.insort(self.keys, key)
        self.objects[key] = item

    def remove(self, key):
        if self.objects.pop(key, None):
            del self.keys[bisect.bisect_left(self.keys, key)]


class Server:
    """State shared by all connections; `lock` guards it."""

    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.buckets, self.rules, self.log = {}, [], []
        self.uses = {}  # requests by session token, for --key-uses
        self.clock = options.clock
        self.count = 0
        self.connections = 0  # open ones
        self.client = None  # process id, for the rule "signal"
        self.log_file = open(options.log, "a", buffering=1) if options.log else None
        self.dir = tempfile.TemporaryDirectory(prefix="fake-s3-")
        self.like = options.like

    def now(self):
        return time.time() + self.clock

    def etag(self, text):
        """As this server writes an ETag that would be `text` elsewhere."""
        if self.options.opaque_etags:
            return os.urandom(16).hex()
        return text.upper() if self.options.upper_etags else text

    def bucket(self, name):
        if name.startswith("missing"):
            raise Refused(404, "NoSuchBucket")
        return self.buckets.setdefault(name, Bucket())

    def load(self, path):
        with open(path) as lines:
            for line in lines:
                o = json.loads(line)
                self.bucket(o["bucket"]).objects[o["key"]] = Object(
                    o["size"], o["etag"], self.now(), [o["size"]] if o.get("zeros") else (),
                    o.get("headers"))
        for bucket in self.buckets.values():
            bucket.keys = sorted(bucket.objects)

    def set_rules(self, lines):
        self.rules = [json.loads(line) for line in lines if line.strip()]

    def rule_for(self, op, key):
        for rule in self.rules:
            if rule.get("times", 1) < 0 or not re.fullmatch(rule.get("op", ".*"), op) \
                    or not re.search(rule.get("key", ""), key):
                continue
            rule["seen"] = rule.get("seen", 0) + 1
            if rule["seen"] < rule.get("nth", 1):
                continue
            times = rule.get("times", 1)
            rule["times"] = times if times == 0 else (times - 1 or -1)
            return rule
        return None

    def record(self, entry):
        with self.lock:
            self.count += 1
            entry["n"] = self.count
            if self.log_file:
                self.log_file.write(json.dumps(entry) + "\n")
            else:
                self.log.append(entry)

    def state(self):
        return {name: {
            "objects": {k: {"size": o.size, "etag": o.etag, "headers": o.headers}
                        for k, o in b.objects.items()},
            "uploads": {i: {"key": u.key, "parts": {n: p[1] for n, p in u.parts.items()}}
                        for i, u in b.uploads.items()}}
            for name, b in self.buckets.items()}


def encryption(headers):
    """Those headers of an object that tell how it is encrypted: every answer to a write has them."""
    return {name: value for name, value in headers.items() if "encryption" in name}


@functools.lru_cache(maxsize=64)
def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def read_chunks(chunks):
    for chunk in chunks:
        if isinstance(chunk, int):  # so many zeros
            for at in range(0, chunk, 1 << 20):
                yield bytes(min(chunk - at, 1 << 20))
        elif isinstance(chunk, bytes):
            yield chunk
        else:
            with open(chunk, "rb") as file:
                while data := file.read(1 << 20):
                    yield data


@functools.lru_cache
def md5_of_zeros(count):
    md5 = hashlib.md5()
    for data in read_chunks([count]):
        md5.update(data)
    return md5


def md5_of(o):
    md5 = hashlib.md5()
    for data in read_chunks(o.chunks):
        md5.update(data)
    return md5


PLAIN_KEY = re.compile(r"[A-Za-z0-9/._~:-]*")
KEPT = re.compile(r"content-type|cache-control|x-amz-meta-.*|x-amz-server-side-encryption.*|"
                  r"x-amz-storage-class")


class Request:
    """One parsed request; its methods are the operations."""

    def __init__(self, server, method, target, headers, body, length):
        self.server, self.method, self.headers = server, method, headers
        self.path, _, self.raw_query = target.partition("?")
        self.query = dict(parse_qsl(self.raw_query, keep_blank_values=True))
        bucket, _, key = self.path.lstrip("/").partition("/")
        base = bucket if bucket in server.options.bases.split(",") else ""
        if base:
            bucket, _, key = key.partition("/")
        self.bucket_name, self.key = base + unquote(bucket), unquote(key)
        self.body, self.length = body, length
        self.op = self.name()

    def name(self):
        q, m = self.query, self.method
        if not self.key:
            if m == "GET" and "uploads" in q:
                return "ListMultipartUploads"
            return {"GET": "ListObjectsV2", "HEAD": "HeadBucket", "PUT": "CreateBucket"}.get(m, m)
        copy = "x-amz-copy-source" in self.headers
        if "uploadId" in q:
            return {"PUT": "UploadPartCopy" if copy else "UploadPart",
                    "POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload",
                    "GET": "ListParts"}.get(m, m)
        if m == "POST" and "uploads" in q:
            return "CreateMultipartUpload"
        return {"PUT": "CopyObject" if copy else "PutObject", "GET": "GetObject",
                "HEAD": "HeadObject", "DELETE": "DeleteObject"}.get(m, m)

    # Who may.

    def check_identity(self):
        auth = self.headers.get("authorization", "")
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=(.+)/(\d{8})/([^/]+)/s3/aws4_request, "
                             r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})", auth)
        if not (self.server.options.secret or self.server.options.key_uses) and not found:
            return
        if not found:
            raise Refused(403, "AccessDenied")
        access, day, region, signed, signature = found.groups()
        date = self.headers.get("x-amz-date", "")
        if not date.startswith(day):
            raise Refused(403, "SignatureDoesNotMatch")
        sent = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
        if abs(sent - self.server.now()) > 900:
            raise Refused(403, "RequestTimeTooSkewed",
                          extra=f"<ServerTime>{stamp(self.server.now())}</ServerTime>")
        expected = self.server.options.region
        if expected and region != expected:
            raise Refused(400, "AuthorizationHeaderMalformed", extra=f"<Region>{expected}</Region>",
                          headers={"x-amz-bucket-region": expected})
        if self.server.options.key_uses:
            secret = "s3cret-" + hashlib.sha256(access.encode()).hexdigest()[:24]
            token = self.headers.get("x-amz-security-token", "")
            if not token.startswith("s3cret-token-" + secret):
                raise Refused(403, "InvalidAccessKeyId")
            self.check_signature(secret, day, region, signed, signature, date)
            self.server.uses[token] = self.server.uses.get(token, 0) + 1
            if self.server.uses[token] > self.server.options.key_uses:
                raise Refused(400, "ExpiredToken")
        elif self.server.options.secret:
            if access != self.server.options.access:
                raise Refused(403, "InvalidAccessKeyId")
            self.check_signature(self.server.options.secret, day, region, signed, signature, date)

    def check_signature(self, secret, day, region, signed, signature, date):
        pairs = sorted(p if "=" in p else p + "=" for p in self.raw_query.split("&") if p)
        names = signed.split(";")
        missing = [h for h in self.headers if h.startswith("x-amz-") and h not in names]
        canonical = "\n".join(
            [self.method, self.path, "&".join(pairs)]
            + [f"{n}:{' '.join(self.headers.get(n, '').split())}" for n in names]
            + ["", signed, self.headers.get("x-amz-content-sha256", "")])
        scope = f"{day}/{region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", date, scope,
                          hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + secret).encode()
        for step in (day, region, "s3", "aws4_request"):
            key = hmac.new(key, step.encode(), hashlib.sha256).digest()
        right = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        if missing or "host" not in names or right != signature:
            raise Refused(403, "SignatureDoesNotMatch", "missing: " + ",".join(missing))

    def check_body(self):
        sha, md5 = hashlib.sha256(), hashlib.md5()
        for data in read_chunks(self.body):
            sha.update(data)
            md5.update(data)
        self.md5 = md5
        wanted = self.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
        if wanted != "UNSIGNED-PAYLOAD" and wanted != sha.hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch")
        wanted = self.headers.get("content-md5")
        if wanted and base64.b64decode(wanted) != md5.digest():
            raise Refused(400, "BadDigest")
        if self.server.like == "b2" and any(h.startswith("x-amz-checksum-") for h in self.headers):
            raise Refused(400, "InvalidArgument", "Unsupported header")

    def check_conditions(self, bucket):
        there = bucket.objects.get(self.key)
        match = self.headers.get("if-match")
        if self.headers.get("if-none-match") == "*" and there:
            raise Refused(412, "PreconditionFailed")
        if match and not there:
            raise Refused(404, "NoSuchKey")
        # Ceph RGW 16 takes the unquoted form only.
        if match and match != (there.etag if self.server.like == "rgw" else f'"{there.etag}"'):
            raise Refused(412, "PreconditionFailed")

    # Operations: each returns (status, headers, body), body a list of chunks.

    def run(self):
        with self.server.lock:
            bucket = self.server.bucket(self.bucket_name)
            return getattr(self, self.op, self.unknown)(bucket)

    def unknown(self, _):
        raise Refused(501, "NotImplemented")

    def etag(self):
        return self.server.etag(self.md5.hexdigest())

    def kept(self):
        return {n: v for n, v in self.headers.items() if KEPT.fullmatch(n)}

    def CreateBucket(self, _):
        return 200, {}, []

    def HeadBucket(self, _):
        return 200, {"x-amz-bucket-region": self.server.options.region or "us-east-1"}, []

    def PutObject(self, bucket):
        self.check_conditions(bucket)
        folder = self.server.options.folders and self.key.endswith("/")
        if folder and self.length:
            raise Refused(400, "XMinioInvalidObjectName", "Object name contains unsupported characters.")
        etag = "" if folder else self.etag()
        headers = self.kept()
        bucket.put(self.key, Object(self.length, etag, self.server.now(), self.body, headers))
        return 200, {"ETag": f'"{etag}"', **encryption(headers)}, []

    def found(self, bucket):
        if self.key not in bucket.objects:
            raise Refused(404, "NoSuchKey")
        return bucket.objects[self.key]

    def object_headers(self, o):
        return {"ETag": f'"{o.etag}"', "Last-Modified": email.utils.formatdate(o.modified, usegmt=True),
                "Content-Length": str(o.size), "Accept-Ranges": "bytes", **o.headers}

    def HeadObject(self, bucket):
        return 200, self.object_headers(self.found(bucket)), []

    def GetObject(self, bucket):
        o = self.found(bucket)
        headers = self.object_headers(o)
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        if not wanted:
            return 200, headers, o.chunks
        data = b"".join(read_chunks(o.chunks))
        first, last = int(wanted[1]), int(wanted[2] or o.size - 1)
        if first >= o.size:
            raise Refused(416, "InvalidRange")
        data = data[first:last + 1]
        headers["Content-Length"] = str(len(data))
        headers["Content-Range"] = f"bytes {first}-{first + len(data) - 1}/{o.size}"
        return 206, headers, [data]

    def DeleteObject(self, bucket):
        bucket.remove(self.key)
        return 204, {}, []

    def source(self):
        name, _, key = unquote(self.headers["x-amz-copy-source"]).lstrip("/").partition("/")
        o = self.server.bucket(name).objects.get(key)
        if not o:
            raise Refused(404, "NoSuchKey")
        # Ceph RGW 16 does not know the standard name of this condition.
        match = self.headers.get("x-amz-copy-if-match" if self.server.like == "rgw"
                                 else "x-amz-copy-source-if-match")
        if match and match.strip('"') != o.etag:
            raise Refused(412, "PreconditionFailed")
        return o

    def CopyObject(self, bucket):
        o = self.source()
        replace = self.headers.get("x-amz-metadata-directive") == "REPLACE"
        if self.server.like == "aws":
            self.check_conditions(bucket)
            if o is bucket.objects.get(self.key) and not replace:
                raise Refused(400, "InvalidRequest", "copies to itself without changing anything")
        limit = self.server.options.copy_limit
        if o.size > limit:
            raise Refused(400, "InvalidRequest", "The specified copy source is larger than the "
                          f"maximum allowable size for a copy source: {limit}")
        etag = o.etag
        if self.server.options.opaque_etags:
            etag = os.urandom(16).hex()
        elif "-" in etag and self.server.like == "aws":
            etag = self.server.etag(md5_of(o).hexdigest())
        bucket.put(self.key, Object(o.size, etag, self.server.now(), o.chunks,
                                    self.kept() if replace else o.headers))
        return 200, {}, [f"<CopyObjectResult {NS}><LastModified>{stamp(self.server.now())}"
                         f'</LastModified><ETag>"{etag}"</ETag></CopyObjectResult>'.encode()]

    def CreateMultipartUpload(self, bucket):
        upload_id = os.urandom(12).hex()
        bucket.uploads[upload_id] = Upload(self.key, self.kept(), self.server.now())
        return 200, {}, [f"<InitiateMultipartUploadResult {NS}><Bucket>{self.bucket_name}</Bucket>"
                         f"<Key>{escape(self.key)}</Key><UploadId>{upload_id}</UploadId>"
                         "</InitiateMultipartUploadResult>".encode()]

    def upload(self, bucket):
        upload = bucket.uploads.get(self.query["uploadId"])
        if not upload or upload.key != self.key:
            raise Refused(404, "NoSuchKey" if self.server.like == "rgw" and self.op == "ListParts"
                          else "NoSuchUpload")
        return upload

    def UploadPart(self, bucket):
        upload, etag = self.upload(bucket), self.etag()
        number = int(self.query["partNumber"])
        upload.parts[number] = (etag, self.length, self.md5.digest(), self.body)
        return 200, {"ETag": f'"{etag}"', **encryption(upload.headers)}, []

    def UploadPartCopy(self, bucket):
        upload, o = self.upload(bucket), self.source()
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("x-amz-copy-source-range", ""))
        first, end = (int(wanted[1]), int(wanted[2]) + 1) if wanted else (0, o.size)
        if not 0 <= first < end <= o.size:
            raise Refused(400, "InvalidArgument", "The range is not within the source")
        if end - first > COPY_MAX:
            raise Refused(400, "InvalidRequest", "The part is too large")
        if all(isinstance(c, int) for c in o.chunks):
            chunks, md5 = [end - first], md5_of_zeros(end - first)
        else:
            chunks = [b"".join(read_chunks(o.chunks))[first:end]]
            md5 = hashlib.md5(chunks[0])
        upload.parts[int(self.query["partNumber"])] = (md5.hexdigest(), end - first, md5.digest(), chunks)
        return 200, {}, [f'<CopyPartResult {NS}><ETag>"{md5.hexdigest()}"</ETag>'
                         "</CopyPartResult>".encode()]

    def CompleteMultipartUpload(self, bucket):
        answer = (f"<CompleteMultipartUploadResult {NS}><Key>{escape(self.key)}</Key>"
                  '<ETag>"%s"</ETag></CompleteMultipartUploadResult>')
        done = bucket.completed.get(self.query["uploadId"])
        if done and self.server.like != "minio" and self.key in bucket.objects:
            return 200, {}, [(answer % done).encode()]
        upload = self.upload(bucket)
        text = b"".join(read_chunks(self.body)).decode()
        listed = [(int(n), e) for n, e in re.findall(
            r'<PartNumber>(\d+)</PartNumber><ETag>"?([^"<]*)"?</ETag>', text)]
        if not listed or listed != sorted(listed):
            raise Refused(400, "InvalidPartOrder")
        parts = []
        for number, etag in listed:
            if number not in upload.parts or upload.parts[number][0] != etag:
                raise Refused(400, "InvalidPart")
            parts.append(upload.parts[number])
        if any(p[1] < 5 << 20 for p in parts[:-1]):
            raise Refused(400, "EntityTooSmall")
        if self.server.like == "r2" and len({p[1] for p in parts[:-1]}) > 1:
            raise Refused(400, "InvalidPart", "All non-trailing parts must have the same length")
        etag = hashlib.md5(b"".join(p[2] for p in parts)).hexdigest() + f"-{len(parts)}"
        etag = self.server.etag(etag)
        if self.server.options.whole_etags:
            etag = self.server.etag(hashlib.md5(b"".join(
                read_chunks([c for p in parts for c in p[3]]))).hexdigest())
        bucket.put(self.key, Object(sum(p[1] for p in parts), etag, self.server.now(),
                                    [c for p in parts for c in p[3]], upload.headers))
        del bucket.uploads[self.query["uploadId"]]
        bucket.completed[self.query["uploadId"]] = etag
        return 200, encryption(upload.headers), [(answer % etag).encode()]

    def AbortMultipartUpload(self, bucket):
        self.upload(bucket)
        del bucket.uploads[self.query["uploadId"]]
        return 204, {}, []

    def ListParts(self, bucket):
        upload = self.upload(bucket)
        after, most = int(self.query.get("part-number-marker", 0)), int(self.query.get("max-parts", 1000))
        again = bool(self.rule) and self.rule["do"] == "again"
        numbers = sorted(n for n in upload.parts if n > after or again)
        page = numbers[:most]
        more = again or len(numbers) > most
        rows = "".join(f'<Part><PartNumber>{n}</PartNumber><ETag>"{upload.parts[n][0]}"</ETag>'
                       f"<Size>{upload.parts[n][1]}</Size></Part>" for n in page)
        return 200, {}, [f"<ListPartsResult {NS}><NextPartNumberMarker>{page[-1] if page else 0}"
                         f"</NextPartNumberMarker><IsTruncated>{'true' if more else 'false'}"
                         f"</IsTruncated>{rows}</ListPartsResult>".encode()]

    def encoder(self):
        if self.query.get("encoding-type") != "url":
            return escape

        def encode(text):
            if PLAIN_KEY.fullmatch(text):
                return text.replace(":", "%3A")
            return quote(text, safe="/-._~").replace("%20", "+")
        return encode

    def ListMultipartUploads(self, bucket):
        q, enc = self.query, self.encoder()
        after = (q.get("key-marker", ""), q.get("upload-id-marker", "\x7f"))
        rows = sorted((u.key, i, u.started) for i, u in bucket.uploads.items()
                      if u.key.startswith(q.get("prefix", "")) and (u.key, i) > after)
        most = int(q.get("max-uploads", 1000))
        page, more = rows[:most], len(rows) > most
        text = "".join(f"<Upload><Key>{enc(k)}</Key><UploadId>{i}</UploadId>"
                       f"<Initiated>{stamp(s)}</Initiated></Upload>" for k, i, s in page)
        if more:
            text += (f"<NextKeyMarker>{enc(page[-1][0])}</NextKeyMarker>"
                     f"<NextUploadIdMarker>{page[-1][1]}</NextUploadIdMarker>")
        return 200, {}, [f"<ListMultipartUploadsResult {NS}><EncodingType>"
                         f"{q.get('encoding-type', '')}</EncodingType><IsTruncated>"
                         f"{'true' if more else 'false'}</IsTruncated>{text}"
                         "</ListMultipartUploadsResult>".encode()]

    def ListObjectsV2(self, bucket):
        q, enc, keys = self.query, self.encoder(), bucket.keys
        action = self.rule["do"] if self.rule else ""
        prefix, most = q.get("prefix", ""), min(int(q.get("max-keys", 1000)), 1000)
        if action == "few":
            most = self.rule["most"]
        start = bisect.bisect_left(keys, prefix)
        token = q.get("continuation-token")
        after = base64.b64decode(token).decode() if token else q.get("start-after")
        if after:
            start = max(start, bisect.bisect_right(keys, after))
        page = keys[start:start + most + 1]
        if page and not page[-1].startswith(prefix):
            page = [k for k in page if k.startswith(prefix)]
        more = len(page) > most
        page = page[:most]
        tail = ""
        if more:
            tail = f"<NextContinuationToken>{base64.b64encode(page[-1].encode()).decode()}</NextContinuationToken>"
        if action == "unsorted":
            page.reverse()
        elif action == "half":
            page, more, tail = page[:len(page) // 2], True, ""
        objects = bucket.objects
        rows = []
        for key in page:
            if self.server.options.folders and key.endswith("/"):
                continue
            o = objects[key]
            rows.append(f"<Contents><Key>{enc(key)}</Key><LastModified>{stamp(int(o.modified))}"
                        f"</LastModified><ETag>&quot;{o.etag}&quot;</ETag><Size>{o.size}</Size>"
                        "<StorageClass>STANDARD</StorageClass></Contents>")
        return 200, {}, [(f"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult {NS}><Name>"
                          f"{self.bucket_name}</Name><KeyCount>{len(page)}</KeyCount><EncodingType>"
                          f"{q.get('encoding-type', '')}</EncodingType><IsTruncated>"
                          f"{'true' if more else 'false'}</IsTruncated>{tail}" + "".join(rows)
                          + "</ListBucketResult>").encode()]
