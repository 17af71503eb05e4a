"""Random archives of images, and what must become of each."""
import os

from common.paths import mk

ARCHES = ("amd64", "arm64", "riscv64")
REPOS = ("app", "app/zoo", "team/app", "zoo")
TAGS = ("1", "2", "latest", "v3_x")
# How a name may be written; all of them are REPO:TAG.
FORMS = ("{}", "docker.io/{}", "localhost:5000/{}", "localhost/{}")


class Wanted:
    """What a tag must be: this digest, or a manifest below which exactly these configs are."""

    def __init__(self, digest, configs):
        self.digest, self.configs = digest, frozenset(configs)

    def __str__(self):
        return self.digest or "configs " + " ".join(sorted(c[7:15] for c in self.configs))


class Picture:
    """One image of an archive: its names, its digest if it is kept byte for byte, its configs."""

    def __init__(self, names, digest, configs, sparse=False):
        self.names, self.digest, self.configs, self.sparse = names, digest, configs, sparse

    def wanted(self, arch=None, converted=False):
        if arch:
            return Wanted(None, self.configs[arch])
        return Wanted(None if converted else self.digest, [c for some in self.configs.values() for c in some])


class Archive:
    def __init__(self, path, kind, pictures, zipped):
        self.path, self.kind, self.pictures, self.zipped = path, kind, pictures, zipped

    @property
    def folder(self):
        return os.path.isdir(self.path)

    @property
    def arches(self):
        one = self.pictures[0]
        return sorted(one.configs) if len(self.pictures) == 1 and len(one.configs) > 1 and not one.sparse else []


def some_layer(chance):
    """One of a few, so that images share layers."""
    n = chance.randrange(8)
    return mk.layer(mk.noise(3000 * n + 500, n), f"file{n}") if n % 2 else mk.layer(f"text {n}\n" * 50 * n, f"file{n}")


def some_names(chance, count):
    pairs = [(r, t) for r in REPOS for t in TAGS]
    return chance.sample(pairs, count)


def spelled(chance, pair):
    return chance.choice(FORMS).format(":".join(pair))


def config(layers, arch, chance):
    return mk.config_of(layers, arch, author=str(chance.randrange(6)))


def docker(chance):
    entries, documents, pictures = {}, [], []
    names = some_names(chance, 4)
    for _ in range(chance.choice((1, 1, 2))):
        mine = [names.pop() for _ in range(chance.choice((1, 2)))]
        layers = list({mk.sha(x): x for x in (some_layer(chance) for _ in range(chance.randint(1, 3)))}.values())
        packed = [mk.gz(x) if chance.random() < 0.2 else x for x in layers]
        made = config(layers, "amd64", chance)
        one = mk.docker_entries(packed, tags=[spelled(chance, n) for n in mine], config=made)
        documents += mk.json.loads(one.pop("manifest.json"))
        entries.update(one)
        pictures.append(Picture(mine, None, {"amd64": [mk.sha(made)]}))
    if len({tuple(p.configs["amd64"]) for p in pictures}) < len(pictures):
        return docker(chance)
    return list({**entries, "manifest.json": mk.compact(documents)}.items()), pictures


class OciMaker:
    """An OCI layout of random images."""

    def __init__(self, chance):
        self.chance, self.layout, self.sparse = chance, mk.Layout(), False

    def image(self, arch, absent=False):
        """-> (manifest, its config's digest)"""
        layers = [some_layer(self.chance) for _ in range(self.chance.randint(1, 3))]
        pack = self.chance.choice((mk.gz, mk.gz, lambda x: x))
        kind = mk.OCI_LAYER + ("+gzip" if pack is mk.gz else "")
        made, packed = config(layers, arch, self.chance), [pack(x) for x in layers]
        manifest = mk.compact({"schemaVersion": 2, "mediaType": mk.OCI_MANIFEST, "config": mk.descriptor(mk.OCI_CONFIG, made),
                               "layers": [mk.descriptor(kind, x) for x in packed]})
        if absent:
            self.sparse = True
        else:
            for data in (made, *packed, manifest):
                self.layout.add(data)
        return manifest, mk.sha(made)

    def artifact(self, kind, text, subject=None, **more):
        """-> (manifest, its config's digest)"""
        empty, payload = self.layout.add(b"{}"), self.layout.add(text.encode())
        if subject:
            more["subject"] = mk.descriptor(mk.json.loads(subject)["mediaType"], subject)
        manifest = mk.compact({"schemaVersion": 2, "mediaType": mk.OCI_MANIFEST, "artifactType": kind,
                               "config": mk.descriptor("application/vnd.oci.empty.v1+json", empty),
                               "layers": [mk.descriptor(kind, payload)], **more})
        return self.layout.add(manifest), mk.sha(empty)

    def index(self):
        children, configs = [], {}
        arches = self.chance.sample(ARCHES, self.chance.randint(2, 3))
        for n, arch in enumerate(arches):
            manifest, made = self.image(arch, absent=n > 0 and self.chance.random() < 0.15)
            children.append((manifest, arch))
            if "blobs/sha256/" + mk.hexed(manifest) not in self.layout.blobs:
                continue
            configs[arch] = [made]
            if self.chance.random() < 0.3:
                proof, empty = self.artifact("application/vnd.in-toto+json", f"proof of {mk.sha(manifest)}")
                children.append((proof, "unknown", {"annotations": {
                    "vnd.docker.reference.type": "attestation-manifest",
                    "vnd.docker.reference.digest": mk.sha(manifest)}}))
                configs[arch].append(empty)
        index = self.layout.index(children)
        for _ in range(self.chance.choice((0, 0, 0, 1, 3))):
            index = self.layout.index([(index, None)])
        return index, configs

    def picture(self, names):
        self.sparse = False
        if self.chance.random() < 0.5:
            top, configs = self.index()
        else:
            top, made = self.image("amd64")
            configs = {"amd64": [made]}
        self.layout.top(top, None)
        self.layout.manifests[-1]["annotations"] = {
            self.chance.choice(("io.containerd.image.name", "org.opencontainers.image.ref.name")):
                spelled(self.chance, names[0])}
        for n in range(self.chance.choice((0, 0, 1, 2))):
            signature, _ = self.artifact("application/vnd.example.signature", f"by {n}", top)
            self.layout.top(signature, None)
        return Picture(names, mk.sha(top), configs, self.sparse)


def oci(chance):
    maker = OciMaker(chance)
    names = some_names(chance, 2)
    pictures = [maker.picture([names.pop()]) for _ in range(chance.choice((1, 1, 2)))]
    if len({p.digest for p in pictures}) < len(pictures):
        return oci(chance)
    return maker.layout.entries(), pictures


def make(chance, path):
    """A new archive at `path`: a tar, plain or compressed, or a folder."""
    kind = chance.choice(("docker", "oci"))
    entries, pictures = (docker if kind == "docker" else oci)(chance)
    form = chance.choice(("tar", "tar", "gz", "folder" if kind == "oci" else "tar"))
    if form == "folder":
        for name, data in entries:
            os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
            with open(os.path.join(path, name), "wb") as file:
                file.write(data)
    else:
        chance.shuffle(entries)
        data = mk.tar_of(entries)
        with open(path, "wb") as file:
            file.write(mk.gz(data) if form == "gz" else data)
    return Archive(path, kind, pictures, form == "gz")
