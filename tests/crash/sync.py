#!/usr/bin/env python3
"""Kill drydock sync, or take link or disk away from it, at every request and at every
call that changes its state.

    sync.py [--sample N] [--seed S] [--only SCENARIO[:KIND[:AT]]] DRYDOCK FAULTS.SO DIR

The bucket is that of helpers/fake_s3.py, which runs inside this program, so that each
run begins with the same objects, uploads and state.  Kinds of fault, at the Nth request:

    before    kill -9 before it has its effect (a body arrives in part)
    after     kill -9 when it had its effect, before the answer
    term      SIGTERM when it had its effect; the answer comes
    lost      it has its effect, its answer is lost; drydock goes on
    down      the link is down from here on, until drydock gives up

and at the Nth call that changes a file, those of faults.c: kill, ENOSPC, EIO.

  - whatever happened, no reader of the bucket sees a tag that is not complete, and each
    tag is what it was or what it becomes (helpers/tree.py looks, not drydock);
  - the status is the one that cli.md promises, a broken disk is told in one line;
  - the same command again ends with status 0: bucket and state are an undisturbed
    run's, no upload is left over;
  - no list that is there names what is gone, save between the DELETE and the next request
    (looked at where there is one request at a time);
  - over both runs no part, blob, manifest or tag was accepted twice by the server.

Prints TAP.  DIR is for working in.
"""
import collections
import contextlib
import hashlib
import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import common
from common import mk, tree

import fake_s3
import fake_s3_store

BUCKET = "bucket"
HALF_A_PART = 2_500_000
LARGE = 11_000_000  # three parts
# What differs from run to run: which upload made an object, and when a tag was staged.
OF_ONE_RUN = ("x-amz-meta-drydock-token", "x-amz-meta-drydock-staged-at")
TEMPORARY, TERMINATED = 5, 143
# Only where the link never comes back: a busy machine may let a live one wait for longer.
IMPATIENT = ("--give-up-after", "300ms", "--connect-wait", "300ms")

# Rules of fake_s3.py, and with which status drydock may end.
REQUESTS = {
    "before": ({"do": "signal", "signal": signal.SIGKILL, "after": HALF_A_PART}, (-signal.SIGKILL,)),
    "after": ({"do": "signal", "signal": signal.SIGKILL, "effect": True}, (-signal.SIGKILL,)),
    "term": ({"do": "signal", "signal": signal.SIGTERM, "effect": True}, (TERMINATED, 0)),
    "lost": ({"do": "lost"}, (0,)),
    "down": ({"do": "drop", "after": 0, "times": 0}, (TEMPORARY,)),
}


class FakeServer:
    """The scripted server inside this process."""

    def __init__(self):
        self.fake = fake_s3_store.Server(fake_s3.parse([]))
        listener = fake_s3.Listener(("127.0.0.1", 0), fake_s3.Connection)
        listener.fake = self.fake
        self.url = f"http://127.0.0.1:{listener.server_address[1]}"
        threading.Thread(target=listener.serve_forever, daemon=True).start()

    @property
    def bucket(self):
        return self.fake.bucket(BUCKET)

    def reset(self, bucket, server):
        """The bucket becomes as `bucket`, a copy kept before; the bodies of others go.  `server`:
        which of its options are not the usual ones."""
        with self.fake.lock:
            self.fake.buckets = {BUCKET: bucket.copy()}
            self.fake.log, self.fake.rules = [], []
            self.fake.options = fake_s3.parse([])
            vars(self.fake.options).update(server)
        used = {c for b in (bucket, *self.kept) for o in b.objects.values() for c in o.chunks}
        used |= {c for b in (bucket, *self.kept) for u in b.uploads.values() for p in u.parts.values() for c in p[3]}
        for name in os.listdir(self.fake.dir.name):
            path = os.path.join(self.fake.dir.name, name)
            if path not in used:
                os.remove(path)

    kept = ()

    def keep(self):
        bucket = self.bucket.copy()
        self.kept += (bucket,)
        return bucket

    def settle(self):
        """Waits until what a dead client has sent is dealt with."""
        until = time.monotonic() + 20
        while self.fake.connections and time.monotonic() < until:
            time.sleep(0.002)
        if self.fake.connections:
            raise SystemExit("Bail out! a connection outlives its client")


