#!/usr/bin/env python3
"""A scripted S3 server for what a real one cannot be made to do.

    fake_s3.py --port-file FILE [--log FILE] [--rules FILE] [options]

It listens on a free port of 127.0.0.1 and writes the port to --port-file.  Path
style.  Every bucket exists, unless its name begins with "missing".  Semantics are
real: list v2, conditional PUT, multipart, copy, ranges, signatures if --secret is given.

Options: --access KEY --secret SECRET   check every signature
         --key-uses N                   the same for keys that identity.py hands out: each is good for N
                                        requests, then the answer is ExpiredToken
         --region R                     refuse others as AWS does (AuthorizationHeaderMalformed)
         --clock SECONDS                the server's clock is that much ahead
         --like aws|r2|b2|minio|rgw     repeat its refusals (see fake_s3_store.py)
         --opaque-etags                 ETags that are no MD5, and others after a copy
         --upper-etags                  ETags in upper-case hex (and only those are known)
         --weak-etags OPS               W/"…" in the answers of these operations (an expression)
         --moto                         …Response where others have …Result
         --folders                      keys that end in / hold no bytes, have no ETag, are not listed
         --whole-etags                  Complete makes the MD5 of the whole
         --bases PATH,PATH              the same below these paths, with buckets of their own
         --copy-limit BYTES             CopyObject refuses larger objects (S3: 5 GiB)
         --load FILE                    JSON lines {"bucket","key","size","etag"}: objects without
                                        bytes, or with "zeros": true full of zeros

Rules are JSON objects, one a line; the first that matches a request is used (and used up):
    {"op": "PutObject", "key": "blobs", "nth": 2, "times": 1, "do": "lost"}
op (regular expression on the operation's name), key (regular expression, search), nth (skip the
first nth-1 matches), times (default 1, 0: for ever), do:
    lost        the effect happens, the connection closes without an answer
    drop        the connection closes, no effect; "after": body bytes read before that
    status      "status", "code", "message", "headers", "pad" (bytes of one header); "effect": true lets it happen first
    ok-error    200, then <Error> with "code" in the body; "effect" as above
    cut         the answer's body ends after "fraction" of it, by closing the connection
    cut-xml     the same, but with a Content-Length that fits
    delay       "seconds"; "drip": true sends white space meanwhile (Complete, Copy)
    etag        the answer's ETag becomes "etag" (may be empty); stored too with "effect"
    unsorted    the page in reverse order;  half: the page's first half, truncated, no token
    few         a page of "most" keys, and the token to go on with
    again       ListParts ignores its marker and says that there is more
    garbage     an HTML page with "status" 200
    signal      "signal" (a number) to Server.client, set by the program that imports this: before the
                effect ("after" as above), or after it with "effect"; SIGKILL gets no answer

Control, unsigned:  POST /_fake/rules (replaces them), GET /_fake/state, GET /_fake/log,
                    POST /_fake/reset, POST /_fake/clock (seconds as text)
The log has a JSON object for each request: n, op, method, bucket, key, query, headers, status,
rule, body_bytes.
"""
import argparse
import email.utils
import json
import os
import re
import signal
import socket
import socketserver
import struct
import sys
import tempfile
import threading
import time

from fake_s3_store import COPY_MAX, MEMORY_MAX, Dropped, Refused, Request, Server, read_chunks

REASONS = {200: "OK", 204: "No Content", 206: "Partial Content"}


class Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        fake = self.server.fake
        with fake.lock:
            fake.connections += 1
        try:
            while self.one_request():
                pass
        except (Dropped, ConnectionError, ValueError):
            self.reset()
        finally:
            with fake.lock:
                fake.connections -= 1

    def reset(self):
        # A reset, not an orderly end: what was sent and not read yet is lost as on a bad link.
        try:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass

    def one_request(self):
        line = self.rfile.readline(65536).decode("latin-1").split()
        if len(line) != 3:
            return False
        headers = {}
        while (text := self.rfile.readline(65536).decode("latin-1").rstrip("\r\n")):
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        method, target, _ = line
        length = int(headers.get("content-length") or 0)
        if target.startswith("/_fake/"):
            return self.control(method, target, self.rfile.read(length))
        request = Request(self.server.fake, method, target, headers, [], length)
        entry = {"op": request.op, "method": method, "bucket": request.bucket_name,
                 "key": request.key, "query": request.query, "headers": headers, "status": 0,
                 "body_bytes": 0}
        try:
            return self.answer(request, entry, length)
        finally:
            self.server.fake.record(entry)

    def read_body(self, length, entry, stop_at=None):
        """The body as chunks: bytes, or the path of a file when it is large."""
        left = min(length, stop_at) if stop_at is not None else length
        file = None
        data = b""
        if left > MEMORY_MAX:
            file = tempfile.NamedTemporaryFile(dir=self.server.fake.dir.name, delete=False)
        while left > 0:
            piece = self.rfile.read(min(left, 1 << 20))
            if not piece:
                raise Dropped
            entry["body_bytes"] += len(piece)
            left -= len(piece)
            if file:
                file.write(piece)
            else:
                data += piece
        if file:
            file.close()
            return [file.name]
        return [data] if data else []

    def answer(self, request, entry, length):
        fake = self.server.fake
        with fake.lock:
            rule = request.rule = fake.rule_for(request.op, request.key)
        action = rule["do"] if rule else ""
        entry["rule"] = action
        if action == "drop":
            self.read_body(length, entry, rule.get("after", length))
            raise Dropped
        if action == "signal" and not rule.get("effect"):
            self.read_body(length, entry, rule.get("after", length))
            self.signal(rule)
        if request.headers.get("expect") and fake.like != "r2":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.body = self.read_body(length, entry)
        if action == "delay":
            return self.delayed(request, entry, rule)
        status, headers, body = self.outcome(request, rule)
        entry["status"] = status
        if action == "lost":
            raise Dropped
        if action == "signal" and rule.get("effect"):
            self.signal(rule)
        self.send(request, status, headers, body, rule)
        return action != "cut" and request.headers.get("connection", "").lower() != "close"

    def signal(self, rule):
        while self.server.fake.client is None:
            time.sleep(0.001)  # its request was faster than the note of who it is
        try:
            os.kill(self.server.fake.client, rule["signal"])
        except ProcessLookupError:
            pass
        if rule["signal"] == signal.SIGKILL:
            raise Dropped

    def outcome(self, request, rule):
        action = rule["do"] if rule else ""
        try:
            request.check_identity()
            request.check_body()
            happens = action not in ("status", "ok-error", "garbage") or rule.get("effect")
            status, headers, body = request.run() if happens else (0, {}, [])
            if action == "etag":
                headers, body = self.other_etag(request, rule, headers, body)
            if action == "status":
                raise Refused(rule["status"], rule.get("code", ""), rule.get("message", ""),
                              headers={"X-Pad": "0" * rule.get("pad", 0), **rule.get("headers", {})})
            if action == "ok-error":
                return 200, {}, [b"   \n", error_document(rule["code"], "", "")]
            if action == "garbage":
                return rule.get("status", 200), {"Content-Type": "text/html"}, [b"<html><hr></html>"]
            return status, headers, body
        except Refused as no:
            text = b"" if request.method == "HEAD" or not no.code \
                else error_document(no.code, no.message, no.extra)
            return no.status, {"Content-Type": "application/xml", **no.headers}, [text]

    @staticmethod
    def other_etag(request, rule, headers, body):
        etag = rule.get("etag", "")
        if "ETag" in headers:
            headers["ETag"] = f'"{etag}"' if etag else ""
        else:
            text = b"".join(body)
            before, _, rest = text.partition(b"<ETag>")
            body = [before, f"<ETag>{etag}</ETag>".encode(), rest.partition(b"</ETag>")[2]]
        if rule.get("effect"):
            with request.server.lock:
                request.server.bucket(request.bucket_name).objects[request.key].etag = etag
        return headers, body

    def delayed(self, request, entry, rule):
        """The status goes out at once; white space follows until the answer is due."""
        if not rule.get("drip"):
            time.sleep(rule["seconds"])
            status, headers, body = self.outcome(request, None)
            entry["status"] = status
            self.send(request, status, headers, body, None)
            return True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"
                         b"Connection: close\r\n\r\n")
        end = time.monotonic() + rule["seconds"]
        while time.monotonic() < end:
            self.wfile.write(b" ")
            time.sleep(0.2)
        entry["status"], _, body = self.outcome(request, None)
        self.wfile.write(b"".join(body))
        return False

    def send(self, request, status, headers, body, rule):
        action = rule["do"] if rule else ""
        fake = self.server.fake
        if fake.options.weak_etags and re.fullmatch(fake.options.weak_etags, request.op):
            headers = {n: "W/" + v if n == "ETag" and v else v for n, v in headers.items()}
            if b"<ETag>" in b"".join(c for c in body if isinstance(c, bytes)):
                body = [b"".join(body).replace(b"<ETag>", b"<ETag>W/")]
        if fake.options.moto and request.op in ("ListParts", "CompleteMultipartUpload"):
            body = [b"".join(body).replace(request.op.encode() + b"Result", request.op.encode() + b"Response")]
        head = {"Date": email.utils.formatdate(fake.now(), usegmt=True),
                "x-amz-request-id": f"fake{fake.count:08d}", "Server": "fake-s3", **headers}
        if action in ("cut", "cut-xml"):
            whole = b"".join(read_chunks(body))
            keep = whole[:int(len(whole) * rule.get("fraction", 0.5))]
            head["Content-Length"] = str(len(whole) if action == "cut" else len(keep))
            body = [keep]
        elif "Content-Length" not in head and status != 204:
            head["Content-Length"] = str(sum(len(c) for c in body))
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Answer')}"]
        lines += [f"{n}: {v}" for n, v in head.items()]
        out = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if request.method == "HEAD":
            body = []
        for data in read_chunks(body):
            out += data
            if len(out) > 1 << 18:
                self.wfile.write(out)
                out = b""
        self.wfile.write(out)

    def control(self, method, target, body):
        fake = self.server.fake
        what = target.removeprefix("/_fake/")
        answer = b""
        with fake.lock:
            if what == "rules" and method == "POST":
                fake.set_rules(body.decode().splitlines())
            elif what == "clock" and method == "POST":
                fake.clock = float(body)
            elif what == "reset" and method == "POST":
                fake.buckets, fake.rules, fake.log, fake.count = {}, [], [], 0
            elif what == "state":
                answer = json.dumps(fake.state()).encode()
            elif what == "log":
                answer = "".join(json.dumps(e) + "\n" for e in fake.log).encode()
            else:
                answer = b"unknown"
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
        return True


