#!/usr/bin/env python3
"""Plays the services that hand out credentials: STS, IAM Identity Center with its token
endpoint, a container's and a machine's metadata.

    identity.py --port-file FILE [--log FILE] [--life SECONDS] [--fail N]

It listens on a free port of 127.0.0.1.  Every secret that it knows or hands out has "s3cret" in
it.  An access key tells how it came about, "b<a<BASE" is role b, assumed by role a, assumed by
BASE, and with --life also when it ends: "a<BASE@1780000000".  The signature of AssumeRole is
checked (key BASE, secret s3cret-BASE, or one that was handed out, with its token).

    /sts/       AssumeRole, AssumeRoleWithWebIdentity (token "s3cret-jwt"); role "closed" is
                refused, role "ext" needs ExternalId 42, role "unfit" answers without a key
    /sso/       federation/credentials, for the bearer "s3cret-access" and what /oidc/ gave
    /oidc/      token: refresh_token "s3cret-refresh" of client "id", secret "s3cret-client"
    /ecs        for Authorization "s3cret-auth";  /imds/latest/… with a token, role "machine"
    /state      counts of each path, as JSON

--life: seconds that credentials hold (default 3600; tokens too).  --fail: the first N requests
are answered 503.  Every request is logged: method, path, query, headers, body.
"""
import argparse
import datetime
import hashlib
import hmac
import http.server
import json
import os
import threading
import time
import urllib.parse


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Refused(Exception):
    def __init__(self, status, code, text=""):
        super().__init__(code)
        self.status, self.code, self.text = status, code, text


