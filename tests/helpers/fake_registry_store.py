"""What fake_registry.py keeps: repositories, tokens, the rate limit, rules and the log."""
import base64
import hashlib
import json
import os
import re
import threading
import time
from urllib.parse import parse_qs

from oci_layout import OCI_INDEX, Layout, fallback_tag, list_of_referrers

PIECE = 256 * 1024


class Refused(Exception):
    """An answer that says no; `headers` as in Answer."""

    def __init__(self, status, code, message="", headers=()):
        super().__init__(code)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers)


class Body:
    """Bytes to send: pieces are bytes, (path, start, length) of a file, or (byte, length) of filling."""

    def __init__(self, *pieces):
        self.pieces = [p for p in pieces if p]

    @staticmethod
    def size(piece):
        return len(piece) if isinstance(piece, bytes) else piece[-1]

    def __len__(self):
        return sum(self.size(p) for p in self.pieces)

    def part(self, start, end):
        """The bytes from start up to end."""
        out, at = [], 0
        for piece in self.pieces:
            size = self.size(piece)
            low, high = max(start - at, 0), min(end - at, size)
            at += size
            if low >= high:
                continue
            if isinstance(piece, bytes):
                out.append(piece[low:high])
            elif len(piece) == 3:
                out.append((piece[0], piece[1] + low, high - low))
            else:
                out.append((piece[0], high - low))
        return Body(*out)

    def __iter__(self):
        for piece in self.pieces:
            if isinstance(piece, bytes):
                for at in range(0, len(piece), PIECE):
                    yield piece[at:at + PIECE]
            elif len(piece) == 3:
                with open(piece[0], "rb") as file:
                    file.seek(piece[1])
                    left = piece[2]
                    while left > 0 and (data := file.read(min(left, PIECE))):
                        left -= len(data)
                        yield data
            else:
                for at in range(0, piece[1], PIECE):
                    yield piece[0] * min(PIECE, piece[1] - at)


class Answer:
    """`headers`: name -> value, or a list of values."""

    def __init__(self, status=200, headers=None, body=b""):
        self.status, self.headers = status, dict(headers or {})
        self.body = body if isinstance(body, Body) else Body(body)