def error_document(code, message, extra):
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
            f"<Message>{message}</Message>{extra}</Error>").encode()


class Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, *_):
        # A client that goes away is what many tests are about; a defect of ours is not.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(*_)


def parse(argv=None):
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("port-file", "log", "rules", "access", "secret", "region", "load"):
        parser.add_argument("--" + name)
    parser.add_argument("--clock", type=float, default=0)
    parser.add_argument("--like", default="aws", choices=["aws", "r2", "b2", "minio", "rgw"])
    parser.add_argument("--bases", default="")
    for name in ("opaque-etags", "upper-etags", "whole-etags", "folders", "moto"):
        parser.add_argument("--" + name, action="store_true")
    parser.add_argument("--weak-etags")
    parser.add_argument("--key-uses", type=int, default=0)
    parser.add_argument("--copy-limit", type=int, default=COPY_MAX)
    return parser.parse_args(argv)


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # its folder goes with it
    fake = Server(options)
    if options.load:
        fake.load(options.load)
    if options.rules:
        with open(options.rules) as lines:
            fake.set_rules(lines)
    with Listener(("127.0.0.1", 0), Connection) as listener:
        listener.fake = fake
        port = str(listener.server_address[1])
        if options.port_file:
            with open(options.port_file + ".new", "w") as file:
                file.write(port + "\n")
            os.rename(options.port_file + ".new", options.port_file)
        else:
            print(port, flush=True)
        # A test that dies must not leave its server behind.
        parent = os.getppid()
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        while os.getppid() == parent:
            time.sleep(0.2)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