class Identity(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, options):
        super().__init__(("127.0.0.1", 0), Handler)
        self.options = options
        self.lock = threading.Lock()
        self.secrets = {"BASE": ("s3cret-BASE", "")}
        self.counts = {}
        self.issued = 0
        self.access = {"s3cret-access"}
        self.refresh = {"s3cret-refresh"}

    def count(self, path):
        with self.lock:
            self.counts[path] = self.counts.get(path, 0) + 1
            return sum(self.counts.values())

    def issue(self, name, life=None):
        ends = int(time.time()) + (life or 3600)
        if self.options.life:
            ends = int(time.time()) + self.options.life
            name = f"{name.split('@')[0]}@{ends}"
        secret = "s3cret-" + hashlib.sha256(name.encode()).hexdigest()[:24]
        token = "s3cret-token-" + secret
        self.secrets[name] = (secret, token)
        self.issued += 1
        token += f"-{self.issued}"  # no two are the same
        when = datetime.datetime.fromtimestamp(ends, datetime.timezone.utc)
        return name, secret, token, when.strftime("%Y-%m-%dT%H:%M:%SZ"), ends


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body, kind="application/json"):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.query = dict(urllib.parse.parse_qsl(url.query))
        total = 0 if url.path == "/state" else self.server.count(url.path)
        if self.server.options.log:
            with open(self.server.options.log, "a", encoding="utf-8") as log:
                log.write(json.dumps({"method": self.command, "path": url.path,
                                      "query": self.query, "headers": dict(self.headers),
                                      "body": self.body}) + "\n")
        try:
            if 0 < total <= self.server.options.fail:
                raise Refused(503, "ServiceUnavailable")
            for prefix, play in PLAYS:
                if url.path.startswith(prefix):
                    play(self, url.path[len(prefix):])
                    return
            raise Refused(404, "NotFound")
        except Refused as refused:
            if url.path.startswith("/sts"):
                self.reply(refused.status, "<ErrorResponse><Error><Type>Sender</Type><Code>"
                           f"{refused.code}</Code><Message>{refused.text}</Message></Error>"
                           "</ErrorResponse>", "text/xml")
            else:
                self.reply(refused.status, {"error": refused.code, "message": refused.text})

    do_GET = do_POST = do_PUT = serve

    # ---- STS

    def signer(self):
        """The access key that signed this request; SigV4 with all headers that it names."""
        fields = dict(part.strip().split("=", 1) for part in
                      self.headers["Authorization"].split(" ", 1)[1].split(","))
        key, day, region, service, end = fields["Credential"].rsplit("/", 4)
        if service != "sts" or end != "aws4_request" or key not in self.server.secrets:
            raise Refused(403, "InvalidClientTokenId", "The security token is invalid.")
        secret, token = self.server.secrets[key]
        names = fields["SignedHeaders"].split(";")
        if token and ("x-amz-security-token" not in names or
                      not self.headers["x-amz-security-token"].startswith(token)):
            raise Refused(403, "InvalidClientTokenId", "The session token is wrong.")
        canonical = "\n".join(["POST", self.path, ""] +
                              [f"{n}:{self.headers[n].strip()}" for n in names] +
                              ["", ";".join(names), hashlib.sha256(self.body.encode()).hexdigest()])
        scope = f"{day}/{region}/sts/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["x-amz-date"], scope,
                          hashlib.sha256(canonical.encode()).hexdigest()])
        signing = sign(sign(sign(sign(b"AWS4" + secret.encode(), day), region), "sts"),
                       "aws4_request")
        if hmac.new(signing, text.encode(), hashlib.sha256).hexdigest() != fields["Signature"]:
            raise Refused(403, "SignatureDoesNotMatch", "Canonical: " + canonical)
        return key

    def sts(self, _):
        form = dict(urllib.parse.parse_qsl(self.body))
        action, role = form["Action"], form["RoleArn"].rsplit("/", 1)[-1]
        by = self.signer() if action == "AssumeRole" else "WEB"
        if by == "WEB" and form["WebIdentityToken"] != "s3cret-jwt":
            raise Refused(400, "InvalidIdentityToken", "No.")
        if role == "closed" or (role == "ext" and form.get("ExternalId") != "42"):
            raise Refused(403, "AccessDenied",
                          f"User: {by} is not authorized to perform: sts:AssumeRole")
        name, secret, token, when, _ = self.server.issue(
            f"{role}<{by}", int(form.get("DurationSeconds", 0)))
        if role == "unfit":
            name = ""
        name = name.replace("&", "&amp;").replace("<", "&lt;")
        self.reply(200, f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
                   f"<{action}Result><Credentials><AccessKeyId>{name}</AccessKeyId>"
                   f"<SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}"
                   f"</SessionToken><Expiration>{when}</Expiration></Credentials>"
                   f"</{action}Result></{action}Response>", "text/xml")

    # ---- IAM Identity Center

    def sso(self, path):
        if path != "federation/credentials":
            raise Refused(404, "ResourceNotFoundException")
        if self.headers["x-amz-sso_bearer_token"] not in self.server.access:
            raise Refused(401, "UnauthorizedException", "Session token not found or invalid")
        if self.query["role_name"] == "closed":
            raise Refused(403, "ForbiddenException", "No access")
        name, secret, token, _, ends = self.server.issue(
            f"{self.query['role_name']}/{self.query['account_id']}")
        self.reply(200, {"roleCredentials": {"accessKeyId": name, "secretAccessKey": secret,
                                             "sessionToken": token, "expiration": ends * 1000}})

    def oidc(self, path):
        asked = json.loads(self.body)
        if path != "token" or asked["grantType"] != "refresh_token":
            raise Refused(400, "unsupported_grant_type")
        if (asked["clientId"], asked["clientSecret"]) != ("id", "s3cret-client"):
            raise Refused(401, "invalid_client")
        with self.server.lock:
            if asked["refreshToken"] not in self.server.refresh:
                raise Refused(400, "invalid_grant")
            self.server.refresh.remove(asked["refreshToken"])
            n = self.server.counts["/oidc/token"]
            self.server.access.add(f"s3cret-access-{n}")
            self.server.refresh.add(f"s3cret-refresh-{n}")
        self.reply(200, {"accessToken": f"s3cret-access-{n}", "tokenType": "Bearer",
                         "expiresIn": self.server.options.life or 28800,
                         "refreshToken": f"s3cret-refresh-{n}"})

    # ---- the machine

    def machine(self, name):
        name, secret, token, when, _ = self.server.issue(name)
        self.reply(200, {"Code": "Success", "AccessKeyId": name, "SecretAccessKey": secret,
                         "Token": token, "Expiration": when})

    def ecs(self, _):
        if self.headers["Authorization"] != "s3cret-auth":
            raise Refused(401, "Unauthorized")
        self.machine("container")

    def imds(self, path):
        if self.command == "PUT" and path == "latest/api/token":
            self.reply(200, "s3cret-imds", "text/plain")
        elif self.headers["X-aws-ec2-metadata-token"] != "s3cret-imds":
            raise Refused(401, "Unauthorized")
        elif path.endswith("security-credentials/"):
            self.reply(200, "machine", "text/plain")
        else:
            self.machine("machine")

    def state(self, _):
        self.reply(200, self.server.counts)


PLAYS = [("/sts/", Handler.sts), ("/sso/", Handler.sso), ("/oidc/", Handler.oidc),
         ("/ecs", Handler.ecs), ("/imds/", Handler.imds), ("/state", Handler.state)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port-file", required=True)
    parser.add_argument("--log")
    parser.add_argument("--life", type=int, default=0)
    parser.add_argument("--fail", type=int, default=0)
    options = parser.parse_args()
    server = Identity(options)
    temporary = options.port_file + ".new"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(f"{server.server_address[1]}\n")

    os.rename(temporary, options.port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
