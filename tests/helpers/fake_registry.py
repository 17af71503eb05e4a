#!/usr/bin/env python3
"""A scripted registry, read-only, for what a real one cannot be made to do.

    fake_registry.py --port-file FILE [--rules FILE] [options] NAME=LAYOUT...

It listens on two free ports of 127.0.0.1: the registry, whose number goes to FILE, and a storage
that blobs may be redirected to, whose number goes to FILE.storage.  Each LAYOUT, a folder or a tar
of one (mkarchive.py), is the repository NAME; two of one NAME are united.  A name in index.json
is a tag (what follows its last colon).

Who may:   --auth none|basic|bearer        default none; bearer has its token server at /token
           --user NAME:PASSWORD            may be repeated; the token server gives it every scope
           --private REGEX                 repositories that an anonymous token is not for
           --identity TOKEN                an identity token, for POST /token and offline_token
           --service S  --realm URL        of the challenge; {base} and {storage} are replaced
           --expires SECONDS               as told (default 60)  --lifetime SECONDS  as is true
           --no-expires-in                 it is not told
           --token-field token|access_token|both
           --no-post                       POST /token is 405
           --extra-scope SCOPE             is in every challenge and wanted of every token
           --also TEXT                     another challenge before it; --join: in the same header
Blobs:     --redirect                      GET of a blob is a 307 to the storage, which answers
                                           400 when it sees Authorization, as S3 does
           --redirect-to URL               another place; {storage} {base} {name} {digest}
           --signed-for SECONDS            the storage refuses (403) older redirects
           --no-range  --no-etag
Manifests: --no-digest-header head|all     no Docker-Content-Digest     --no-head  HEAD is 405
           --limit N/SECONDS               of manifests: ratelimit-* headers, 429 with Retry-After
           --referrers api|none|fallback   fallback: no API, tags sha256-<hex> are made
           --page N                        of tags/list and referrers, at most; Link: rel="next"
           --link relative|absolute|query  how the link is written
           --ns HOST                       a mirror: 404 without ?ns=HOST.  Always: HOST/NAME first
TLS:       --cert FILE --key FILE          of the registry; --storage-tls also of the storage
           --client-ca FILE                a client certificate is wanted

Rules are JSON objects, one a line; the first that matches a request is used (and used up):
    {"op": "GetBlob", "path": "sha256:ab", "nth": 2, "times": 1, "do": "cut", "after": 1000}
op (regular expression, whole: Ping Catalog Tags Referrers GetManifest HeadManifest GetBlob HeadBlob Token
TokenPost Storage HeadStorage Other; Challenge is a request that was refused for its Authorization),
path (regular expression, search in the path with its query), when ({"header": regular expression}), nth (skip
the first nth-1 matches), times (default 1, 0: for ever).
With or without do:  headers {"name": value, [values] or null (not sent)}, wait (seconds before the
answer), rate (bytes per second), chunked (true: no Content-Length).  do:
    drop        the connection closes without an answer; "reset": true by RST (also of cut, announce)
    status      "status", "code", "message"; or "body" as it is
    redirect    "to", "status" (307); {path} is the request's, {base}, {storage} as above. /_hop/N/PATH
                redirects N+1 times before it ends at /PATH.  A circle: "to": "{path}", "times": 0
    cut         the connection closes after "after" bytes of the body, or "fraction" of it
    stall       nothing for "seconds" after "after" bytes, then the rest
    resize      the body has "by" more bytes ("fill": one character) or fewer, Content-Length fits
    announce    Content-Length says "by" more or fewer than is sent, then the connection closes
    endless     the body goes on with "fill", chunked, up to "most" (1 GiB) bytes
    flip        one bit of the byte "at" (default: the middle) of the whole is wrong
    whole       Range is ignored: 200
    range       the range begins "shift" bytes later than asked for, and Content-Range says so
    body        another body: "body" or "file", with "type"; with the headers of the right one
    schema1     a manifest of schema 1
    gzip        the body with Content-Encoding: gzip
    again       Tags, Referrers: the link leads to the same page
    more        Tags: a page of "count" (100) new names, and a link to more of them
    expire      all tokens are too old from now on, and this request's too

Control:  POST /_fake/rules (replaces them), POST /_fake/tag (lines "NAME TAG TAG|DIGEST|-"),
          POST /_fake/layout (lines NAME=LAYOUT), POST /_fake/manifest?name=&tag=&type= (bytes, whatever
          they are), POST /_fake/expire, POST /_fake/reset (the log), GET /_fake/state, GET /_fake/log
The log has a JSON object for each request, one a line: n, server (registry, storage), connection, op, method,
path, headers, body, status, rule, bytes (of the answer's body, written to the socket).
The state: requests, ops (counts), bytes, connections, most (blobs at once), busiest (requests at once), tokens, tags.
"""
import argparse
import email.utils
import gzip
import json
import os
import signal
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
from urllib.parse import parse_qsl