class Bench(common.Bench):
    def __init__(self, drydock, faults, work):
        super().__init__(drydock, faults, work)
        self.server = FakeServer()
        os.environ.update(AWS_ACCESS_KEY_ID="id", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="us-east-1",
                          AWS_EC2_METADATA_DISABLED="true", HOME=self.path("home"))
        for name in ("XDG_CONFIG_HOME", "http_proxy", "HTTP_PROXY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
            os.environ.pop(name, None)

    def started(self, process):
        self.server.fake.client = process and process.pid

    def sync(self, *options):
        return ["sync", f"s3://{BUCKET}", "--endpoint-url", self.server.url, "--retry-max-delay", "10ms", *options]

    def reset(self, base):
        """Nothing changes the files of v2/ and the pages here, so links to them are enough."""
        if not base:
            super().reset(base)
            return
        subprocess.run(["rm", "-rf", self.root], check=True)
        os.mkdir(self.root)
        public = [os.path.join(base, name) for name in os.listdir(base) if name != ".drydock"]
        subprocess.run(["cp", "-al", *public, self.root], check=True)
        subprocess.run(["cp", "-a", os.path.join(base, ".drydock"), self.root], check=True)


class Scenario:
    """`command` on a copy of the root `base` and with the bucket as it was kept, at a server with
    these options.  It is given again after a fault, or `then` is, when something else is to come
    of it."""

    def __init__(self, name, base, bucket, command, then, server):
        self.name, self.base, self.bucket, self.command, self.then = name, base, bucket, command, then
        self.server = server


class Checker:
    """One scenario: its undisturbed end, and what must hold after a fault."""

    def __init__(self, bench, scenario):
        self.bench, self.scenario, self.name = bench, scenario, scenario.name
        self.server = bench.server
        self.opaque = scenario.server.get("opaque_etags", False)
        self.in_turn = scenario.command[-2:] == ["-j", "1"]
        self.begin()
        self.before = self.tags()
        status, stderr, calls = self.run()
        if status:
            raise SystemExit(f"Bail out! {scenario.name} undisturbed: {status} {stderr}")
        self.calls, self.requests = int(calls), len(self.server.fake.log)
        self.objects, self.after = self.objects_now(), self.tags()
        self.check_undisturbed()
        for command in self.scenario.then:
            bench.must(command)
        self.end, self.state = self.objects_now(), self.state_now()

    def check_undisturbed(self):
        bucket = self.server.bucket
        tree.findings.clear()
        tree.check(common.registry_keys(bucket.objects), self.read, self.chunks, lambda key: (200, bucket.objects[key].headers))
        if tree.findings or self.server.bucket.uploads or self.sent_twice():
            raise SystemExit(f"Bail out! {self.name} undisturbed: {tree.findings} {self.sent_twice()}")

    def begin(self):
        self.bench.reset(self.scenario.base)
        self.server.reset(self.scenario.bucket, self.scenario.server)

    def run(self, options=(), **fault):
        result = self.bench.run([*self.scenario.command, *options], **fault)
        self.server.settle()
        return result

    def kinds(self):
        return {**dict.fromkeys(REQUESTS, self.requests), **dict.fromkeys(common.CALLS, self.calls)}

    # Looking at the bucket.

    def chunks(self, key):
        return fake_s3_store.read_chunks(self.server.bucket.objects[key].chunks)

    def read(self, key):
        return b"".join(self.chunks(key))

    def bytes_of(self, key):
        """By their ETag, unless that is made of nothing."""
        return hashlib.md5(self.read(key)).hexdigest() if self.opaque else self.server.bucket.objects[key].etag

    def tags(self):
        return {key: self.bytes_of(key) for key in self.server.bucket.objects if common.is_tag(key)}

    def objects_now(self):
        return {key: [o.size, self.bytes_of(key), *(f"{n}: {v}" for n, v in sorted(o.headers.items()) if n not in OF_ONE_RUN)]
                for key, o in self.server.bucket.objects.items()}

    def state_now(self):
        # What the server taught is recorded as a run ends, and the next run learns it only where it needs it.
        skipped = {"quirks"} | ({"etag", "generation"} if self.opaque else set())
        # A sync that failed and one that follows are not two whole ones.
        return common.state_of(self.bench.root, skipped | ({"generation"} if self.scenario.then else set()))

    def unrecorded(self):
        """Objects whose ETag the state does not say."""
        path = os.path.join(self.bench.root, ".drydock", "state.db")
        with contextlib.closing(sqlite3.connect(path)) as db:
            etags = dict(db.execute("SELECT key, etag FROM remote_object"))
        return [f"{key} is recorded with the ETag {etags.get(key)}"
                for key, o in self.server.bucket.objects.items() if etags.get(key) != o.etag]

    def sent_twice(self):
        """Parts, and objects that never need to be written twice, that the server accepted twice.
        An answer that was lost while drydock goes on may be asked for again."""
        accepted = collections.Counter()
        for entry in self.server.fake.log:
            key, op = entry["key"], entry["op"]
            if entry["status"] != 200 or "/manifests/sha256-" in key:
                continue
            if entry["rule"] == "lost":
                continue
            if op in ("UploadPart", "UploadPartCopy"):
                accepted[f"part {entry['query']['partNumber']} of {key}"] += 1
            elif op == "PutObject" and entry["body_bytes"] and ("/blobs/" in key or "/manifests/" in key):
                accepted[f"{key} ({entry['headers'].get('content-md5')})"] += 1
        return [f"{what} was sent {count} times" for what, count in accepted.items() if count > 1]

    # What must hold.

    def behind(self):
        """Lists that name what is gone, although something else was done since: tags go, then their
        list, and at last the catalogue."""
        objects = self.server.bucket.objects
        changes = [e["key"] for e in self.server.fake.log
                   if e["op"] in ("PutObject", "DeleteObject") and e["status"] in (200, 204)]
        for name in [k for k in objects if k.endswith("/tags/list") or k == "v2/_catalog"]:
            document = json.loads(self.read(name))
            if name == "v2/_catalog":
                named = {f"v2/{repo}/tags/list" for repo in document["repositories"]}
                goes_before = lambda key: key.endswith("/tags/list") or common.is_tag(key)
            else:
                folder = name[:-len("tags/list")] + "manifests/"
                named = {folder + tag for tag in document["tags"]}
                goes_before = lambda key, folder=folder: key.startswith(folder) and common.is_tag(key)
            gone = named - set(objects)
            for key in itertools.dropwhile(lambda key, gone=gone: key not in gone, changes):
                if not goes_before(key):
                    yield f"{name} names {sorted(gone)}, and meanwhile {key} was written or removed"

    def right_after(self, kind, status, stderr):
        if self.in_turn:
            yield from self.behind()
        yield from common.broken_tags(self.server.bucket.objects, self.read, self.chunks)
        yield from common.neither(self.tags(), self.before, self.after)
        if kind in REQUESTS:
            if status not in REQUESTS[kind][1]:
                yield f"status {status}, not one of {REQUESTS[kind][1]}: {stderr}"
        elif kind == "kill":
            if status != common.KILLED:
                yield f"ended with {status}, not killed: {stderr}"
        elif status != 0:
            yield from common.storage_failure(status, stderr)
        if status == 0:
            yield from common.differences(self.objects_now(), self.objects, "status 0, but the bucket")
            yield from common.unexpected_words(stderr)

    def in_the_end(self):
        """The same command without a fault finishes the work."""
        for command in self.scenario.then or [self.scenario.command]:
            status, stderr, _ = self.bench.run(command)
            if status:
                yield f"then: {command[0]}: status {status}: {stderr}"
        self.server.settle()
        yield from common.differences(self.objects_now(), self.end, "in the end the bucket")
        yield from common.differences(self.state_now(), self.state, "in the end the state")
        if self.opaque:
            yield from self.unrecorded()
        for upload in self.server.bucket.uploads.values():
            yield f"in the end an upload of {upload.key} is left over"
        if common.temporary(self.bench.root):
            yield f"in the end tmp/ holds {common.temporary(self.bench.root)}"
        yield from self.sent_twice()

    def fault(self, at, kind):
        self.begin()
        if kind in REQUESTS:
            rule = {"nth": at, **REQUESTS[kind][0]}
            self.server.fake.rules = [rule]
            status, stderr, _ = self.run(IMPATIENT if kind == "down" else ())
            call = None
            if rule.get("seen", 0) >= at:
                call = [e["op"] + " " + e["key"] for e in self.server.fake.log if e.get("rule")][0]
            self.server.fake.rules = []
        else:
            status, stderr, call = self.run(at=at, kind=kind)
        if call is None:
            return None, []
        return call, [*self.right_after(kind, status, stderr), *self.in_the_end()]


# ---- what is tried ------------------------------------------------------------------------

# What is done before, on a fresh root and an empty bucket (commands or functions); the options of
# the sync that is disturbed, and those of the server.
Recipe = collections.namedtuple("Recipe", "prepare options then server", defaults=((), (), {}))


def signed(path, by):
    with open(path, "wb") as file:
        file.write(mk.signed_by(by, f"signed by {by}\n"))
    return path


class Makers:
    """Prepares roots and buckets; each scenario only when it is wanted."""

    def __init__(self, bench):
        self.bench = bench
        one, two, three = (mk.layer(f"{n}\n", n) for n in ("one", "two", "three"))
        large = mk.layer(mk.noise(LARGE), "noise")
        image, archive, path = common.image, common.archive, bench.path
        self.small = archive(path("small.tar"), image([one], "app:1", "app:moved"), image([two], "old/tool:1"))
        self.large = archive(path("large.tar"), image([one, large], "app:2"))
        self.moved = archive(path("moved.tar"), image([one, three], "app:moved", "app:3"))
        self.again = archive(path("again.tar"), image([two, three], "app:moved"))
        self.other = archive(path("other.tar"), image([one, two], "other/place:1"), image([two], "third:1"))
        self.by_us, self.by_them = signed(path("us.tar"), "us"), signed(path("them.tar"), "them")

    def scenario(self, name):
        bench, recipe = self.bench, getattr(self, name)()
        bench.reset(None)
        bench.server.reset(fake_s3_store.Bucket(), recipe.server)
        for step in recipe.prepare:
            if callable(step):
                step()
            else:
                bench.must(step)
        base = bench.keep(name)
        return Checker(bench, Scenario(name, base, bench.server.keep(), bench.sync(*recipe.options),
                                       recipe.then, recipe.server))

    def forget_root(self):
        self.bench.reset(None)

    def interrupted(self):
        """A sync that dies when the second part of the large blob has arrived."""
        self.bench.server.fake.rules = [{"op": "UploadPart", "nth": 2, "do": "signal",
                                         "signal": signal.SIGKILL, "effect": True}]
        self.bench.run(self.bench.sync("-j", "1"))
        self.bench.server.settle()
        self.bench.server.fake.rules = []

    def mislabel(self):
        """Somebody has written manifests, tags and lists of app with another type."""
        objects = self.bench.server.bucket.objects
        for key, o in objects.items():
            if key.startswith("v2/app/") and "/blobs/" not in key or key in ("v2/", "v2/_catalog"):
                headers = {**o.headers, "content-type": "text/plain"}
                objects[key] = fake_s3_store.Object(o.size, o.etag, o.modified, o.chunks, headers)

    def fresh(self):
        return Recipe([["stage", self.small, self.large], ["stage", "-t", "signed:1", self.by_us]])

    def resumed(self):
        return Recipe([["stage", self.small, self.large], self.interrupted])

    def moved_tag(self):
        return Recipe([["stage", self.small], self.bench.sync(), ["stage", self.moved]])

    def untagged(self):
        return Recipe([["stage", self.small], ["stage", self.other], self.bench.sync(),
                       ["untag", "app:moved", "third:1"]])

    def copied(self):
        return Recipe([["stage", self.small], self.bench.sync(), ["stage", self.other]])

    def copied_parts(self):
        """A blob that this server does not copy at once."""
        return Recipe([["stage", self.large], self.bench.sync(), ["stage", "-t", "other/place:2", self.large]],
                      server={"copy_limit": LARGE // 2})

    def referrers(self):
        return Recipe([["stage", "-t", "signed:1", self.by_them], self.bench.sync(), self.forget_root,
                       ["stage", "-t", "signed:1", self.by_us], ["stage", "-t", "signed:2", self.by_us]])

    def metadata(self):
        """Headers are mended, and a tag moves."""
        return Recipe([["stage", self.small], ["stage", "-t", "signed:1", self.by_us], self.bench.sync(),
                       self.mislabel, ["stage", self.moved]], ("--check-metadata",))

    def metadata_opaque(self):
        """The same where a copy changes the ETag, and no ETag tells what it is of."""
        kms = ("--sse", "aws:kms")
        recipe = self.metadata()
        recipe.prepare[2] = self.bench.sync(*kms)
        return recipe._replace(options=(*recipe.options, *kms), server={"opaque_etags": True})

    def filtered(self):
        """Some tags go, then the others."""
        some = ("--include", "app", "--include", "third", "--exclude", "app:3")
        return Recipe([["stage", self.small], ["stage", self.other], self.bench.sync(), ["stage", self.moved],
                       ["stage", "-t", "new:1", self.moved], ["untag", "app:1", "third:1", "other/place:1"]],
                      some, [self.bench.sync(*some), self.bench.sync()])

    def deleted(self):
        return Recipe([["stage", self.small], ["stage", self.other], ["stage", "-t", "signed:1", self.by_us],
                       self.bench.sync(), ["untag", "app:moved", "app:1", "third:1", "signed:1"],
                       ["gc"]], ("--delete", "--grace", "0s"))

    def losing(self):
        """Lists lose names, of tags that were untagged and of what others have published."""
        return Recipe([["stage", self.other], self.bench.sync(), self.forget_root, ["stage", self.small],
                       self.bench.sync(), ["untag", "app:1", "old/tool:1"], ["stage", self.moved]],
                      ("--delete=foreign", "--grace", "0s", "--provider", "aws", "-j", "1"))

    def moved_on(self):
        """What was sent, or not, before the fault is moved and untagged before it is finished."""
        sweep = self.bench.sync("--delete", "--grace", "0s")
        return Recipe([["stage", self.small], self.bench.sync(), ["stage", self.moved]], (),
                      [["stage", self.again], ["untag", "app:3", "app:1"], ["gc"], sweep, sweep])

    def pages(self):
        """Pages for people change, come and go with the repositories that they are of."""
        return Recipe([["stage", self.other], ["stage", self.small], ["page"], self.bench.sync("--page"),
                       ["untag", "third:1", "app:1"], ["gc"], ["stage", self.moved], ["page"]],
                      ("--page", "--delete", "--grace", "0s"))

    def all(self):
        for name in ("fresh", "resumed", "moved_tag", "untagged", "copied", "copied_parts", "referrers",
                     "metadata", "metadata_opaque", "filtered", "deleted", "losing", "moved_on", "pages"):
            yield name, lambda name=name: self.scenario(name)


def scenarios(drydock, faults, work):
    yield from Makers(Bench(drydock, faults, work)).all()


if __name__ == "__main__":
    sys.exit(common.drive(__doc__, sys.argv[1:], scenarios))
