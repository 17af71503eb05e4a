"""Hand-made image archives, as mkarchive.py writes them.

All of them are made by hand: a byte here is there because a specification or a
report of a bug says so, not because a tool wrote it.  The same arguments give the
same bytes.  Tar writes headers with full control; Image and the
functions beside it make the documents.
"""
import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import subprocess
import zipfile

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


# ---- tar ------------------------------------------------------------------------------

def octal(number, width):
    return b"%0*o\0" % (width - 1, number)


def base256(number, width):
    return b"\x80" + number.to_bytes(width - 1, "big")


class Tar:
    """A tar as a sequence of raw entries.  Nothing is added that was not asked for."""

    def __init__(self, out=None):
        self.out = out or io.BytesIO()

    def header(self, name, size, kind=b"0", link="", mode=0o644, magic=b"ustar\x0000",
               size_field=None, checksum=None, prefix="", device=(0, 0), tail=None):
        name = name.encode() if isinstance(name, str) else name
        link = link.encode() if isinstance(link, str) else link
        head = bytearray(512)
        head[0:100] = name[:100].ljust(100, b"\0")
        head[100:108] = octal(mode, 8)
        head[108:116] = octal(0, 8)
        head[116:124] = octal(0, 8)
        head[124:136] = size_field or octal(size, 12)
        head[136:148] = octal(0, 12)
        head[148:156] = b" " * 8
        head[156:157] = kind
        head[157:257] = link[:100].ljust(100, b"\0")
        head[257:265] = magic
        head[329:337] = octal(device[0], 8)
        head[337:345] = octal(device[1], 8)
        head[345:500] = prefix.encode()[:155].ljust(155, b"\0")
        if tail:
            head[345:345 + len(tail)] = tail
        total = sum(head) if checksum is None else checksum
        head[148:156] = b"%06o\0 " % total
        self.out.write(bytes(head))
        return self

    def data(self, data):
        self.out.write(data + b"\0" * (-len(data) % 512))
        return self

    def file(self, name, data, **raw):
        return self.header(name, len(data), **raw).data(data)

    def dir(self, name, **raw):
        return self.header(name, 0, kind=b"5", mode=0o755, **raw)

    def symlink(self, name, target):
        return self.header(name, 0, kind=b"2", link=target, mode=0o777)

    def hardlink(self, name, target):
        return self.header(name, 0, kind=b"1", link=target)

    def pax(self, records, kind=b"x"):
        """Extended header for the next entry (kind b"g": for all that follow)."""
        data = b""
        for key, value in records.items():
            body = b" " + key.encode() + b"=" + (value if isinstance(value, bytes) else str(value).encode()) + b"\n"
            length = len(body) + 1
            while len(str(length)) + len(body) != length:
                length = len(str(length)) + len(body)
            data += str(length).encode() + body
        return self.file("PaxHeaders/next", data, kind=kind)

    def gnu_long(self, name, kind=b"L"):
        return self.file("././@LongLink", name.encode() + b"\0", kind=kind, magic=b"ustar  \0")

    def end(self, blocks=2):
        self.out.write(b"\0" * 512 * blocks)
        return self

    def bytes(self):
        return self.out.getvalue()


def tar_of(entries, end=True):
    """{name: bytes}, in the order given; a str value is a symlink's target."""
    tar = Tar()
    for name, data in entries.items() if isinstance(entries, dict) else entries:
        if isinstance(data, str):
            tar.symlink(name, data)
            continue
        if len(name) > 100:
            tar.pax({"path": name})
        tar.file(name, data)
    return (tar.end() if end else tar).bytes()


# ---- documents --------------------------------------------------------------------------

def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def sha(data, algorithm="sha256"):
    return algorithm + ":" + hashlib.new(algorithm, data).hexdigest()


def hexed(data):
    return hashlib.sha256(data).hexdigest()


def gz(data):
    return gzip.compress(data, 6, mtime=0)