from fake_registry_request import Request
from fake_registry_store import Answer, Body, Refused, Repository, Store

REASONS = {200: "OK", 206: "Partial Content", 307: "Temporary Redirect", 401: "Unauthorized", 404: "Not Found"}
SCHEMA1 = {"schemaVersion": 1, "name": "app", "tag": "1", "architecture": "amd64",
           "fsLayers": [{"blobSum": "sha256:" + "0" * 64}], "history": [{"v1Compatibility": "{}"}], "signatures": []}


class Closed(Exception):
    """The connection ends here; `reset`: by RST."""

    def __init__(self, reset=False):
        super().__init__()
        self.reset = reset


class Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def setup(self):
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self):
        store = self.server.store
        with store.lock:
            store.connections += 1
            self.number = store.connections
        try:
            while self.one_request():
                pass
        except Closed as end:
            if end.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def one_request(self):
        line = self.rfile.readline(65536).decode("latin-1").split()
        if len(line) != 3 or not line[2].startswith("HTTP/"):  # a client that tries TLS first, for one
            return False
        headers = {}
        while (text := self.rfile.readline(65536).decode("latin-1").rstrip("\r\n")):
            name, _, value = text.partition(":")
            name = name.lower()
            headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
        if headers.get("expect"):
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(int(headers.get("content-length") or 0))
        if line[1].startswith("/_fake/"):
            return self.control(line[0], line[1].removeprefix("/_fake/"), body)
        store = self.server.store
        request = Request(store, self.server.name, line[0], line[1], headers, body)
        entry = {"n": 0, "server": self.server.name, "connection": self.number, "op": request.op, "method": line[0],
                 "path": line[1], "headers": headers, "body": body.decode("latin-1"), "status": 0, "rule": "", "bytes": 0}
        with store.lock:
            store.log.append(entry)
            entry["n"] = len(store.log)
            store.busy += 1
            store.busiest = max(store.busiest, store.busy)
        try:
            self.answer(request, entry)
        finally:
            with store.lock:
                store.busy -= 1
        return headers.get("connection", "").lower() != "close"

    def answer(self, request, entry):
        store, rule = self.server.store, {}
        try:
            with store.lock:
                refusal = None
                if self.server.name == "registry" and not request.op.startswith("Token"):
                    try:
                        request.authorize()
                    except Refused as no:
                        refusal, request.op = no, "Challenge"
                entry["op"] = request.op
                rule = store.rule_for(request.op, request.target, request.headers) or {}
                entry["rule"] = rule.get("do", "yes") if rule else ""
                if rule.get("do") == "expire":
                    store.tokens.expire()
                    refusal = request.challenge(Refused(401, "UNAUTHORIZED", "the token is too old",
                                                        {"error": "invalid_token"}))
            time.sleep(rule.get("wait", 0))
            if rule.get("do") == "drop":
                raise Closed(rule.get("reset"))
            if refusal and rule.get("do") not in ("status", "redirect"):
                raise refusal
            answer = self.instead(request, rule)
            if not answer:
                with store.lock:
                    answer = request.run(rule)
                answer = self.changed(answer, rule)
        except Refused as no:
            answer = refused(no, request)
        for name, value in rule.get("headers", {}).items():
            answer.headers = {n: v for n, v in answer.headers.items() if n.lower() != name.lower()}
            if value is not None:
                answer.headers[name] = value
        self.send(request, answer, rule, entry)

    @staticmethod
    def instead(request, rule):
        """An answer that has nothing to do with the right one."""
        if rule.get("do") == "status":
            if "body" in rule:
                return Answer(rule["status"], {}, rule["body"].encode())
            raise Refused(rule["status"], rule.get("code", "UNKNOWN"), rule.get("message", ""))
        if rule.get("do") == "redirect":
            return Answer(rule.get("status", 307), {"Location": request.place(rule["to"])})
        return None

    @staticmethod
    def changed(answer, rule):
        what, body = rule.get("do"), answer.body
        if what == "body":
            if "file" in rule:
                answer.body = Body((rule["file"], 0, os.path.getsize(rule["file"])))
            else:
                answer.body = Body(rule["body"].encode())
            answer.headers["Content-Type"] = rule.get("type", answer.headers.get("Content-Type", "text/plain"))
        elif what == "schema1":
            answer.body = Body(json.dumps(SCHEMA1, indent=3).encode())
            answer.headers["Content-Type"] = "application/vnd.docker.distribution.manifest.v1+prettyjws"
            answer.headers.pop("Docker-Content-Digest", None)
        elif what == "gzip":
            answer.body = Body(gzip.compress(b"".join(body)))
            answer.headers["Content-Encoding"] = "gzip"
        elif what == "flip" and not answer.headers.get("Accept-Ranges"):  # a blob's is wrong already
            data = bytearray(b"".join(body))
            data[rule.get("at", len(data) // 2)] ^= 1
            answer.body = Body(bytes(data))
        elif what == "resize" and rule["by"] < 0:
            answer.body = body.part(0, len(body) + rule["by"])
        elif what in ("resize", "endless"):
            fill = rule.get("fill", "\0" if what == "resize" else " ").encode()
            answer.body = Body(*body.pieces, (fill, rule["by"] if what == "resize" else rule.get("most", 1 << 30)))
        return answer

    def send(self, request, answer, rule, entry):
        what, body, store = rule.get("do"), answer.body, self.server.store
        chunked = rule.get("chunked") or what == "endless"
        headers = {"Date": email.utils.formatdate(usegmt=True), "Docker-Distribution-Api-Version": "registry/2.0",
                   **answer.headers}
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif answer.status not in (204, 304):
            headers.setdefault("Content-Length", str(max(len(body) + (rule["by"] if what == "announce" else 0), 0)))
        lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Answer')}"]
        for name, value in headers.items():
            lines += [f"{name}: {v}" for v in (value if isinstance(value, list) else [value])]
        entry["status"] = answer.status
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        if request.method == "HEAD" or answer.status in (204, 304):
            return
        parts, closes = [body], what == "announce"
        if what in ("cut", "stall"):
            after = rule.get("after", int(len(body) * rule.get("fraction", 0.5)))
            parts = [body.part(0, after), body.part(after, len(body))]
            if what == "cut" and parts[1]:
                closes = True
                parts.pop()
        is_blob = request.op in ("GetBlob", "Storage") and answer.status < 300
        with store.lock:
            store.blobs_now += is_blob
            store.blobs_most = max(store.blobs_most, store.blobs_now)
        try:
            for number, part in enumerate(parts):
                if number and what == "stall":
                    time.sleep(rule["seconds"])
                self.write(part, rule.get("rate"), chunked, entry)
            if chunked and not closes:
                self.wfile.write(b"0\r\n\r\n")
        finally:
            with store.lock:
                store.blobs_now -= is_blob
        if closes:
            raise Closed(rule.get("reset"))

    def write(self, body, rate, chunked, entry):
        for data in body:
            step = max(rate // 20, 1) if rate else len(data)
            for at in range(0, len(data), step):
                piece = data[at:at + step]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                entry["bytes"] += len(piece)
                if rate:
                    time.sleep(len(piece) / rate)

    def control(self, method, what, body):
        store, answer = self.server.store, b""
        what, _, query = what.partition("?")
        if what == "log":
            # A client may have the whole of an answer before this server has noted it.
            end = time.monotonic() + 2
            while store.busy and time.monotonic() < end:
                time.sleep(0.01)
        with store.lock:
            lines = body.decode().splitlines() if what in ("tag", "layout") else []
            if what == "state":
                answer = json.dumps(store.state()).encode()
            elif what == "log":
                answer = "".join(json.dumps(e) + "\n" for e in store.log).encode()
            elif method != "POST":
                answer = b"unknown"
            elif what == "rules":
                store.set_rules(body.decode())
            elif what == "tag":
                for line in lines:
                    name, tag, reference = line.split()
                    store.repositories[name].set_tag(tag, reference)
            elif what == "layout":
                for line in lines:
                    store.add(line)
            elif what == "manifest":
                of = dict(parse_qsl(query))
                store.repositories.setdefault(of["name"], Repository()).put(of["tag"], of["type"], body)
            elif what == "expire":
                store.tokens.expire()
            elif what == "reset":
                store.log, store.connections, store.blobs_most, store.tokens.count, store.busiest = [], 0, 0, 0, 0
            else:
                answer = b"unknown"
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
        return True


def refused(no, request):
    if request.server == "storage" and request.op != "Token":
        text, kind = f"<Error><Code>{no.code}</Code><Message>{no.message}</Message></Error>", "application/xml"
    else:
        text = json.dumps({"errors": [{"code": no.code, "message": no.message}]})
        kind = "application/json"
    return Answer(no.status, {"Content-Type": kind, **no.headers}, text.encode())


class Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, name, store, tls):
        super().__init__(("127.0.0.1", 0), Connection)
        self.name, self.store, self.tls = name, store, tls
        self.port = self.server_address[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"

    def handle_error(self, *_):
        # A client that goes away is what many tests are about; a defect of ours is not.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(*_)


def parse(argv=None):
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("port-file", "rules", "private", "identity", "extra-scope", "redirect-to", "limit", "ns", "cert", "key",
                 "client-ca"):
        parser.add_argument("--" + name)
    for name in ("no-expires-in", "no-post", "join", "redirect", "no-range", "no-etag", "no-head", "storage-tls"):
        parser.add_argument("--" + name, action="store_true")
    for name in ("user", "also"):
        parser.add_argument("--" + name, action="append", default=[])
    for name, values in (("auth", "none basic bearer"), ("token-field", "token access_token both"),
                         ("referrers", "api none fallback"), ("link", "relative absolute query")):
        parser.add_argument("--" + name, choices=values.split(), default=values.split()[0])
    parser.add_argument("--no-digest-header", choices=["head", "all"])
    parser.add_argument("--service", default="fake-registry")
    parser.add_argument("--realm", default="{base}/token")
    parser.add_argument("--expires", type=int, default=60)
    parser.add_argument("--lifetime", type=float)
    parser.add_argument("--signed-for", type=float)
    parser.add_argument("--page", type=int, default=0)
    parser.add_argument("repositories", nargs="*")
    return parser.parse_args(argv)


def tls_of(options):
    if not options.cert:
        return None
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options.cert, options.key)
    if options.client_ca:
        tls.load_verify_locations(options.client_ca)
        tls.verify_mode = ssl.CERT_REQUIRED
    return tls


def write_port(path, port):
    with open(path + ".new", "w") as file:
        file.write(f"{port}\n")
    os.rename(path + ".new", path)


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # its folder goes with it
    store, tls = Store(options), tls_of(options)
    if options.rules:
        with open(options.rules) as file:
            store.set_rules(file.read())
    registry = Listener("registry", store, tls)
    storage = Listener("storage", store, tls if options.storage_tls else None)
    store.base, store.storage = registry.url, storage.url
    for listener in registry, storage:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
    if options.port_file:
        write_port(options.port_file + ".storage", storage.port)
        write_port(options.port_file, registry.port)
    else:
        print(registry.port, storage.port, flush=True)
    # A test that dies must not leave its server behind.
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.2)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