class Repository:
    """One or more layouts under one name."""

    def __init__(self):
        self.layouts, self.manifests, self.tags, self.referrers = [], {}, {}, {}

    def add(self, path, fallback):
        layout = Layout(path)
        self.layouts.append(layout)
        self.manifests.update(layout.manifests)
        self.tags.update(layout.tags)
        for subject, entries in layout.referrers.items():
            kept = self.referrers.setdefault(subject, [])
            kept += [e for e in entries if e not in kept]
            if fallback and fallback_tag(subject) not in layout.tags:
                self.put(fallback_tag(subject), OCI_INDEX, list_of_referrers(kept))

    def put(self, tag, kind, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        self.manifests[digest] = (kind, data)
        self.tags[tag] = digest

    def set_tag(self, tag, reference):
        if reference == "-":
            self.tags.pop(tag, None)
        else:
            self.tags[tag] = self.tags.get(reference, reference)

    def blob(self, digest):
        for layout in self.layouts:
            path = layout.blob(digest)
            if os.path.isfile(path):
                return Body((path, 0, os.path.getsize(path)))
        return Body(self.manifests[digest][1]) if digest in self.manifests else None


class Tokens:
    """The token server's half and the registry's half of the same secret."""

    def __init__(self, options):
        self.options, self.given, self.count = options, {}, 0
        self.users = dict(u.split(":", 1) for u in options.user)

    def basic_user(self, header):
        """The user of an Authorization header; None without one, Refused when it is wrong."""
        if not header:
            return None
        kind, _, text = header.partition(" ")
        try:
            name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
        except ValueError:
            name, password = "", ""
        if kind.lower() != "basic" or self.users.get(name, None) != password:
            raise Refused(401, "UNAUTHORIZED", "incorrect username or password")
        return name

    def grant(self, user, scopes):
        granted = set()
        for scope in " ".join(scopes).split():
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            private = self.options.private and re.fullmatch(self.options.private, name)
            for action in actions.split(","):
                if user or (kind == "repository" and action == "pull" and not private):
                    granted.add(f"{kind}:{name}:{action}")
        return granted

    def issue(self, user, scopes):
        options = self.options
        told = options.expires
        lifetime = options.lifetime if options.lifetime is not None else told
        self.count += 1
        token = f"token-{self.count}-{os.urandom(8).hex()}"
        self.given[token] = (time.monotonic() + lifetime, self.grant(user, scopes))
        answer = {"issued_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        for field in {"both": ("token", "access_token")}.get(options.token_field, (options.token_field,)):
            answer[field] = token
        if not options.no_expires_in:
            answer["expires_in"] = told
        return answer

    def get(self, headers, query):
        self.check_service(query)
        user = self.basic_user(headers.get("authorization"))
        answer = self.issue(user, query.get("scope", []))
        if user and query.get("offline_token") == ["true"] and self.options.identity:
            answer["refresh_token"] = self.options.identity
        return answer

    def post(self, body):
        form = parse_qs(body.decode("latin-1"))
        self.check_service(form)
        if not form.get("client_id"):
            raise Refused(400, "invalid_request", "client_id is missing")
        if form.get("grant_type") == ["refresh_token"]:
            if not self.options.identity or form.get("refresh_token") != [self.options.identity]:
                raise Refused(401, "invalid_grant", "this identity token is not known")
            answer = self.issue("identity", form.get("scope", []))
        elif form.get("grant_type") == ["password"]:
            name = form.get("username", [""])[0]
            if self.users.get(name) != form.get("password", [""])[0]:
                raise Refused(401, "invalid_grant", "incorrect username or password")
            answer = self.issue(name, form.get("scope", []))
        else:
            raise Refused(400, "unsupported_grant_type")
        token = answer.pop("token", None)
        answer.setdefault("access_token", token)
        return answer

    def check_service(self, query):
        if query.get("service") != [self.options.service]:
            raise Refused(400, "invalid_request", f"the service is {self.options.service}")

    def expire(self):
        self.given = {token: (0, scopes) for token, (_, scopes) in self.given.items()}

    def check(self, header, wanted):
        """Does a request with this header get at all the scopes wanted? Refused if not."""
        kind, _, token = (header or "").partition(" ")
        if not header or kind.lower() != "bearer":
            raise Refused(401, "UNAUTHORIZED", "authentication required", {"error": ""})
        until, scopes = self.given.get(token, (0, set()))
        if until <= time.monotonic():
            raise Refused(401, "UNAUTHORIZED", "the token is not known, or too old", {"error": "invalid_token"})
        if not set(wanted) <= scopes:
            raise Refused(401, "DENIED", "the token is for something else", {"error": "insufficient_scope"})


class Limit:
    """As Docker Hub counts: so many manifests in so many seconds."""

    def __init__(self, text):
        self.most, self.window = (int(x) for x in text.split("/"))
        self.taken = []

    def take(self):
        """The headers of an answer; Refused when there is nothing left."""
        now = time.monotonic()
        self.taken = [t for t in self.taken if t > now - self.window]
        left = self.most - len(self.taken)
        headers = {"ratelimit-limit": f"{self.most};w={self.window}",
                   "ratelimit-remaining": f"{max(left - 1, 0)};w={self.window}",
                   "docker-ratelimit-source": "127.0.0.1"}
        if left <= 0:
            wait = max(1, round(self.taken[0] + self.window - now + 0.5))
            raise Refused(429, "TOOMANYREQUESTS", "You have reached your pull rate limit.",
                          {**headers, "Retry-After": str(wait)})
        self.taken.append(now)
        return headers


class Store:
    """State shared by all connections; `lock` guards it."""

    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.repositories, self.rules, self.log = {}, [], []
        self.tokens = Tokens(options)
        self.limit = Limit(options.limit) if options.limit else None
        self.base = self.storage = ""  # URLs of the two ports
        self.connections = self.busy = self.busiest = self.blobs_now = self.blobs_most = 0
        for text in options.repositories:
            self.add(text)

    def add(self, text):
        """NAME=LAYOUT"""
        name, _, path = text.partition("=")
        self.repositories.setdefault(name, Repository()).add(path, self.options.referrers == "fallback")

    def find(self, name, ns):
        if self.options.ns and ns != self.options.ns:
            raise Refused(404, "NAME_UNKNOWN", f"a mirror of {self.options.ns} alone")
        repository = self.repositories.get(f"{ns}/{name}") if ns else None
        repository = repository or self.repositories.get(name)
        if not repository:
            raise Refused(404, "NAME_UNKNOWN", "repository name not known to registry")
        return repository

    def stored(self, digest):
        for repository in self.repositories.values():
            if body := repository.blob(digest):
                return body
        return None

    def set_rules(self, text):
        self.rules = [json.loads(line) for line in text.splitlines() if line.strip()]

    def rule_for(self, op, target, headers):
        for rule in self.rules:
            if rule.get("times", 1) < 0 or not re.fullmatch(rule.get("op", "(?!Challenge).*"), op) \
                    or not re.search(rule.get("path", ""), target) \
                    or not all(re.search(v, headers.get(n.lower(), "")) for n, v in rule.get("when", {}).items()):
                continue
            rule["seen"] = rule.get("seen", 0) + 1
            if rule["seen"] < rule.get("nth", 1):
                continue
            times = rule.get("times", 1)
            rule["times"] = times if times == 0 else (times - 1 or -1)
            return rule
        return None

    def state(self):
        ops = {}
        for entry in self.log:
            ops[entry["op"]] = ops.get(entry["op"], 0) + 1
        return {"requests": len(self.log), "ops": ops, "bytes": sum(e["bytes"] for e in self.log),
                "connections": self.connections, "most": self.blobs_most, "busiest": self.busiest,
                "tokens": self.tokens.count, "tags": {name: repository.tags for name, repository in self.repositories.items()}}