def zstd(data):
    return subprocess.run(["zstd", "-q", "-3", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def noise(size, seed=1):
    """Bytes that do not compress, the same for the same seed."""
    return hashlib.shake_128(b"drydock noise %d" % seed).digest(size)


def layer(text="hello\n", name="hello.txt"):
    return tar_of({name: text.encode() if isinstance(text, str) else text})


def config_of(layers, arch="amd64", **more):
    return compact({"architecture": arch, "os": "linux", "config": {"Cmd": ["/hello"]},
                    "rootfs": {"type": "layers", "diff_ids": [sha(x) for x in layers]}, **more})


def descriptor(kind, data, algorithm="sha256", **more):
    return {"mediaType": kind, "digest": sha(data, algorithm), "size": len(data), **more}


class Layout:
    """An OCI layout in the making: blobs by digest, and index.json's manifests."""

    def __init__(self):
        self.blobs = {}
        self.manifests = []
        self.index_more = {}
        self.first = self.last = ()

    def add(self, data, algorithm="sha256"):
        self.blobs[f"blobs/{algorithm}/{hashlib.new(algorithm, data).hexdigest()}"] = data
        return data

    def manifest(self, arch="amd64", text=None, pack=gz, kind=OCI_LAYER + "+gzip", algorithm="sha256",
                 data_field=False, drop=(), **more):
        """Add an image; return its manifest's bytes."""
        plain = layer(text or f"for {arch}\n")
        packed = pack(plain)
        config = config_of([plain], arch)
        if "layer" not in drop:
            self.add(packed, algorithm)
        if "config" not in drop:
            self.add(config, algorithm)
        described = descriptor(OCI_CONFIG, config, algorithm)
        if data_field:
            described["data"] = base64.b64encode(config).decode()
        manifest = compact({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described,
                            "layers": [descriptor(kind, packed, algorithm)], **more})
        if "manifest" not in drop:
            self.add(manifest, algorithm)
        return manifest

    def index(self, children, **more):
        """children: (bytes, platform or None[, more]) or descriptors."""
        described = []
        for child in children:
            if isinstance(child, dict):
                described.append(child)
                continue
            data, arch = child[0], child[1]
            kind = json.loads(data).get("mediaType", OCI_MANIFEST)
            extra = dict(child[2]) if len(child) > 2 else {}
            if arch:
                extra["platform"] = {"architecture": arch, "os": "linux" if arch != "unknown" else "unknown"}
            described.append(descriptor(kind, data, **extra))
        return self.add(compact({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": described, **more}))

    def top(self, data, name="app:1", kind=None, algorithm="sha256", **more):
        kind = kind or json.loads(data).get("mediaType", OCI_MANIFEST)
        annotations = {"org.opencontainers.image.ref.name": name} if name else {}
        described = descriptor(kind, data, algorithm, **more)
        if annotations:
            described["annotations"] = annotations
        self.manifests.append(described)
        return self

    def entries(self):
        index = compact({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": self.manifests, **self.index_more})
        return [*self.first, *sorted(self.blobs.items()), ("index.json", index),
                ("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), *self.last]

    def tar(self):
        return tar_of(self.entries())


def docker_entries(layers, tags=("app:1",), config=None, paths=None, manifest=None):
    """The entries of docker save before version 25, the way D3 reads them."""
    config = config or config_of(layers)
    paths = paths or [f"{hexed(b'id%d' % i + data)}/layer.tar" for i, data in enumerate(layers)]
    manifest = manifest or [{"Config": hexed(config) + ".json", "RepoTags": tags and list(tags), "Layers": paths}]
    entries = {}
    for path, data in zip(paths, layers):
        entries[os.path.dirname(path) + "/VERSION"] = b"1.0"
        entries[path] = data
    entries[hexed(config) + ".json"] = config
    entries["manifest.json"] = compact(manifest)
    return entries


def two():
    return [layer("one\n", "one"), layer("two\n", "two")]


# ---- cases --------------------------------------------------------------------------------
# expect: the exit status that `drydock stage -t app:1 FILE` should have (without -t where the
# case's names matter: option names=True).  A case of a rule of stage/README.md or of a CVE names it.

CASES = {}


def case(expect, what, names=False, says="", name=None):
    """says: an extended regular expression that the message of a refusal must match."""
    def register(function):
        CASES[(name or function.__name__).replace("_", "-")] = (function, expect, what, names, says)
        return function
    return register


@case(0, "docker save before 25: <id>/layer.tar, plain layers", names=True)
def docker_pre25():
    return tar_of(docker_entries(two()))


@case(0, "a layer used twice, the second a relative symlink that comes before its target")
def docker_symlink_first():
    one, other = two()
    entries = docker_entries([one, other, one], paths=["a/layer.tar", "b/layer.tar", "c/layer.tar"])
    del entries["a/layer.tar"]
    return tar_of({"a/layer.tar": "../c/layer.tar", **entries})


@case(0, "layers as hard links, the link after its target")
def docker_hard_link():
    one = two()[0]
    entries = docker_entries([one, one], paths=["a/layer.tar", "b/layer.tar"])
    tar = Tar().file("a/layer.tar", one).hardlink("b/layer.tar", "a/layer.tar")
    for name, data in entries.items():
        if not name.endswith("layer.tar"):
            tar.file(name, data)
    return tar.end().bytes()


def docker_25_layout():
    layout, layers = Layout(), two()
    config = layout.add(config_of(layers))
    for data in layers:
        layout.add(data)
    manifest = layout.add(compact({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(OCI_CONFIG, config),
        "layers": [descriptor(OCI_LAYER, data) for data in layers]}))
    layout.top(manifest, None)
    layout.manifests[0]["annotations"] = {"io.containerd.image.name": "docker.io/library/app:1",
                                          "org.opencontainers.image.ref.name": "1"}
    document = [{"Config": "blobs/sha256/" + hexed(config), "RepoTags": ["app:1"],
                 "Layers": ["blobs/sha256/" + hexed(x) for x in layers],
                 "LayerSources": {sha(x): descriptor(OCI_LAYER, x) for x in layers}}]
    return layout, document


@case(0, "docker save since 25: OCI layout and manifest.json with LayerSources", names=True)
def docker_25():
    layout, document = docker_25_layout()
    layout.last = (("manifest.json", compact(document)),)
    return layout.tar()


@case(0, "25.0.0: the synthesised OCI manifest has no layers and wrong sizes; manifest.json is right", names=True)
def docker_25_wrong_manifest():
    layout, document = docker_25_layout()
    old = layout.manifests[0]
    wrong = json.loads(layout.blobs.pop("blobs/sha256/" + old["digest"][7:]))
    wrong["layers"] = None
    layout.add(compact(wrong))
    layout.manifests = [{**descriptor(OCI_MANIFEST, compact(wrong)), "annotations": old["annotations"]}]
    layout.last = (("manifest.json", compact(document)),)
    return layout.tar()


def docker_25_with(change):
    """docker_25_layout whose synthesised manifest is changed; manifest.json stays right."""
    layout, document = docker_25_layout()
    old = layout.manifests[0]
    wrong = json.loads(layout.blobs.pop("blobs/sha256/" + old["digest"][7:]))
    change(wrong["layers"])
    layout.add(compact(wrong))
    layout.manifests = [{**descriptor(OCI_MANIFEST, compact(wrong)), "annotations": old["annotations"]}]
    layout.last = (("manifest.json", compact(document)),)
    return layout.tar()


@case(0, "25.0.0-rc.2: wrong sizes in the synthesised OCI manifest (moby#47072)", names=True)
def docker_25_wrong_sizes():
    return docker_25_with(lambda layers: [x.update(size=x["size"] - 512) for x in layers])


@case(0, "25.0.0: the layers of the synthesised OCI manifest in the wrong order (moby#47150)", names=True)
def docker_25_wrong_order():
    return docker_25_with(lambda layers: layers.reverse())


@case(0, "docker save of two images of which index.json names one (moby#51389)", names=True)
def docker_25_lost_entry():
    layout, document = docker_25_layout()
    three = layout.add(layer("three\n", "three"))
    config = layout.add(config_of([three]))
    document.append({"Config": "blobs/sha256/" + hexed(config), "RepoTags": ["other:1"],
                     "Layers": ["blobs/sha256/" + hexed(three)],
                     "LayerSources": {sha(three): descriptor(OCI_LAYER, three)}})
    layout.last = (("manifest.json", compact(document)),)
    return layout.tar()


@case(0, "jib: config.json, and layers that are gzip already")
def docker_jib():
    plain = two()
    packed = [gz(x) for x in plain]
    entries = {hexed(x) + ".tar.gz": x for x in packed}
    entries["config.json"] = config_of(plain)
    entries["manifest.json"] = compact([{"Config": "config.json", "RepoTags": ["app:1"],
                                         "Layers": [hexed(x) + ".tar.gz" for x in packed]}])
    return tar_of(entries)


@case(0, "bazel's rules_oci: blobs/sha256/<hex>.tar.gz, and no index.json")
def docker_rules_oci():
    plain = two()
    packed, config = [gz(x) for x in plain], config_of(plain)
    entries = {"blobs/sha256/" + hexed(config): config}
    entries.update({f"blobs/sha256/{hexed(x)}.tar.gz": x for x in packed})
    entries["manifest.json"] = compact([{"Config": "blobs/sha256/" + hexed(config), "RepoTags": ["app:1"],
                                         "Layers": [f"blobs/sha256/{hexed(x)}.tar.gz" for x in packed]}])
    return tar_of(entries)


@case(0, "bazel's rules_docker: ./ prefixes, repositories, one layer linked to another's place", names=True)
def docker_rules_docker():
    one = two()[0]
    entries = docker_entries([one, one], paths=["0123/layer.tar", "4567/layer.tar"])
    entries["4567/layer.tar"] = "../0123/layer.tar"
    entries["repositories"] = compact({"app": {"1": "4567"}})
    return tar_of([("./" + name, data) for name, data in entries.items()])


@case(0, "kaniko, ko: layers in a docker-archive that are gzip already")
def docker_gzip_layers():
    plain = two()
    config = config_of(plain)
    packed = [gz(x) for x in plain]
    entries = {hexed(x) + ".tar.gz": x for x in packed}
    entries[sha(config)] = config
    entries["manifest.json"] = compact([{"Config": sha(config), "RepoTags": ["app:1"],
                                         "Layers": [hexed(x) + ".tar.gz" for x in packed]}])
    return tar_of(entries)


def docker_packed_layers(pack, end):
    plain = two()
    paths = [f"{i}/layer.tar{end}" for i in range(len(plain))]
    return tar_of({**docker_entries([pack(x) for x in plain], config=config_of(plain), paths=paths)})


@case(0, "FP9: layers in a docker-archive that are xz, which no manifest has a media type for")
def docker_xz_layers():
    return docker_packed_layers(lzma.compress, ".xz")


@case(0, "FP9: layers in a docker-archive that are bzip2")
def docker_bzip2_layers():
    return docker_packed_layers(bz2.compress, ".bz2")


@case(6, "FP9: an xz layer that is another than its diff_id promises", says="expected diff_id sha256:")
def docker_xz_other():
    plain, other = two()
    return tar_of(docker_entries([lzma.compress(other)], config=config_of([plain])))


@case(6, "FP9: an xz layer that is cut", says="layer.tar")
def docker_xz_cut():
    plain = layer(noise(100000).hex())
    return tar_of(docker_entries([lzma.compress(plain)[:-5000]], config=config_of([plain])))


@case(0, "FP9: two images in one docker-archive that share a layer that is gzip already", names=True)
def docker_shared_gzip():
    a, b = two()
    first = docker_entries([gz(a)], tags=("app:1",), config=config_of([a]))
    second = docker_entries([gz(a), gz(b)], tags=("app:2",), config=config_of([a, b]),
                            paths=[next(n for n in first if n.endswith("layer.tar")), "b/layer.tar"])
    documents = json.loads(first.pop("manifest.json")) + json.loads(second.pop("manifest.json"))
    return tar_of({**first, **second, "manifest.json": compact(documents)})


@case(0, "Nix: manifest.json first, ./ prefixes, no directories, gzipped outer tar")
def nix_style():
    entries = docker_entries(two())
    ordered = [("./manifest.json", entries.pop("manifest.json"))] + [("./" + k, v) for k, v in entries.items()]
    return gz(tar_of(ordered))


@case(0, "the same entry twice with the same bytes")
def duplicate_equal():
    entries = list(docker_entries(two()).items())
    return tar_of(entries + entries[:2])


@case(6, "the same entry twice with other bytes",
      says="entry '.*layer.tar' is there more than once, with different content")
def duplicate_other():
    entries = list(docker_entries(two()).items())
    return tar_of(entries + [(entries[1][0], b"other")])


@case(0, "two images in one docker-archive", names=True)
def docker_two_images():
    a, b = two()
    first, second = docker_entries([a], tags=("app:1",)), docker_entries([a, b], tags=("app:2", "other:1"))
    documents = json.loads(first.pop("manifest.json")) + json.loads(second.pop("manifest.json"))
    return tar_of({**first, **second, "manifest.json": compact(documents)})


@case(2, "no name anywhere", names=True,
      says="give it one with --name")
def docker_no_name():
    return tar_of(docker_entries(two(), tags=None))


@case(6, "one tag for two images", names=True,
      says="app:1 would be two images in one run")
def docker_tag_twice():
    a, b = two()
    first, second = docker_entries([a]), docker_entries([a, b])
    documents = json.loads(first.pop("manifest.json")) + json.loads(second.pop("manifest.json"))
    return tar_of({**first, **second, "manifest.json": compact(documents)})


@case(0, "a host with a port is dropped: localhost:5000/team/app:1", names=True)
def name_host_port():
    return tar_of(docker_entries(two(), tags=("localhost:5000/team/app:1",)))


@case(6, "a name with the component 'manifests'", names=True,
      says="has the component 'manifests'")
def name_reserved():
    return tar_of(docker_entries(two(), tags=("a/manifests/b:1",)))


@case(6, "a name that climbs", names=True,
      says="repository name '../../etc/cron.d/x' is not valid")
def name_traversal():
    return tar_of(docker_entries(two(), tags=("../../etc/cron.d/x:1",)))


@case(6, "a tag that climbs", names=True,
      says="repository name '../../x' is not valid")
def tag_traversal():
    return tar_of(docker_entries(two(), tags=("app:../../../x",)))


@case(6, "a layer's diff_id is another",
      says="layer.tar: expected diff_id sha256:.*, found sha256:")
def docker_wrong_diff_id():
    a, b = two()
    return tar_of(docker_entries([a, b], config=config_of([b, a])))


@case(6, "fewer diff_ids than layers",
      says="2 layers are listed, but config .* has 1 diff_ids")
def docker_few_diff_ids():
    a, b = two()
    return tar_of(docker_entries([a, b], config=config_of([a])))


@case(6, "a layer is not in the archive",
      says=r"Layers\[1\]: .*layer.tar is not in the archive")
def docker_missing_layer():
    entries = docker_entries(two())
    del entries[[name for name in entries if name.endswith("layer.tar")][1]]
    return tar_of(entries)


@case(6, "the config is not in the archive",
      says="config .*json is not in the archive")
def docker_missing_config():
    entries = docker_entries(two())
    del entries[[name for name in entries if name.endswith(".json") and name != "manifest.json"][0]]
    return tar_of(entries)


@case(6, "a layer's path climbs out of the archive",
      says="'../../../../etc/passwd' is not a path inside of the archive")
def docker_path_traversal():
    config = config_of(two())
    return tar_of({hexed(config) + ".json": config, "manifest.json": compact([
        {"Config": hexed(config) + ".json", "RepoTags": ["app:1"],
         "Layers": ["../../../../etc/passwd", "/etc/passwd"]}])})


@case(6, "a layer is a symlink to a file of the machine",
      says="link 'b/layer.tar' points outside of the archive")
def docker_symlink_out():
    entries = docker_entries(two(), paths=["a/layer.tar", "b/layer.tar"])
    entries["b/layer.tar"] = "/etc/passwd"
    return tar_of(entries)


@case(6, "symlinks in a circle",
      says="links from 'a/layer.tar' are deeper than 16 or go in a circle")
def docker_symlink_circle():
    entries = docker_entries(two(), paths=["a/layer.tar", "b/layer.tar"])
    entries["a/layer.tar"], entries["b/layer.tar"] = "../b/layer.tar", "../a/layer.tar"
    return tar_of(entries)


@case(6, "a tar without an image",
      says="no image in it")
def no_image():
    return tar_of({"README": b"nothing to see\n"})


@case(6, "an empty tar",
      says="no image in it")
def empty_tar():
    return Tar().end(20).bytes()


@case(6, "an empty file",
      says="the file is empty|the input is empty")
def empty_file():
    return b""


@case(6, "not a tar at all",
      says="not a readable tar archive")
def not_a_tar():
    return noise(100000, 7)


@case(6, "FP6: two archives, one behind the other",
      says="manifest.json' is there more than once, .* a file of its own")
def two_archives():
    one, other = two()
    return tar_of(docker_entries([one])) + tar_of(docker_entries([other], tags=("app:2",)))


@case(6, "FP6: two archives, one behind the other, gzipped each", says="manifest.json' is there more than once")
def two_archives_gzip():
    one, other = two()
    return gz(tar_of(docker_entries([one]))) + gz(tar_of(docker_entries([other], tags=("app:2",))))


@case(6, "FP6: two archives, one behind the other, the first in bzip2",
      says="bzip2: something else follows the compressed data, at byte [0-9]+; each .* a file of its own")
def two_archives_bzip2():
    one, other = two()
    return bz2.compress(tar_of(docker_entries([one]))) + gz(tar_of(docker_entries([other], tags=("app:2",))))


@case(6, "FP6: bytes behind a bzip2 layer", says="layer.tar.*: bzip2: something else follows")
def docker_bzip2_garbage():
    return docker_packed_layers(lambda data: bz2.compress(data) + b"more", ".bz2")


@case(0, "zeros behind a tar in bzip2, and two streams of it")
def zeros_behind_bzip2():
    tar = tar_of(docker_entries(two()))
    return bz2.compress(tar[:1000]) + bz2.compress(tar[1000:]) + bytes(600000)


@case(0, "zeros behind a tar in zstd, and two frames of it")
def zeros_behind_zstd():
    tar = tar_of(docker_entries(two()))
    return zstd(tar[:1000]) + zstd(tar[1000:]) + bytes(600001)


@case(0, "a zero behind a tar in skippable and other frames, as pzstd writes them")
def zeros_behind_pzstd():
    return b"\x50\x2a\x4d\x18\x04\0\0\0size" + zstd(tar_of(docker_entries(two()))) + b"\0"


@case(6, "zeros behind a tar in zstd, and more behind them",
      says="zstd: something else follows the compressed data, at byte [0-9]+; each .* a file of its own")
def zeros_and_more_behind_zstd():
    return zstd(tar_of(docker_entries(two()))) + bytes(600001) + b"more"


@case(6, "FP6: bytes behind a tar in gzip",
      says="gzip: something else follows the compressed data, at byte [0-9]+; each .* a file of its own")
def bytes_behind_gzip():
    return gz(tar_of(docker_entries(two()))) + bytes(700) + b"more"


@case(6, "FP6: two archives, one behind the other, in zstd with zeros between",
      says="manifest.json' is there more than once")
def two_archives_zstd():
    one, other = two()
    return (zstd(tar_of(docker_entries([one]))) + bytes(512) +
            zstd(tar_of(docker_entries([other], tags=("app:2",)))))


@case(6, "a tar in zstd that is cut in its second frame", says="zstd: truncated")
def cut_zstd():
    tar = tar_of(docker_entries(two()))
    return zstd(tar[:1000]) + zstd(tar[1000:])[:-9]


@case(6, "FP6: bytes behind the end of a tar", says="after entry .*manifest.json'")
def bytes_behind():
    return tar_of(docker_entries(two())) + noise(20000, 3)


@case(0, "zeros behind the end of a tar, as writers pad")
def zeros_behind():
    return tar_of(docker_entries(two())) + bytes(3 << 20)


@case(6, "FP10: UTF-16, as PowerShell's > makes it", says="UTF-16 text, which PowerShell's > makes .* -o FILE")
def wrong_utf16():
    return tar_of(docker_entries(two())).decode("latin-1").encode("utf-16")


@case(6, "FP10: a zip file", says="a zip file: unpack it")
def wrong_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(zipfile.ZipInfo("image.tar"), tar_of(docker_entries(two())))
    return out.getvalue()


@case(6, "FP10: lz4", says="lz4: unpack it")
def wrong_lz4():
    return b"\x04\x22\x4d\x18" + noise(1000)


@case(6, "FP10: lzma", says="lzma: unpack it")
def wrong_lzma():
    return lzma.compress(tar_of(docker_entries(two())), lzma.FORMAT_ALONE)


@case(6, "FP10: gzip in gzip", says="compressed twice; unpack it once")
def wrong_twice():
    return gz(gz(tar_of(docker_entries(two()))))


@case(6, "FP10: base64", says="base64 text: decode it")
def wrong_base64():
    return base64.encodebytes(gz(tar_of(docker_entries(two()))))


@case(6, "FP10: an HTML page", says="an HTML or XML page")
def wrong_html():
    return b"\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n"


@case(6, "FP10: a Git LFS pointer", says="a Git LFS pointer, not the file: git lfs pull")
def wrong_lfs():
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:" + hexed(b"x").encode() + b"\nsize 12345\n"


@case(6, "FP10: a folder above manifest.json", says="but in its folder 'image': archive what is in that folder")
def wrong_folder():
    return tar_of({"image/" + name: data for name, data in docker_entries(two()).items()})


@case(6, "FP10: a tar in a tar", says="holds one archive, 'image.tar': unpack that")
def wrong_nested():
    return tar_of({"image.tar": tar_of(docker_entries(two()))})


@case(6, "FP10: a root file system, as docker export writes it",
      says="a root file system, as docker export .* docker save")
def wrong_export():
    return tar_of({"bin/sh": b"#!", "etc/hostname": b"x\n", "etc/manifest.json": b"[]"})


@case(6, "a schema 1 manifest",
      says=r"manifests.0. is a schema 1 manifest")
def schema1():
    layout = Layout()
    manifest = layout.add(compact({"schemaVersion": 1, "name": "app", "tag": "1", "architecture": "amd64",
                                   "fsLayers": [{"blobSum": sha(b"x")}], "history": [{"v1Compatibility": "{}"}]}))
    return layout.top(manifest, kind="application/vnd.docker.distribution.manifest.v1+prettyjws").tar()


@case(0, "the smallest OCI layout", names=True)
def oci_minimal():
    layout = Layout()
    return layout.top(layout.manifest()).tar()


@case(0, "an OCI manifest without mediaType, known by its shape")
def oci_untyped():
    layout = Layout()
    manifest = json.loads(layout.manifest(drop=("manifest",)))
    del manifest["mediaType"]
    return layout.top(layout.add(compact(manifest)), kind=OCI_MANIFEST).tar()


@case(0, "two platforms and their attestations (BuildKit)", names=True)
def oci_attestations():
    layout = Layout()
    children = []
    for arch in ("amd64", "arm64"):
        image = layout.manifest(arch)
        statement = layout.add(compact({"_type": "https://in-toto.io/Statement/v0.1", "for": arch}))
        config = layout.add(compact({"architecture": "unknown", "os": "unknown", "config": {},
                                     "rootfs": {"type": "layers", "diff_ids": [sha(statement)]}}))
        proof = layout.add(compact({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(OCI_CONFIG, config),
            "layers": [descriptor("application/vnd.in-toto+json", statement)]}))
        children += [(image, arch), (proof, "unknown", {"annotations": {
            "vnd.docker.reference.digest": sha(image), "vnd.docker.reference.type": "attestation-manifest"}})]
    return layout.top(layout.index(children)).tar()


@case(0, "a sparse index: arm64's manifest is not there")
def oci_sparse_manifest():
    layout = Layout()
    index = layout.index([(layout.manifest("amd64"), "amd64"),
                          (layout.manifest("arm64", drop=("manifest", "config", "layer")), "arm64")])
    return layout.top(index).tar()


@case(0, "a sparse index: arm64's manifest is there, its layer is not")
def oci_sparse_layer():
    layout = Layout()
    index = layout.index([(layout.manifest("amd64"), "amd64"), (layout.manifest("arm64", drop=("layer",)), "arm64")])
    return layout.top(index).tar()


@case(6, "an index of which no platform is whole",
      says=r"of the first .* layers.0. .* is missing")
def oci_sparse_all():
    layout = Layout()
    index = layout.index([(layout.manifest("amd64", drop=("layer",)), "amd64"),
                          (layout.manifest("arm64", drop=("layer",)), "arm64")])
    return layout.top(index).tar()


def with_urls(change, drop, kind=OCI_LAYER + "+gzip"):
    """An image of which something is to be had elsewhere, as a descriptor's urls say."""
    layout = Layout()
    manifest = json.loads(layout.manifest(drop=("manifest", drop), kind=kind))
    for described in change(manifest):
        described["urls"] = ["https://elsewhere.example/file"]
    return layout.top(layout.add(compact(manifest))).tar()


@case(0, "a layer that may not be distributed, which only its urls tell of")
def oci_foreign_layer():
    return with_urls(lambda x: x["layers"], "layer", OCI_LAYER.replace("layer.", "layer.nondistributable.") + "+gzip")


@case(6, "an ordinary layer that only its urls tell of, which no client follows", says=r"layers\[0\] .* is missing")
def oci_urls_layer():
    return with_urls(lambda x: x["layers"], "layer")


@case(6, "a config that only its urls tell of", says=r"config .* is missing")
def oci_urls_config():
    return with_urls(lambda x: [x["config"]], "config")


@case(6, "a config that has the type of a layer that may not be distributed", says=r"config .* is missing")
def oci_foreign_config():
    def change(manifest):
        manifest["config"]["mediaType"] = OCI_LAYER.replace("layer.", "layer.nondistributable.")
        return [manifest["config"]]
    return with_urls(change, "config")


def nested(depth):
    layout = Layout()
    document = layout.manifest()
    for _ in range(depth):
        document = layout.index([(document, None)])
    return layout.top(document).tar()


@case(0, "indexes in indexes, eight deep")
def oci_nested_8():
    return nested(8)


@case(6, "indexes in indexes, too deep",
      says="indexes are nested deeper than 8")
def oci_nested_12():
    return nested(12)


def graph(deep, wide, tags):
    layout = Layout()
    level = [layout.manifest(str(i)) for i in range(wide)]
    for _ in range(deep - 1):
        level = [layout.index([(m, None) for m in level], annotations={"org.example.number": str(i)})
                 for i in range(wide)]
    top = layout.index([(m, None) for m in level])
    for i in range(tags):
        layout.top(top, f"app:{i}")
    return layout.tar()


@case(0, "an index whose subject is one of its own manifests", names=True)
def oci_subject_within():
    layout = Layout()
    one, two = layout.manifest("amd64"), layout.manifest("arm64")
    return layout.top(layout.index([(one, "amd64"), (two, "arm64")], subject=descriptor(OCI_MANIFEST, one))).tar()


@case(0, "a referrer of an image that has the index of that image, and one of the referrer itself", names=True)
def oci_subject_around():
    layout = Layout()
    image, other = layout.manifest("amd64"), layout.manifest("arm64")
    index = layout.index([(image, "amd64"), (other, "arm64")])
    around = layout.index([(index, None)], subject=descriptor(OCI_MANIFEST, image))
    layout.top(index).top(around, None)
    return layout.top(layout.index([(around, None), (image, None)], subject=descriptor(OCI_INDEX, around)), None).tar()


@case(0, "a config that is only in the descriptor's data")
def oci_data():
    layout = Layout()
    return layout.top(layout.manifest(data_field=True, drop=("config",))).tar()


@case(6, "data that does not match its digest, and no blob",
      says="config.data: expected sha256:.*, found sha256:")
def oci_data_wrong():
    layout = Layout()
    manifest = json.loads(layout.manifest(data_field=True, drop=("config", "manifest")))
    manifest["config"]["data"] = base64.b64encode(b"x" * manifest["config"]["size"]).decode()
    return layout.top(layout.add(compact(manifest))).tar()


@case(0, "sha512 throughout")
def oci_sha512():
    layout = Layout()
    manifest = layout.manifest(algorithm="sha512")
    return layout.top(manifest, algorithm="sha512").tar()


@case(0, "a zstd layer")
def oci_zstd():
    layout = Layout()
    return layout.top(layout.manifest(pack=zstd, kind=OCI_LAYER + "+zstd")).tar()


@case(0, "an artifact with unknown media types (a Helm chart)")
def oci_artifact():
    layout = Layout()
    config, chart = layout.add(b'{"name":"chart"}'), layout.add(noise(5000, 3))
    manifest = layout.add(compact({
        "schemaVersion": 2, "config": descriptor("application/vnd.cncf.helm.config.v1+json", config),
        "layers": [descriptor("application/vnd.cncf.helm.chart.content.v1.tar+gzip", chart)]}))
    return layout.top(manifest, kind=OCI_MANIFEST).tar()


def signed_by(who, text):
    """The same image for all, and a signature of it by somebody."""
    layout = Layout()
    image = layout.manifest()
    empty, signature = layout.add(b"{}"), layout.add(text.encode())
    referrer = layout.add(compact({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example.signature",
        "config": descriptor("application/vnd.oci.empty.v1+json", empty),
        "layers": [descriptor("application/vnd.example.signature", signature)],
        "subject": descriptor(OCI_MANIFEST, image), "annotations": {"org.example.by": who}}))
    return layout.top(image).top(referrer, None).tar()


@case(0, "an image and a signature that refers to it (subject, artifactType, empty config)", names=True)
def oci_referrer():
    return signed_by("tests", "signed\n")


def signature_of(layout, subject, text):
    """Add a signature that refers to `subject`; return its manifest's bytes."""
    empty, payload = layout.add(b"{}"), layout.add(text.encode())
    return layout.add(compact({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example.signature",
        "config": descriptor("application/vnd.oci.empty.v1+json", empty),
        "layers": [descriptor("application/vnd.example.signature", payload)],
        "subject": descriptor(OCI_MANIFEST, subject)}))


def artifact_of(layout, subject, **more):
    """Add a signature as notation 1.0 stores it: an artifact manifest; return its bytes."""
    return layout.add(compact({
        "mediaType": OCI_ARTIFACT, "artifactType": "application/vnd.cncf.notary.signature",
        "blobs": [descriptor("application/jose+json", layout.add(b"signature"))],
        "subject": descriptor(OCI_MANIFEST, subject), **more}))


@case(0, "FP14: a signature as an artifact manifest", names=True)
def oci_artifact_manifest():
    layout = Layout()
    image = layout.manifest()
    return layout.top(image).top(artifact_of(layout, image), None, kind=OCI_ARTIFACT).tar()


@case(6, "FP14: an artifact manifest that could be taken for an index", names=True,
      says='is an artifact manifest and has "manifests"')
def oci_artifact_mixed():
    layout = Layout()
    image = layout.manifest()
    return layout.top(image).top(artifact_of(layout, image, manifests=[]), None, kind=OCI_ARTIFACT).tar()


@case(0, "two referrers of different types, and one of a manifest that is not there, under a tag", names=True)
def oci_referrers():
    layout = Layout()
    image = layout.manifest()
    empty = layout.add(b"{}")

    def refers(subject, kind, **more):
        return layout.add(compact({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example." + kind,
            "config": descriptor("application/vnd.oci.empty.v1+json", empty),
            "layers": [descriptor("application/vnd.oci.empty.v1+json", empty)],
            "subject": descriptor(OCI_MANIFEST, subject), **more}))
    layout.top(image)
    for kind in ("signature", "sbom"):
        layout.top(refers(image, kind, annotations={"org.example.is": kind}), None)
    return layout.top(refers(b"a manifest that is nowhere", "orphan"), "app:orphan").tar()


@case(0, "an index in an index; signatures of both platforms, and one of arm64's signature", names=True)
def oci_nested_signed():
    layout = Layout()
    amd64, arm64 = layout.manifest("amd64"), layout.manifest("arm64")
    image = layout.index([(layout.index([(arm64, "arm64")]), None), (amd64, "amd64")])
    signatures = [signature_of(layout, amd64, "amd64"), signature_of(layout, arm64, "arm64")]
    # A referrer may come before its subject.
    layout.top(image).top(signature_of(layout, signatures[1], "again"), None)
    for signature in signatures:
        layout.top(signature, None)
    return layout.tar()


def cosign_layout(names):
    """What `cosign save` writes: the image, its signatures and attestations, told apart by `kind`."""
    layout = Layout()
    image = layout.index([(layout.manifest("amd64"), "amd64")])
    layout.top(image, names)
    saved = [("imageIndex", image)]
    for kind, media_type in (("sigs", "application/vnd.dev.cosign.simplesigning.v1+json"),
                             ("atts", "application/vnd.dsse.envelope.v1+json")):
        payload = layout.add(compact({"critical": {"image": {"docker-manifest-digest": sha(image)}, "type": kind}}))
        config = layout.add(compact({"architecture": "", "os": "", "config": {},
                                     "rootfs": {"type": "layers", "diff_ids": [sha(payload)]}}))
        saved.append((kind, layout.add(compact({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(OCI_CONFIG, config),
            "layers": [descriptor(media_type, payload, annotations={
                "dev.cosignproject.cosign/signature": "MEUCIQ=="})]}))))
        layout.top(saved[-1][1], names)
    for entry, (kind, _) in zip(layout.manifests, saved):
        entry.setdefault("annotations", {})["kind"] = "dev.cosignproject.cosign/" + kind
    return layout.tar()


@case(0, "cosign save: an image, its signatures and attestations, without names")
def oci_cosign():
    return cosign_layout(None)


@case(0, "cosign save since 2: all of them have the image's name", names=True)
def oci_cosign_named():
    return cosign_layout("registry.example:5000/team/app:1")


@case(0, "a signature that was copied with its registry's tag", names=True)
def oci_cosign_tag():
    layout = Layout()
    image = layout.manifest()
    payload = layout.add(b"signed")
    config = layout.add(config_of([payload]))
    signature = layout.add(compact({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(OCI_CONFIG, config),
        "layers": [descriptor("application/vnd.dev.cosign.simplesigning.v1+json", payload)]}))
    return layout.top(image).top(signature, "app:sha256-" + hexed(image) + ".sig").tar()


@case(0, "Docker's schema 2 media types in an OCI layout")
def oci_docker_types():
    layout = Layout()
    plain = layer()
    packed, config = layout.add(gz(plain)), layout.add(config_of([plain]))
    manifest = layout.add(compact({"schemaVersion": 2, "mediaType": DOCKER_MANIFEST,
                                   "config": descriptor(DOCKER_CONFIG, config),
                                   "layers": [descriptor(DOCKER_LAYER, packed)]}))
    return layout.top(manifest).tar()


def containerd_layout(*images):
    """What ctr images export writes: each of `images` is its names, a text of its layer."""
    layout, document = Layout(), []
    blob = "blobs/sha256/{}".format
    for number, names in enumerate(images):
        data = layout.manifest(text=f"image {number}\n")
        names = [name.replace("@SELF", "@" + sha(data)) for name in names]
        for name in names:
            layout.top(data, None)
            # The reference behind the repository: a tag, a digest, or nothing of an image id.
            tail = name[name.find("@"):] if "@" in name else name.rsplit(":", 1)[-1]
            layout.manifests[-1]["annotations"] = {
                "io.containerd.image.name": name,
                "org.opencontainers.image.ref.name": "" if name.startswith("sha256:") else tail}
        parsed = json.loads(data)
        document.append({"Config": blob(parsed["config"]["digest"][7:]), "RepoTags": names,
                         "Layers": [blob(x["digest"][7:]) for x in parsed["layers"]]})
    entries = layout.entries()
    entries.insert(-1, ("manifest.json", compact(document)))
    return tar_of(entries)


IMAGE_ID = "sha256:" + "1" * 64


@case(0, "I8: containerd's export of an image by tag, and of another by digest and by image id", names=True)
def containerd_by_digest_too():
    return containerd_layout(["registry.example.org/app:1"],
                             ["registry.example.org/app@SELF", IMAGE_ID])


@case(2, "I8: containerd's export of an image by digest alone: that names no tag", names=True,
      says="has no name in the archive .a digest")
def containerd_by_digest():
    return containerd_layout(["registry.example.org/app@SELF"])


@case(2, "I8: containerd's export of an image by its id alone: that names no repository", names=True,
      says="has no name in the archive .* image id")
def containerd_by_id():
    return containerd_layout([IMAGE_ID])


@case(2, "I8: a docker-archive with names by digest alone", names=True, says="has no name in the archive")
def docker_by_digest():
    return tar_of(docker_entries(two(), tags=[x + "@" + IMAGE_ID for x in ("app", "overlayfs", "import-2026-01-02")]))


def oras_layout(name, nested=False):
    """What oras 1.3 writes (backup, cp --to-oci-layout): index.json lists the manifests of the index too."""
    layout = Layout()
    children = [layout.manifest("amd64"), layout.manifest("arm64")]
    below = [layout.index([(children[0], "amd64"), (children[1], "arm64")])]
    if nested:
        below.insert(0, layout.index([(below[0], None)]))
    layout.top(below[0], name)
    for data in below[1:] + children:
        layout.top(data, None)
    return layout.tar()


@case(0, "oras: an index by tag, and its manifests in index.json too, without names")
def oci_oras():
    return oras_layout("1")


@case(0, "oras: the same by a whole name", names=True)
def oci_oras_named():
    return oras_layout("app:1")


@case(0, "oras: the same without any name, in an index of an index")
def oci_nested_oras():
    return oras_layout(None, nested=True)


@case(6, "one name for two images of different platforms: without --platform both are wanted", names=True,
      says="app:1 would be two images in one run")
def oci_name_by_platform():
    layout = Layout()
    for arch in "amd64", "arm64":
        layout.top(layout.manifest(arch), platform={"architecture": arch, "os": "linux"})
    return layout.tar()


@case(6, "the same in a docker-archive", names=True, says="app:1 would be two images in one run")
def docker_name_by_platform():
    configs = [config_of([layer()], arch) for arch in ("amd64", "arm64")]
    entries = docker_entries([layer()], paths=["a/layer.tar"])
    entries.update({hexed(x) + ".json": x for x in configs})
    entries["manifest.json"] = compact([{"Config": hexed(x) + ".json", "RepoTags": ["app:1"],
                                         "Layers": ["a/layer.tar"]} for x in configs])
    return tar_of(entries)


@case(6, "a ref.name that is no tag, and nothing else that names the image", names=True,
      says="1.0.0.build.5' is not valid.*Helm writes '_' for '[+]'")
def oci_ref_plus():
    layout = Layout()
    return layout.top(layout.manifest(), "1.0.0+build.5").tar()


@case(0, "a ref.name that is no tag beside containerd's name", names=True)
def oci_ref_plus_named():
    layout = Layout()
    layout.top(layout.manifest(), "1.0.0+build.5")
    layout.manifests[0]["annotations"]["io.containerd.image.name"] = "registry.example.org/app:1"
    return layout.tar()


@case(2, "two images, of which one has a tag: --name cannot be meant for both", says="2 images are in it")
def oci_tag_and_unnamed():
    layout = Layout()
    return layout.top(layout.manifest(text="one\n"), "1").top(layout.manifest(text="other\n"), None).tar()


@case(2, "two images with a tag each under one --name NAME:TAG", says="2 images are in it")
def oci_two_tags():
    layout = Layout()
    return layout.top(layout.manifest(text="one\n"), "1").top(layout.manifest(text="other\n"), "2").tar()


@case(0, "containerd's export: manifest.json without LayerSources, names in two annotations, oci-layout last", names=True)
def containerd_export():
    layout = Layout()
    manifest = layout.manifest()
    layout.top(manifest, None)
    layout.manifests[0]["annotations"] = {"io.containerd.image.name": "docker.io/library/app:1",
                                          "org.opencontainers.image.ref.name": "1"}
    document = json.loads(manifest)
    blob = "blobs/sha256/{}".format
    entries = layout.entries()
    entries.insert(-1, ("manifest.json", compact([{
        "Config": blob(document["config"]["digest"][7:]), "RepoTags": ["app:1"],
        "Layers": [blob(x["digest"][7:]) for x in document["layers"]]}])))
    return tar_of(entries)


@case(6, "a manifest that is an index as well (CVE-2021-41190)",
      says='has both "manifests" and "config"')
def oci_mixed():
    layout = Layout()
    other = layout.manifest("arm64")
    return layout.top(layout.manifest(manifests=[descriptor(OCI_MANIFEST, other)])).tar()


@case(6, "a mediaType that contradicts the descriptor's",
      says="but its descriptor says")
def oci_media_type():
    layout = Layout()
    return layout.top(layout.manifest(), kind=OCI_INDEX).tar()


@case(6, "a key of a manifest twice",
      says="duplicate object key")
def oci_duplicate_key():
    layout = Layout()
    manifest = layout.manifest(drop=("manifest",))
    return layout.top(layout.add(manifest[:-1] + b',"schemaVersion":2}')).tar()


@case(6, "keys that differ only in case",
      says='key "Layers" differs from "layers" only in case')
def oci_case_key():
    layout = Layout()
    manifest = layout.manifest(drop=("manifest",))
    return layout.top(layout.add(manifest[:-1] + b',"Layers":[]}')).tar()


@case(0, "annotations that differ only in case are legal")
def oci_case_annotation():
    layout = Layout()
    return layout.top(layout.manifest(annotations={"org.example.a": "1", "org.example.A": "2"})).tar()


@case(6, "a digest that is a path",
      says=r"layers\[0\]: 'sha256:../../.*' is not a digest")
def oci_digest_traversal():
    layout = Layout()
    manifest = json.loads(layout.manifest(drop=("manifest",)))
    manifest["layers"][0]["digest"] = "sha256:../../../../../../../../etc/passwd"
    return layout.top(layout.add(compact(manifest))).tar()


@case(6, "a digest in upper case",
      says="is not a digest")
def oci_digest_upper():
    layout = Layout()
    manifest = json.loads(layout.manifest(drop=("manifest",)))
    manifest["layers"][0]["digest"] = "sha256:" + manifest["layers"][0]["digest"][7:].upper()
    return layout.top(layout.add(compact(manifest))).tar()


@case(6, "a digest of an unknown algorithm",
      says="'md5:0*' is not a digest")
def oci_digest_unknown():
    layout = Layout()
    manifest = json.loads(layout.manifest(drop=("manifest",)))
    manifest["layers"][0]["digest"] = "md5:" + "0" * 32
    return layout.top(layout.add(compact(manifest))).tar()


@case(6, "a descriptor's size is another",
      says="has 99 bytes, the descriptor says 100")
def oci_size():
    layout = Layout()
    manifest = json.loads(layout.manifest(drop=("manifest",)))
    manifest["layers"][0]["size"] += 1
    return layout.top(layout.add(compact(manifest))).tar()


@case(6, "a blob that does not hash to its name",
      says=r"layers\[0\]: blobs/sha256/.*: expected sha256:.*, found sha256:")
def oci_blob_wrong():
    layout = Layout()
    manifest = layout.manifest()
    name = "blobs/sha256/" + json.loads(manifest)["layers"][0]["digest"][7:]
    layout.blobs[name] = layout.blobs[name][:-1] + bytes([layout.blobs[name][-1] ^ 1])
    return layout.top(manifest).tar()


@case(6, "a layer is not in the archive",
      says=r"layers\[0\] \(sha256:.*\) is missing")
def oci_missing_layer():
    layout = Layout()
    return layout.top(layout.manifest(drop=("layer",))).tar()


@case(6, "index.json names nothing",
      says="no image in it")
def oci_empty_index():
    return Layout().tar()


@case(6, "a manifest of more than 4 MiB",
      says="at most 4194304 are allowed")
def oci_huge_manifest():
    layout = Layout()
    return layout.top(layout.manifest(annotations={"a": "x" * (5 << 20)})).tar()


@case(6, "4 MiB of {}: few bytes, a million values",
      says="more than 100000 values")
def json_many_values():
    layout = Layout()
    manifest = layout.manifest(drop=("manifest",))
    return layout.top(layout.add(manifest[:-1] + b',"x":[' + b"{}," * 1000000 + b"0]}")).tar()


@case(6, "JSON nested a hundred thousand deep",
      says="nested deeper than 64 levels")
def json_deep():
    layout = Layout()
    manifest = layout.manifest(drop=("manifest",))
    return layout.top(layout.add(manifest[:-1] + b',"x":' + b"[" * 100000 + b"]" * 100000 + b"}"),
                      kind=OCI_MANIFEST).tar()


@case(6, "a NUL in a string of the manifest",
      says="not valid JSON")
def json_nul():
    layout = Layout()
    manifest = layout.manifest(drop=("manifest",))
    return layout.top(layout.add(manifest[:-1] + b',"x":"a\\u0000b","y":"\0"}'), kind=OCI_MANIFEST).tar()


@case(6, "the tar is cut in the middle of an entry",
      says="[Tt]runcated")
def tar_truncated():
    data = tar_of(docker_entries([layer(noise(20000, 5), "noise"), layer()]))
    return data[:12000]


@case(6, "the tar is cut between entries, before its end-of-archive blocks",
      says="end-of-archive block is missing")
def tar_no_end():
    return tar_of(docker_entries(two()), end=False)


@case(6, "a header with a wrong checksum",
      says="after entry '.*layer.tar': Damaged")
def tar_checksum():
    entries = list(docker_entries(two()).items())
    tar = Tar()
    for number, (name, data) in enumerate(entries):
        tar.file(name, data, **({"checksum": 12345} if number == 2 else {}))
    return tar.end().bytes()


@case(6, "a layer as an old GNU sparse entry, with a hole; its digest is right when the hole is filled",
      says="entry 'a/layer.tar' is a sparse file")
def tar_sparse():
    plain = layer()
    hole = Tar().file("zeros", b"\0" * 8192).bytes() + plain
    stored = hole[:512] + hole[512 + 8192:]
    entries = docker_entries([hole], paths=["a/layer.tar"])
    tar = Tar()
    for name, data in entries.items():
        if name == "a/layer.tar":
            # Two extents (offset, length), and the real size.
            tail = bytearray(167)
            tail[41:53], tail[53:65] = octal(0, 12), octal(512, 12)
            tail[65:77], tail[77:89] = octal(512 + 8192, 12), octal(len(plain), 12)
            tail[138:150] = octal(len(hole), 12)
            tar.header(name, len(stored), kind=b"S", magic=b"ustar  \0", tail=bytes(tail)).data(stored)
        else:
            tar.file(name, data)
    return tar.end().bytes()


@case(6, "a layer is a device",
      says="entry 'a/layer.tar' is a device")
def tar_device():
    entries = docker_entries(two(), paths=["a/layer.tar", "b/layer.tar"])
    tar = Tar()
    for name, data in entries.items():
        if name == "a/layer.tar":
            tar.header(name, 0, kind=b"3", device=(1, 5))
        else:
            tar.file(name, data)
    return tar.end().bytes()


@case(0, "PAX: the path and the size of a layer are in the extended header, ustar's say otherwise")
def tar_pax():
    entries = docker_entries(two(), paths=["a/layer.tar", "b/layer.tar"])
    tar = Tar()
    for name, data in entries.items():
        if name == "a/layer.tar":
            tar.pax({"path": name, "size": len(data), "mtime": "1.5"})
            tar.header("wrong-name", 0, size_field=octal(0, 12)).data(data)
        else:
            tar.file(name, data)
    return tar.end().bytes()


@case(0, "GNU long names and base-256 sizes")
def tar_gnu():
    path = "/".join(["d" * 60] * 3) + "/layer.tar"
    data = layer()
    entries = docker_entries([data], paths=[path])
    tar = Tar()
    for name, content in entries.items():
        if len(name) > 100:
            tar.gnu_long(name)
        tar.file(name[:100], content, magic=b"ustar  \0", size_field=base256(len(content), 12))
    return tar.end().bytes()


@case(0, "ustar's prefix field")
def tar_prefix():
    entries = docker_entries([layer()], paths=["p" * 90 + "/layer.tar"])
    tar = Tar()
    for name, data in entries.items():
        folder, _, base = name.rpartition("/")
        tar.file(base, data, prefix=folder)
    return tar.end().bytes()


@case(6, "a gzipped outer tar that is cut",
      says="gzip: truncated")
def gzip_truncated():
    data = gz(tar_of(docker_entries([layer(noise(50000, 6), "noise")])))
    return data[:-9000]


@case(6, "a gzipped outer tar with a wrong check sum and sound contents",
      says="gzip: incorrect data check")
def gzip_checksum():
    data = bytearray(gz(tar_of(docker_entries(two()))))
    data[-6] ^= 1
    return bytes(data)


# ---- what an attacker, or an old bug, would write ----------------------------------------

@case(0, "docker 25: index.json whose manifests are null (moby#47210); manifest.json is right", names=True)
def docker_25_null_manifests():
    layout, document = docker_25_layout()
    layout.manifests = None
    layout.last = (("manifest.json", compact(document)),)
    return layout.tar()


@case(0, "an image without layers, as docker saves FROM scratch: Layers is null")
def docker_null_layers():
    entries = docker_entries([])
    document = json.loads(entries["manifest.json"])
    document[0]["Layers"] = None
    return tar_of({**entries, "manifest.json": compact(document)})


@case(0, "RepoTags is null: docker save of an id")
def docker_null_tags():
    return tar_of(docker_entries(two(), tags=None))


@case(0, "an eStargz layer: several gzip members, the last an empty one with an extra field")
def docker_estargz():
    plain = layer() + layer("more\n", "more")
    extra = b"SG" + (22).to_bytes(2, "little") + b"%016xSTARGZ" % 512
    footer = (b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + len(extra).to_bytes(2, "little") + extra +
              b"\x01\0\0\xff\xff" + b"\0" * 8)
    packed = gz(plain[:512]) + gz(plain[512:]) + footer
    return tar_of(docker_entries([packed], config=config_of([plain])))


@case(0, "a manifest list of Docker's schema 2 with two platforms")
def oci_docker_list():
    layout = Layout()
    children = []
    for arch in ("amd64", "arm64"):
        plain = layer(arch)
        packed, config = layout.add(gz(plain)), layout.add(config_of([plain], arch))
        manifest = layout.add(compact({"schemaVersion": 2, "mediaType": DOCKER_MANIFEST,
                                       "config": descriptor(DOCKER_CONFIG, config),
                                       "layers": [descriptor(DOCKER_LAYER, packed)]}))
        children.append(descriptor(DOCKER_MANIFEST, manifest, platform={"architecture": arch, "os": "linux"}))
    return layout.top(layout.add(compact({"schemaVersion": 2, "mediaType": DOCKER_LIST,
                                          "manifests": children}))).tar()


@case(6, "PAX says a layer is smaller than ustar says; the rest holds another manifest.json (CVE-2025-62518)",
      says="entry 'manifest.json' is there more than once")
def tar_pax_smaller():
    data = layer()
    entries = docker_entries([data], paths=["a/layer.tar"])
    hidden = Tar().file("manifest.json", compact([{"Config": "x", "RepoTags": ["evil:1"], "Layers": []}])).bytes()
    tar = Tar()
    for name, content in entries.items():
        if name == "a/layer.tar":
            tar.pax({"size": len(data)}).header(name, len(data) + len(hidden)).data(content)
            tar.out.write(hidden)
        else:
            tar.file(name, content)
    return tar.end().bytes()


def pax_size(value):
    tar = Tar()
    for name, data in docker_entries([layer()], paths=["a/layer.tar"]).items():
        if name == "a/layer.tar":
            tar.pax({"size": value})
        tar.file(name, data)
    return tar.end().bytes()


@case(6, "PAX: a negative size",
      says="after entry 'a/VERSION'")
def tar_pax_negative():
    return pax_size("-512")


@case(6, "PAX: a size of 2^63",
      says="after entry 'a/VERSION'")
def tar_pax_huge():
    return pax_size(1 << 63)


@case(6, "base-256: a negative size",
      says="after entry 'a/VERSION'")
def tar_negative():
    tar = Tar()
    for name, data in docker_entries([layer()], paths=["a/layer.tar"]).items():
        tar.file(name, data, **({"size_field": b"\xff" * 11 + b"\x00"} if name == "a/layer.tar" else {}))
    return tar.end().bytes()


@case(6, "a layer is a FIFO",
      says="entry 'a/layer.tar' is a device")
def tar_fifo():
    tar = Tar()
    for name, data in docker_entries([layer()], paths=["a/layer.tar"]).items():
        if name == "a/layer.tar":
            tar.header(name, 0, kind=b"6")
        else:
            tar.file(name, data)
    return tar.end().bytes()


@case(0, "a global PAX header with a comment, as git archive writes it")
def tar_global_comment():
    tar = Tar().pax({"comment": "0" * 40}, kind=b"g")
    for name, data in docker_entries([layer()]).items():
        tar.file(name, data)
    return tar.end().bytes()


@case(6, "more than 100,000 entries",
      says="more than 100000 entries")
def tar_many_entries():
    tar = Tar()
    for name, data in docker_entries([layer()]).items():
        tar.file(name, data)
    # Links: nothing is written for them when they come through a pipe.
    for number in range(100_001):
        tar.symlink(f"many/{number}", "x")
    return tar.end().bytes()


@case(6, "manifest.json of more than 20 MiB",
      says="manifest.json has 20971713 bytes, at most 20971520")
def docker_huge_list():
    entries = docker_entries([layer()])
    return tar_of({**entries, "manifest.json": entries["manifest.json"] + b" " * (20 << 20)})


@case(6, "a config of more than 4 MiB (CVE-2020-1702)",
      says="has 4194490 bytes, at most 4194304")
def docker_huge_config():
    return tar_of(docker_entries([layer()], config=config_of([layer()], x="x" * (4 << 20))))


@case(6, "index.json of more than 20 MiB",
      says="index.json has .* at most 20971520")
def oci_huge_index():
    layout = Layout()
    layout.top(layout.manifest())
    layout.index_more = {"annotations": {"x": "x" * (20 << 20)}}
    return layout.tar()


@case(6, "a hundred symlinks in a chain",
      says="deeper than 16")
def docker_symlink_chain():
    entries = docker_entries([layer()], paths=["0/layer.tar"])
    data = entries.pop("0/layer.tar")
    chain = {f"{n}/layer.tar": f"../{n + 1}/layer.tar" for n in range(100)}
    return tar_of({**chain, "100/layer.tar": data, **entries})


@case(0, "a hard link that comes before its target")
def docker_hard_link_first():
    data = layer()
    tar = Tar().hardlink("a/layer.tar", "b/layer.tar").file("b/layer.tar", data)
    for name, content in docker_entries([data], paths=["a/layer.tar"]).items():
        if name != "a/layer.tar":
            tar.file(name, content)
    return tar.end().bytes()


@case(6, "a hard link to a file of the machine",
      says="points outside of the archive")
def docker_hard_link_out():
    data = layer()
    tar = Tar().hardlink("a/layer.tar", "/etc/passwd")
    for name, content in docker_entries([data], paths=["a/layer.tar"]).items():
        if name != "a/layer.tar":
            tar.file(name, content)
    return tar.end().bytes()


@case(0, "a symlink at the root of the archive (CVE-2021-29136): nobody refers to it")
def docker_root_symlink():
    return tar_of([("./", "/etc"), (".", "/etc"), *docker_entries([layer()]).items()])


@case(6, "a folder of the archive is a symlink out of it",
      says="link 'a' points outside")
def docker_folder_symlink():
    entries = docker_entries([layer()], paths=["a/passwd"])
    del entries["a/passwd"]
    return tar_of({"a": "/etc", **entries})


@case(6, "the config's path climbs (CVE-2014-9358)",
      says="'../../../../etc/passwd' is not a path inside")
def docker_config_traversal():
    entries = docker_entries([layer()])
    document = json.loads(entries["manifest.json"])
    document[0]["Config"] = "../../../../etc/passwd"
    return tar_of({**entries, "manifest.json": compact(document)})


@case(6, "one name in two spellings with other bytes",
      says="entry 'manifest.json' is there more than once")
def duplicate_spelling():
    entries = docker_entries([layer()])
    other = compact([{**json.loads(entries["manifest.json"])[0], "RepoTags": ["evil:1"]}])
    return tar_of([*entries.items(), (".//manifest.json", other)])


@case(6, "the same entry twice, the second with one byte more",
      says="entry 'manifest.json' is there more than once")
def duplicate_longer():
    entries = docker_entries([layer()])
    return tar_of([*entries.items(), ("manifest.json", entries["manifest.json"] + b" ")])


@case(6, "the same entry twice, the second a link to other bytes",
      says="entry 'manifest.json' is there more than once")
def duplicate_link():
    entries = docker_entries([layer()])
    return tar_of([*entries.items(), ("manifest.json", "other.json"), ("other.json", b"[]")])


@case(6, "a key of manifest.json twice",
      says="manifest.json: .*duplicate object key")
def docker_duplicate_key():
    entries = docker_entries([layer()])
    text = entries["manifest.json"].replace(b'"RepoTags"', b'"Config":"x","RepoTags"')
    return tar_of({**entries, "manifest.json": text})


@case(6, "a key of the config twice",
      says="config .*duplicate object key")
def docker_config_duplicate_key():
    config = config_of([layer()])
    return tar_of(docker_entries([layer()], config=config[:-1] + b',"os":"windows"}'))


@case(6, "a diff_id that is a path",
      says=r"rootfs.diff_ids\[0\]: .* is not a digest")
def docker_diff_id_traversal():
    config = compact({"architecture": "amd64", "os": "linux",
                      "rootfs": {"type": "layers", "diff_ids": ["sha256:../../../etc/passwd"]}})
    return tar_of(docker_entries([layer()], config=config))


@case(6, "a subject whose digest is a path (CVE-2024-3727)",
      says="subject: .* is not a digest")
def oci_subject_traversal():
    layout = Layout()
    return layout.top(layout.manifest(subject={"mediaType": OCI_MANIFEST, "size": 1,
                                               "digest": "sha256:../../../../tmp/x"})).tar()


@case(6, "manifests and layers in one document (CVE-2021-41190)",
      says='has both "manifests" and "layers"')
def oci_mixed_layers():
    layout = Layout()
    image = layout.manifest()
    return layout.top(layout.index([(image, "amd64")], layers=[])).tar()


@case(0, "a blob that nobody refers to does not hash to its name")
def oci_stray_blob():
    layout = Layout()
    layout.blobs["blobs/sha256/" + "0" * 64] = b"not what its name says"
    return layout.top(layout.manifest()).tar()


@case(6, "a layer's path has control characters, and is not there",
      says="is not in the archive")
def docker_control_path():
    entries = docker_entries([layer()])
    document = json.loads(entries["manifest.json"])
    document[0]["Layers"] = ["\x1b[2J\r\n\u202eevil\x7f"]
    return tar_of({**entries, "manifest.json": compact(document)})


@case(6, "an entry's name has control characters, and it is a device",
      says="is a device")
def tar_control_name():
    return Tar().header("\x1b]0;evil\x07\nok 1\r", 0, kind=b"3", device=(1, 5)).end().bytes()


@case(6, "a tag with control characters", names=True,
      says="tag .* is not valid")
def tag_control():
    return tar_of(docker_entries([layer()], tags=("app:\x1b[31m\n1",)))


@case(6, "a media type with control characters",
      says="is not a media type")
def oci_control_media_type():
    layout = Layout()
    return layout.top(layout.manifest(), kind="application/\x1b[31m\nevil").tar()


@case(0, "an artifact whose type has control characters")
def oci_control_artifact():
    layout = Layout()
    empty = layout.add(b"{}")
    return layout.top(layout.add(compact({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/\x1b[31m\nevil",
        "config": descriptor("application/vnd.oci.empty.v1+json", empty),
        "layers": [descriptor("application/vnd.example", empty)]}))).tar()


@case(6, "control characters in a digest",
      says="is not a digest")
def oci_control_digest():
    layout = Layout()
    layout.top(layout.manifest())
    layout.manifests[0]["digest"] = "sha256:\x1b[31m\n\u2028" + "0" * 40
    return layout.tar()


@case(6, "a descriptor's size is negative",
      says='"size" is missing or not a non-negative integer')
def oci_negative_size():
    layout = Layout()
    layout.top(layout.manifest())
    layout.manifests[0]["size"] = -1
    return layout.tar()


@case(6, "a descriptor's size is a number with an exponent beyond all integers",
      says='"size" is missing or not a non-negative integer')
def oci_float_size():
    layout = Layout()
    layout.top(layout.manifest())
    layout.manifests[0]["size"] = 1e30
    return layout.tar()


@case(6, "a layer's size in its descriptor is smaller than the blob",
      says="has 99 bytes, the descriptor says 98")
def oci_layer_size():
    layout = Layout()
    manifest = json.loads(layout.manifest(drop=("manifest",)))
    manifest["layers"][0]["size"] -= 1
    return layout.top(layout.add(compact(manifest))).tar()


@case(0, "manifest.json beside an OCI layout has another name for the same image: index.json is the truth (D2)",
      names=True)
def containerd_other_name():
    layout = Layout()
    manifest = layout.manifest()
    document = json.loads(manifest)
    paths = ["blobs/sha256/" + d["digest"][7:] for d in (document["config"], *document["layers"])]
    layout.top(manifest)
    layout.last = (("manifest.json", compact([{"Config": paths[0], "RepoTags": ["evil:1"],
                                               "Layers": paths[1:]}])),)
    return layout.tar()


# ---- one case for each rule of stage/README.md that has none above ------------------------------

@case(6, "V1: more diff_ids than layers", says="1 layers are listed, but config .* has 2 diff_ids")
def docker_more_diff_ids():
    return tar_of(docker_entries([two()[0]], config=config_of(two())))


def gzip_layer(packed, plain):
    config = config_of([plain])
    return tar_of({"l.tar.gz": packed, "c.json": config, "manifest.json": compact(
        [{"Config": "c.json", "RepoTags": ["app:1"], "Layers": ["l.tar.gz"]}])})


@case(6, "V1: a layer that came compressed holds another diff_id", says="l.tar.gz: expected diff_id sha256:.*, found")
def docker_gzip_wrong_diff_id():
    return gzip_layer(gz(two()[0]), two()[1])


@case(6, "V1: a zstd layer holds another diff_id", says="l.tar.gz: expected diff_id sha256:.*, found")
def docker_zstd_wrong_diff_id():
    return gzip_layer(zstd(two()[0]), two()[1])


@case(6, "V1: a gzip layer that is cut", says="gzip: the stream is cut")
def docker_gzip_cut():
    plain = layer(noise(5000, 9), "noise")
    return gzip_layer(gz(plain)[:-200], plain)


@case(6, "V1: bytes behind a gzip layer", says="gzip: garbage after member 1")
def docker_gzip_garbage():
    plain = two()[0]
    return gzip_layer(gz(plain) + b"more", plain)


@case(2, "zstd layers in a docker-archive: Docker's manifest format has no name for them", says="use --format=oci")
def docker_zstd_layer():
    plain = two()[0]
    return gzip_layer(zstd(plain), plain)


@case(6, "V1: index.json says another size of the manifest", says="has [0-9]+ bytes, the descriptor says")
def oci_manifest_size():
    layout = Layout()
    layout.top(layout.manifest())
    layout.manifests[0]["size"] += 1
    return layout.tar()


@case(6, "V1: the manifest says another size of the config", says="config: .* has [0-9]+ bytes, the descriptor says")
def oci_config_size():
    layout = Layout()
    manifest = json.loads(layout.manifest(drop=("manifest",)))
    manifest["config"]["size"] += 1
    return layout.top(layout.add(compact(manifest))).tar()


def oci_flipped(which, algorithm="sha256"):
    layout = Layout()
    manifest = layout.manifest(algorithm=algorithm)
    digest = {"manifest": sha(manifest, algorithm), "config": json.loads(manifest)["config"]["digest"],
              "layer": json.loads(manifest)["layers"][0]["digest"]}[which]
    name = "blobs/" + digest.replace(":", "/")
    layout.blobs[name] = layout.blobs[name][:-1] + bytes([layout.blobs[name][-1] ^ 1])
    return layout.top(manifest, algorithm=algorithm).tar()


for _which, _algorithm in (("manifest", "sha256"), ("config", "sha256"), ("layer", "sha512"), ("manifest", "sha512")):
    case(6, f"V1: a flipped bit in a {_which} ({_algorithm})", name=f"oci_flipped_{_which}_{_algorithm}",
         says=f"blobs/{_algorithm}/.*: expected {_algorithm}:.*, found {_algorithm}:")(
             lambda which=_which, algorithm=_algorithm: oci_flipped(which, algorithm))


def manifest_text(change):
    """A layout whose manifest's text is changed."""
    layout = Layout()
    return layout.top(layout.add(change(layout.manifest(drop=("manifest",)))), kind=OCI_MANIFEST).tar()


@case(6, "V2: mediaType and descriptor say index, the document is an image (CVE-2021-41190)",
      says="does not fit what the document holds")
def oci_shape():
    layout = Layout()
    manifest = json.loads(layout.manifest(drop=("manifest",)))
    manifest["mediaType"] = OCI_INDEX
    return layout.top(layout.add(compact(manifest))).tar()


@case(6, "V2: neither an image nor an index", says="neither an image manifest nor an index")
def oci_neither():
    layout = Layout()
    return layout.top(layout.add(compact({"schemaVersion": 2, "mediaType": OCI_MANIFEST}))).tar()


@case(6, "V2: a key twice deep inside", says="duplicate object key")
def oci_duplicate_annotation():
    return manifest_text(lambda text: text[:-1] + b',"annotations":{"a":"1","b":"2","a":"1"}}')


@case(6, "V2: a descriptor's key in another case", says='layers.0.: key "Digest" differs from "digest" only in case')
def oci_case_descriptor():
    return manifest_text(lambda text: text.replace(b'"layers":[{', b'"layers":[{"Digest":"sha256:x",'))


@case(6, "V2: a key that Unicode folds to another: layer\u017f", says="only in case")
def oci_case_unicode():
    return manifest_text(lambda text: text[:-1] + ',"layer\u017f":[]}'.encode())


@case(6, "V2: index.json with Manifests beside manifests", says='index.json: .*"Manifests" differs from "manifests"')
def oci_case_index():
    layout = Layout()
    layout.top(layout.manifest())
    layout.index_more = {"Manifests": []}
    return layout.tar()


@case(6, "V2: index.json with a key twice", says="index.json: .*duplicate object key")
def oci_duplicate_index():
    layout = Layout()
    layout.top(layout.manifest())
    entries = dict(layout.entries())
    entries["index.json"] = entries["index.json"][:-1] + b',"schemaVersion":2}'
    return tar_of(entries)


@case(6, "V2: manifest.json with config beside Config", says='manifest.json.0.: .*"config" differs from "Config"')
def docker_case_key():
    entries = docker_entries(two())
    document = json.loads(entries["manifest.json"])
    document[0]["config"] = "x"
    return tar_of({**entries, "manifest.json": compact(document)})


@case(6, "V2: a config with RootFS beside rootfs", says='config .*"RootFS" differs from "rootfs"')
def docker_case_config():
    return tar_of(docker_entries(two(), config=config_of(two(), RootFS={})))


@case(0, "V2: labels that differ only in case are legal")
def docker_case_labels():
    return tar_of(docker_entries(two(), config=config_of(two(), config={"Labels": {"a.b": "1", "A.b": "2"}})))


@case(6, "V2: a label twice", says="config .*duplicate object key")
def docker_duplicate_label():
    config = config_of(two(), config={"Labels": {"a": "1"}}).replace(b'{"a":"1"}', b'{"a":"1","a":"2"}')
    return tar_of(docker_entries(two(), config=config))


@case(6, "V2: manifest.json with 100,001 values", says="manifest.json: JSON holds more than 100000 values")
def docker_many_values():
    return tar_of(docker_entries(two(), tags=[f"app:{n}" for n in range(100_001)]))


@case(6, "V2: a config with 100,001 values", says="config .*JSON holds more than 100000 values")
def docker_many_config_values():
    return tar_of(docker_entries(two(), config=config_of(two(), x=[0] * 100_001)))


@case(6, "V2: index.json with 100,001 values", says="index.json: JSON holds more than 100000 values")
def oci_many_index_values():
    layout = Layout()
    layout.top(layout.manifest())
    layout.index_more = {"x": [0] * 100_001}
    return layout.tar()


@case(6, "V2: manifest.json nested 100 deep", says="manifest.json: JSON is nested deeper than 64 levels")
def docker_deep():
    entries = docker_entries(two())
    return tar_of({**entries, "manifest.json": entries["manifest.json"][:-1] + b"," + b"[" * 100 + b"]" * 101})


def named(reference):
    return tar_of(docker_entries(two(), tags=(reference,)))


for _name, _reference, _says in (
        ("blobs", "a/blobs/b:1", "component 'blobs'"), ("tags", "tags:1", "component 'tags'"),
        ("referrers", "a/referrers:1", "component 'referrers'"), ("upper", "team/App:1", "is not valid"),
        ("slashes", "a//b:1", "is not valid"), ("dots", "a..b:1", "is not valid"),
        ("long", "a" * 300 + ":1", "repository name"), ("tag_long", "app:" + "t" * 129, "tag '.*' is not valid"),
        ("tag_dash", "app:-t", "tag '.*' is not valid"),
        ("fallback", "app:sha256-" + "0" * 64, "form that is kept for lists of referrers")):
    case(6, f"V3: {_name.replace('_', ' ')}", names=True, says=_says, name="name_v3_" + _name)(
        lambda reference=_reference: named(reference))


@case(6, "V3: a name that climbs, in containerd's annotation", names=True, says="is not valid")
def oci_name_traversal():
    layout = Layout()
    layout.top(layout.manifest(), None)
    layout.manifests[0]["annotations"] = {"io.containerd.image.name": "example.org/../../../etc/x:1"}
    return layout.tar()


@case(6, "N2: hard links in a circle", says="deeper than 16 or go in a circle")
def docker_hard_link_circle():
    tar = Tar().hardlink("a/layer.tar", "b/layer.tar").hardlink("b/layer.tar", "a/layer.tar")
    for name, data in docker_entries([layer()], paths=["a/layer.tar"]).items():
        if name != "a/layer.tar":
            tar.file(name, data)
    return tar.end().bytes()


@case(6, "N2: a symlink to what is not there", says="a/layer.tar is not in the archive")
def docker_symlink_dangling():
    entries = docker_entries([layer()], paths=["a/layer.tar"])
    return tar_of({**entries, "a/layer.tar": "../nothing"})


def odd_entry(kind, **raw):
    tar = Tar()
    for name, data in docker_entries([layer()], paths=["a/layer.tar"]).items():
        tar.file(name, data, **({"kind": kind, **raw} if name == "a/layer.tar" else {}))
    return tar.end().bytes()


@case(6, "N3: a block device", says="entry 'a/layer.tar' is a device")
def tar_block_device():
    return odd_entry(b"4", device=(8, 0))


@case(6, "N3: a sparse file as PAX has it (GNU.sparse 1.0)", says="is a sparse file")
def tar_pax_sparse():
    plain = layer()
    hole = Tar().file("zeros", b"\0" * 8192).bytes() + plain
    stored = (b"2\n0\n512\n%d\n%d\n" % (512 + 8192, len(plain))).ljust(512, b"\0") + hole[:512] + hole[512 + 8192:]
    tar = Tar()
    for name, data in docker_entries([hole], paths=["a/layer.tar"]).items():
        if name == "a/layer.tar":
            tar.pax({"GNU.sparse.major": 1, "GNU.sparse.minor": 0, "GNU.sparse.name": name,
                     "GNU.sparse.realsize": len(hole)})
            tar.file("GNUSparseFile.0/a/layer.tar", stored)
        else:
            tar.file(name, data)
    return tar.end().bytes()


@case(6, "N3: PAX says a layer is larger than ustar says, and swallows what follows (CVE-2025-62518)",
      says="expected diff_id|Damaged|truncated|is not in the archive|more than once")
def tar_pax_larger():
    tar = Tar()
    for name, data in docker_entries([layer()], paths=["a/layer.tar"]).items():
        if name == "a/layer.tar":
            tar.pax({"size": len(data) + 1024})
        tar.file(name, data)
    return tar.end().bytes()


@case(0, "N3: a name in an odd charset, of an entry that nobody refers to")
def tar_charset():
    tar = Tar().pax({"path": b"\xff\xfe odd \x80"}).file("x", b"x")
    tar.file(b"\xe4\xf6\xfc", b"x")
    for name, data in docker_entries([layer()]).items():
        tar.file(name, data)
    return tar.end().bytes()


@case(0, "N4: entries that nobody refers to: the same name with other bytes")
def duplicate_unused():
    return tar_of([("unused", b"one"), *docker_entries(two()).items(), ("unused", b"two")])


# ---- large ------------------------------------------------------------------------------

class Noise:
    """A stream of noise of which no more than a block is in memory."""

    BLOCK = 1 << 20

    def __init__(self, size, seed):
        self.size, self.seed = size, seed
        # A block is made once and changed a little for each of its uses: that is fast, and
        # gzip's window of 32 KiB never sees the same bytes twice.
        self.base = bytearray(noise(self.BLOCK, seed))

    def __iter__(self):
        left, number = self.size, 0
        while left > 0:
            self.base[:64] = hashlib.sha512(b"%d %d" % (self.seed, number)).digest()
            yield bytes(self.base[:left])
            left -= self.BLOCK
            number += 1


def write_noise(path, size, layers, name, seed, compressed):
    """A docker-archive; the layers are tars with one file of noise each."""
    each = size // layers
    diff_ids, paths = [], []
    # Two passes over the same noise: the first only to know the digests.
    for number in range(layers):
        digest = hashlib.sha256()
        for chunk in noise_tar(each, seed * 1000 + number):
            digest.update(chunk)
        diff_ids.append("sha256:" + digest.hexdigest())
        paths.append(digest.hexdigest() + "/layer.tar")
    config = compact({"architecture": "amd64", "os": "linux", "config": {},
                      "rootfs": {"type": "layers", "diff_ids": diff_ids}})
    process = None
    with open(path, "wb") as file:
        out = file
        if compressed:
            process = subprocess.Popen(["gzip", "-n", "-1"], stdin=subprocess.PIPE, stdout=file)
            out = process.stdin
        tar = Tar(out)
        for number in range(layers):
            chunks = noise_tar(each, seed * 1000 + number)
            total = sum(len(c) for c in (noise_head(each), noise_tail(each))) + each
            tar.header(paths[number], total, size_field=base256(total, 12) if total >= 8 << 30 else None)
            for chunk in chunks:
                out.write(chunk)
            out.write(b"\0" * (-total % 512))
        tar.file(hexed(config) + ".json", config)
        tar.file("manifest.json", compact([{"Config": hexed(config) + ".json", "RepoTags": [name],
                                            "Layers": paths}]))
        tar.end()
        if process:
            process.stdin.close()
            if process.wait():
                raise SystemExit("mkarchive: gzip failed")


def noise_head(size):
    return Tar().header("noise", size, size_field=base256(size, 12) if size >= 8 << 30 else None).bytes()


def noise_tail(size):
    return b"\0" * (-size % 512) + b"\0" * 1024


def noise_tar(size, seed):
    yield noise_head(size)
    yield from Noise(size, seed)
    yield noise_tail(size)
