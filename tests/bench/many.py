"""A registry root with many small objects, made by writing files and rows: staging as many images
would take longer than what is to be measured. The rows are what stage would have written.

    objects = make_root(folder, 100000)         [(key, size, MD5 in hex)], sorted by key

An image is a config, a layer, a manifest, a tag and a list of referrers: five objects. Each
repository of 100 images has a tags/list; there is one _catalog.
"""
import hashlib
import json
import sqlite3
import time

from common import SOURCE

PER_IMAGE, PER_REPO = 5, 100
KIND = "application/vnd.oci.image.manifest.v1+json"
NO_REFERRERS = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'
PING = ("v2/", 2, hashlib.md5(b"{}").hexdigest())
# As base/layout.h and db/state/manifest.h number them.
BLOB, MANIFEST, REFERRERS, TAG, TAGS_LIST, CATALOG = 2, 3, 4, 6, 7, 8
CONFIG_EDGE, LAYER_EDGE = 1, 2


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


class Maker:
    def __init__(self, root, files):
        self.root, self.files, self.objects = root, files, []
        self.now = int(time.time()) - 3600
        private = root / ".drydock"
        (private / "tmp").mkdir(parents=True)
        private.chmod(0o700)
        self.db = sqlite3.connect(private / "state.db")
        self.db.executescript((SOURCE / "db/state/schema.sql").read_text())
        self.db.executescript("PRAGMA user_version = 1; PRAGMA synchronous = OFF; BEGIN")

    def add(self, key, kind, data, content_type=None):
        sha256, md5 = hashlib.sha256(data), hashlib.md5(data)
        digest = b"\1" + sha256.digest()
        self.objects.append((key, len(data), md5.hexdigest()))
        self.db.execute("INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (key, kind, digest, len(data), md5.digest(), content_type, self.now))
        if kind in (BLOB, MANIFEST):
            self.db.execute("INSERT OR IGNORE INTO blob VALUES (?, ?, ?, ?, ?)",
                            (digest, len(data), sha256.digest(), md5.digest(), self.now))
        if self.files:
            path = self.root / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return digest

    def image(self, repo, number):
        def blob(data):
            hexed = hashlib.sha256(data).hexdigest()
            return self.add(f"v2/{repo}/blobs/sha256:{hexed}", BLOB, data), "sha256:" + hexed, len(data)

        config = blob(compact({"architecture": "amd64", "os": "linux", "number": number}))
        layer = blob(hashlib.sha512(b"%d" % number).digest() * (8 + number % 48))
        document = compact({
            "schemaVersion": 2, "mediaType": KIND,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config[1],
                       "size": config[2]},
            "layers": [{"mediaType": "application/octet-stream", "digest": layer[1], "size": layer[2]}]})
        name = "sha256:" + hashlib.sha256(document).hexdigest()
        digest = self.add(f"v2/{repo}/manifests/{name}", MANIFEST, document, KIND)
        self.add(f"v2/{repo}/manifests/{number:07d}", TAG, document, KIND)
        self.add(f"v2/{repo}/referrers/{name}", REFERRERS, NO_REFERRERS)
        self.db.execute("INSERT INTO manifest VALUES (?, ?, NULL, NULL, NULL, 'linux/amd64')", (digest, KIND))
        for position, (edge, child) in enumerate(((CONFIG_EDGE, config), (LAYER_EDGE, layer))):
            self.db.execute("INSERT INTO edge VALUES (?, ?, ?, ?, 1, ?, NULL)",
                            (digest, position, child[0], edge, child[2]))
        self.db.execute("INSERT INTO tag VALUES (?, ?, ?, ?, NULL)", (repo, f"{number:07d}", digest, self.now))

    def lists(self, repos):
        for repo, numbers in repos.items():
            tags = [f"{number:07d}" for number in numbers]
            self.add(f"v2/{repo}/tags/list", TAGS_LIST, compact({"name": repo, "tags": tags}))
        self.add("v2/_catalog", CATALOG, compact({"repositories": sorted(repos)}))


def make_root(root, count, files=True):
    maker = Maker(root, files)
    repos = {}
    for number in range(count // PER_IMAGE):
        repo = f"team{number // PER_REPO % 10}/app{number // PER_REPO:05d}"
        repos.setdefault(repo, []).append(number)
        maker.image(repo, number)
    maker.lists(repos)
    maker.db.commit()
    maker.db.execute("PRAGMA journal_mode = WAL")
    maker.db.close()
    (root / "v2").mkdir(exist_ok=True)
    return sorted(maker.objects)
