"""One request to fake_registry.py, and the right answer to it."""
import json
import re
import time
from urllib.parse import parse_qs, quote, unquote, urlsplit

from fake_registry_store import Answer, Body, Refused
from oci_layout import OCI_INDEX

ROUTES = (("Ping", r"/v2/?"), ("Catalog", r"/v2/_catalog"), ("Tags", r"/v2/(.+)/tags/list"),
          ("Manifest", r"/v2/(.+)/manifests/([^/]+)"), ("Blob", r"/v2/(.+)/blobs/([^/]+)"),
          ("Referrers", r"/v2/(.+)/referrers/([^/]+)"), ("Token", r"/token"))



class Request:
    def __init__(self, store, server, method, target, headers, body):
        self.store, self.options, self.server = store, store.options, server
        self.method, self.target, self.headers, self.body = method, target, headers, body
        url = urlsplit(target)
        self.path, self.query = unquote(url.path), parse_qs(url.query, keep_blank_values=True)
        self.op, self.name, self.reference = "Other", "", ""
        for op, pattern in ROUTES:
            if match := re.fullmatch(pattern, self.path):
                self.op = op
                self.name, self.reference = (match.groups() + ("", ""))[:2]
                break
        if server == "storage" and self.op != "Token":
            self.op, self.reference = "Storage", self.path.rsplit("/", 1)[-1]
        if self.op in ("Manifest", "Blob"):
            self.op = ("Head" if method == "HEAD" else "Get") + self.op
        elif self.op == "Storage" and method == "HEAD":
            self.op = "HeadStorage"
        elif self.op == "Token" and method == "POST":
            self.op = "TokenPost"

    def first(self, name):
        return self.query.get(name, [""])[0]

    def scopes(self):
        """What a token must be for."""
        scopes = [f"repository:{self.name}:pull"] if self.name else []
        if self.path == "/v2/_catalog":
            scopes.append("registry:catalog:*")
        return scopes + ([self.options.extra_scope] if self.options.extra_scope else [])

    def authorize(self):
        try:
            if self.options.auth == "basic":
                if self.store.tokens.basic_user(self.headers.get("authorization")) is None:
                    raise Refused(401, "UNAUTHORIZED", "authentication required")
            elif self.options.auth == "bearer":
                self.store.tokens.check(self.headers.get("authorization"), self.scopes())
        except Refused as no:
            raise self.challenge(no) from None

    def challenge(self, no):
        error = no.headers.pop("error", "")
        text = 'Basic realm="test"'
        if self.options.auth == "bearer":
            text = f'Bearer realm="{self.place(self.options.realm)}",service="{self.options.service}"'
            if self.scopes():
                text += f',scope="{" ".join(self.scopes())}"'
            if error:
                text += f',error="{error}"'
        all_of_them = self.options.also + [text]
        no.headers["WWW-Authenticate"] = ", ".join(all_of_them) if self.options.join else all_of_them
        return no

    def place(self, template):
        for name, value in (("base", self.store.base), ("storage", self.store.storage), ("path", self.target),
                            ("name", self.name), ("digest", self.reference)):
            template = template.replace("{" + name + "}", value)
        return template

    def run(self, rule):
        """The right answer, but for what the rule is about."""
        what = rule.get("do", "")
        if self.path.startswith("/_hop/"):
            _, _, left, rest = self.target.split("/", 3)
            to = f"/{rest}" if int(left) < 1 else f"/_hop/{int(left) - 1}/{rest}"
            return Answer(302, {"Location": to})
        if self.op in ("Token", "TokenPost"):
            return self.token()
        if self.method not in ("GET", "HEAD"):
            raise Refused(405, "UNSUPPORTED", "this registry is read-only")
        if self.server == "storage":
            return self.from_storage(what, rule)
        if self.op == "Other":
            raise Refused(404, "NOT_FOUND")
        if self.op == "Ping":
            return Answer(200, {"Content-Type": "application/json"}, b"{}")
        if self.op == "Catalog":
            return self.json({"repositories": sorted(self.store.repositories)})
        if self.method == "HEAD" and self.options.no_head:
            raise Refused(405, "UNSUPPORTED")
        repository = self.store.find(self.name, self.first("ns"))
        if self.op == "Tags":
            return self.tags(repository, what, rule)
        if self.op == "Referrers":
            return self.referrers(repository, what)
        if self.op in ("GetManifest", "HeadManifest"):
            return self.manifest(repository)
        return self.blob(repository, what, rule)

    @staticmethod
    def json(document, **headers):
        return Answer(200, {"Content-Type": "application/json", **headers}, json.dumps(document).encode())

    def token(self):
        if self.method == "POST":
            if self.options.no_post:
                raise Refused(405, "UNSUPPORTED")
            return self.json(self.store.tokens.post(self.body))
        return self.json(self.store.tokens.get(self.headers, self.query))

    def link(self, query):
        path = f"{urlsplit(self.target).path}?{query}"
        path = {"relative": path, "absolute": self.store.base + path, "query": "?" + query}[self.options.link]
        return {"Link": f'<{path}>; rel="next"'}

    def tags(self, repository, what, rule):
        last, count = self.first("last"), int(self.first("n") or 0)
        if what == "more":
            start, count = int(re.sub(r"\D", "", last) or 0), rule.get("count", 100)
            names = [f"tag{start + i:08d}" for i in range(1, count + 1)]
            return self.json({"name": self.name, "tags": names}, **self.link(f"last={names[-1]}&n={count}"))
        most = min(x for x in (count, self.options.page, 1 << 30) if x)
        names = [tag for tag in sorted(repository.tags) if tag > last]
        headers = self.link(f"last={quote(names[most - 1])}&n={most}") if len(names) > most else {}
        if what == "again":
            headers = self.link(urlsplit(self.target).query or "n=1")
        return self.json({"name": self.name, "tags": names[:most]}, **headers)

    def referrers(self, repository, what):
        if self.options.referrers != "api":
            raise Refused(404, "NOT_FOUND", "there is no referrers API here")
        entries, headers = repository.referrers.get(self.reference, []), {"Content-Type": OCI_INDEX}
        if wanted := self.first("artifactType"):
            entries = [e for e in entries if e.get("artifactType") == wanted]
            headers["OCI-Filters-Applied"] = "artifactType"
        page, most = int(self.first("page") or 0), self.options.page or 1 << 30
        if len(entries) > (page + 1) * most:
            headers.update(self.link(f"page={page + 1}"))
        if what == "again":
            headers.update(self.link(urlsplit(self.target).query or "page=0"))
        return self.json({"schemaVersion": 2, "mediaType": OCI_INDEX,
                          "manifests": entries[page * most:(page + 1) * most]}, **headers)

    def manifest(self, repository):
        digest = repository.tags.get(self.reference, self.reference)
        if digest not in repository.manifests:
            raise Refused(404, "MANIFEST_UNKNOWN", "manifest unknown")
        kind, data = repository.manifests[digest]
        # As the distribution's registry: a client that does not take this type is told that it is not there.
        taken = [x.split(";")[0].strip() for x in self.headers.get("accept", "*/*").split(",")]
        if kind not in taken and "*/*" not in taken:
            raise Refused(404, "MANIFEST_UNKNOWN", f"Accept does not name {kind}")
        headers = {"Content-Type": kind, "Docker-Content-Digest": digest, "ETag": f'"{digest}"'}
        if self.store.limit and self.method == "GET":
            headers.update(self.store.limit.take())
        if self.options.no_digest_header == "all" or (self.options.no_digest_header and self.method == "HEAD"):
            del headers["Docker-Content-Digest"]
        if self.headers.get("if-none-match") == headers["ETag"]:
            return Answer(304, headers)
        return Answer(200, headers, data)

    def blob(self, repository, what, rule):
        body = repository.blob(self.reference)
        if body is None:
            raise Refused(404, "BLOB_UNKNOWN", "blob unknown to registry")
        if (self.options.redirect or self.options.redirect_to) and self.method == "GET":
            to = self.place(self.options.redirect_to or "{storage}/{name}/{digest}?signature=0f&until=")
            return Answer(307, {"Location": to + (f"{time.time():.3f}" if to.endswith("until=") else "")})
        return self.piece(body, what, rule)

    def from_storage(self, what, rule):
        if self.headers.get("authorization"):
            raise Refused(400, "InvalidArgument", "Only one auth mechanism allowed")
        made = float(self.first("until") or time.time())
        if self.options.signed_for and time.time() > made + self.options.signed_for:
            raise Refused(403, "AccessDenied", "Request has expired")
        body = self.store.stored(self.reference)
        if body is None:
            raise Refused(404, "NoSuchKey")
        return self.piece(body, what, rule)

    def piece(self, body, what, rule):
        """A blob, or the range of it that was asked for."""
        etag, size = f'"{self.reference}"', len(body)
        headers = {"Content-Type": "application/octet-stream"}
        if not self.options.no_etag:
            headers["ETag"] = etag
        if self.server == "registry":
            headers["Docker-Content-Digest"] = self.reference
        if what == "flip":
            at = rule.get("at", size // 2)
            wrong = bytes([next(iter(body.part(at, at + 1)))[0] ^ 1])
            body = Body(*body.part(0, at).pieces, wrong, *body.part(at + 1, size).pieces)
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("range", ""))
        if self.options.no_range or what == "whole" or self.method == "HEAD":
            wanted = None
        if not self.options.no_range:
            headers["Accept-Ranges"] = "bytes"
        if self.headers.get("if-range", etag) != etag or self.options.no_etag and "if-range" in self.headers:
            wanted = None
        if not wanted or wanted.groups() == ("", ""):
            return Answer(200, headers, body)
        start, end = wanted.groups()
        if not start:
            start, end = max(size - int(end), 0), size
        else:
            start, end = int(start), min(int(end) + 1 if end else size, size)
        if start >= size or start >= end:
            raise Refused(416, "RANGE_INVALID", "invalid content range", {"Content-Range": f"bytes */{size}"})
        if what == "range":
            start = min(max(start + rule["shift"], 0), end - 1)
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        return Answer(206, headers, body.part(start, end))
