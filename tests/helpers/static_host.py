#!/usr/bin/env python3
"""A host of static files, as far as its documentation tells what becomes of a request:

  static_host.py netlify|cloudflare-pages|github-pages DIR PORT

netlify: all rules of DIR/_headers that match count, for one header the last of them; * matches anything,
also nothing, :name one part of the path, upper and lower case are one.
cloudflare-pages: the same, but values for one header are joined, "! NAME" drops what was said of it, a rule
has one *, :name begins anywhere behind which a letter stands, and may be repeated in a value; rules beyond
the 100th and lines above 2,000 characters are dropped; the headers go also with what is not there; no ranges.
github-pages: types by the endings of names; nothing that begins with . or _ without a file .nojekyll.
All of them send DIR/404.html for what is not there, and index.html for a folder.
"""
import http.server
import os
import re
import sys
import urllib.parse

HOST, DIR, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
TYPES = {".html": "text/html; charset=utf-8", ".json": "application/json", ".gz": "application/gzip", ".txt": "text/plain"}


def read_rules():
    """[(path, [(name, value), …], [dropped name, …]), …] in their order."""
    rules = []
    path = os.path.join(DIR, "_headers")
    if HOST == "github-pages" or not os.path.exists(path):
        return rules
    for line in open(path, encoding="utf-8"):
        line = line.strip()
        if not line or line[0] == "#" or len(line) > 2000 and HOST == "cloudflare-pages":
            continue
        if line[0] == "/":
            rules.append((line, [], []))
        elif line.startswith("! ") and HOST == "cloudflare-pages":
            rules[-1][2].append(line[2:].lower())
        else:
            name, value = line.split(":", 1)
            rules[-1][1].append((name.strip(), value.strip()))
    return rules[:100] if HOST == "cloudflare-pages" else rules


def netlify_pattern(path):
    parts = []
    for part in filter(None, path.split("/")):
        if part == "*":
            parts.append("/?(?:.*)")
        elif part[0] == ":":
            parts.append("/[^/]+")
        else:
            parts.append("/" + ".*".join(re.escape(piece) for piece in part.split("*")))
    return re.compile("".join(parts) + "/?", re.I)


def cloudflare_pattern(path):
    text = "(?P<splat>.*)".join(re.escape(piece).replace("\\:", ":") for piece in path.split("*"))
    return re.compile(re.sub(r":([A-Za-z]\w*)", r"(?P<\1>[^/]+)", text))


RULES = [((netlify_pattern if HOST == "netlify" else cloudflare_pattern)(path), values, dropped)
         for path, values, dropped in read_rules()]


def headers_for(path):
    headers = {}
    for pattern, values, dropped in RULES:
        match = pattern.fullmatch(path)
        if not match:
            continue
        for name in dropped:
            headers.pop(name, None)
        for name, value in values:
            if HOST == "cloudflare-pages":
                for word, text in match.groupdict().items():
                    value = value.replace(":" + word, text)
                if name.lower() in headers:
                    value = headers[name.lower()][1] + ", " + value
            headers[name.lower()] = (name, value)
    return headers


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def find(self, path):
        parts = [part for part in path.split("/") if part]
        if HOST != "netlify" and parts and parts[-1] in ("_headers", "_redirects"):
            return None
        if HOST == "github-pages" and not os.path.exists(os.path.join(DIR, ".nojekyll")) and \
                any(part[0] in "._" for part in parts):
            return None
        file = os.path.join(DIR, *parts)
        if path.endswith("/"):
            file = os.path.join(file, "index.html")
        return file if os.path.isfile(file) else None

    def answer(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        file = self.find(path)
        status = 200 if file else 404
        headers = headers_for(path) if file or HOST == "cloudflare-pages" else {}
        if not file and os.path.exists(os.path.join(DIR, "404.html")):
            file = os.path.join(DIR, "404.html")
        body = open(file, "rb").read() if file else b""
        kind = TYPES.get(os.path.splitext(file or "")[1], "application/octet-stream")
        headers.setdefault("content-type", ("Content-Type", kind))
        size = len(body)
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if status == 200 and wanted and HOST != "cloudflare-pages" and int(wanted[1]) < size:
            first, last = int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)
            status, body = 206, body[first:last + 1]
            headers["content-range"] = ("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_response(status)
        for name, value in headers.values():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = answer

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
