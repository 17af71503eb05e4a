"""The scripted server inside this process, and what others than syncs do to its bucket."""
import hashlib
import socket
import threading
import time

from common import paths  # noqa: F401
import fake_s3
import fake_s3_store
from sync.keys import CATALOG, list_of, repo_of
from sync.watch import WatchedBucket

BUCKET = "b"
FLAVOURS = ({}, {"like": "minio"}, {"like": "rgw"}, {"upper_etags": True}, {"moto": True},
            {"like": "minio", "folders": True})


class Remote:
    def __init__(self):
        self.fake = fake_s3_store.Server(fake_s3.parse([]))
        self.bucket = self.fake.buckets[BUCKET] = WatchedBucket()
        self.listener = fake_s3.Listener(("127.0.0.1", 0), fake_s3.Connection)
        self.listener.fake = self.fake
        self.url = f"http://127.0.0.1:{self.listener.server_address[1]}"
        threading.Thread(target=self.listener.serve_forever, args=(0.05,), daemon=True).start()

    def become(self, flavour):
        vars(self.fake.options).update(flavour)
        self.fake.like = self.fake.options.like

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()
        self.fake.dir.cleanup()

    @property
    def objects(self):
        return self.bucket.objects

    def rules(self, rules):
        with self.fake.lock:
            self.fake.rules = [dict(rule) for rule in rules]

    def client(self, pid):
        self.fake.client = pid

    def settle(self):
        """Waits until what a dead client has sent is dealt with, and lets the clock go on."""
        with socket.create_connection(self.listener.server_address) as one:  # all before it have been accepted then
            one.sendall(b"GET /_fake/none HTTP/1.1\r\n\r\n")
            one.recv(1000)
        time.sleep(0.005)
        until = time.monotonic() + 20
        while self.fake.connections and time.monotonic() < until:
            time.sleep(0.002)
        self.rules(())
        self.fake.client = None
        self.fake.clock += 1

    def take_log(self):
        with self.fake.lock:
            log, self.fake.log = self.fake.log, []
        return log

    # ---- what others do ----------------------------------------------------------------------

    def spoil(self, key):
        """Where a tag or repository may come or go, its lists may be wrong as well."""
        repo = repo_of(key)
        self.bucket.spoilt |= {key, CATALOG} | ({list_of(repo)} if repo else set())

    def put(self, key, data, kind="text/plain"):
        with self.fake.lock:
            self.spoil(key)
            self.bucket.by_others = True
            etag = self.fake.etag(hashlib.md5(data).hexdigest())
            self.bucket.put(key, fake_s3_store.Object(len(data), etag, self.fake.now(), [data], {"content-type": kind}))
            self.bucket.by_others = False

    def remove(self, key):
        with self.fake.lock:
            self.spoil(key)
            self.bucket.by_others = True
            self.bucket.remove(key)
            self.bucket.by_others = False

    def copy(self, source, key):
        """A tag that another tool moves: nothing is spoilt."""
        with self.fake.lock:
            self.bucket.by_others = True
            old = self.objects[source]
            self.bucket.put(key, fake_s3_store.Object(old.size, old.etag, self.fake.now(), old.chunks, old.headers))
            self.bucket.by_others = False

    def mislabel(self, key):
        """Other headers, the same bytes."""
        with self.fake.lock:
            old = self.objects[key]
            headers = {**old.headers, "content-type": "text/html"}
            self.objects[key] = fake_s3_store.Object(old.size, old.etag, old.modified, old.chunks, headers)
