#!/usr/bin/env python3
"""The inputs that a fuzzer starts from:  seeds.py TARGET DIR

Made of the hand-made archives (helpers/mkarchive.py), so that each of their cases
is a place to go on from; and of a few lines per parser.
"""
import hashlib
import io
import os
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "helpers"))
import mkarchive as mk  # noqa: E402

LARGEST = 65536

# Documents whose digests the harness fills in: index.json, manifest.json, blobs.
LAYOUTS = [
    ['{"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"@0","size":#0,"annotations":'
     '{"org.opencontainers.image.ref.name":"app:1"}}]}' % mk.OCI_MANIFEST, "",
     '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","digest":"@1","size":#1},"layers":'
     '[{"mediaType":"%s","digest":"@2","size":#2}]}' % (mk.OCI_MANIFEST, mk.OCI_CONFIG, mk.OCI_LAYER),
     '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["@2"]}}', "layer"],
    ['{"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"@0","size":#0,"annotations":'
     '{"io.containerd.image.name":"docker.io/library/app:1"}}]}' % mk.OCI_INDEX,
     '[{"Config":"%2","RepoTags":["app:1"],"Layers":["%3"]}]',
     '{"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s","digest":"@1","size":#1,"platform":'
     '{"architecture":"amd64","os":"linux"}},{"mediaType":"%s","digest":"sha256:%s","size":7,"platform":'
     '{"architecture":"arm64","os":"linux","variant":"v8"}}]}' % (mk.OCI_INDEX, mk.OCI_MANIFEST, mk.OCI_MANIFEST,
                                                                  "0" * 64),
     '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","digest":"@2","size":#2},"layers":'
     '[{"mediaType":"%s","digest":"@3","size":#3}]}' % (mk.OCI_MANIFEST, mk.OCI_CONFIG, mk.OCI_LAYER),
     '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["@3"]}}', "layer"],
    ['{"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"@0","size":#0,"annotations":'
     '{"org.opencontainers.image.ref.name":"app:1"}},{"mediaType":"%s","digest":"@3","size":#3}]}'
     % (mk.OCI_MANIFEST, mk.OCI_MANIFEST), "",
     '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","digest":"@1","size":#1,"data":"e30="},'
     '"layers":[]}' % (mk.OCI_MANIFEST, "application/vnd.oci.empty.v1+json"), "{}", "signed",
     '{"schemaVersion":2,"mediaType":"%s","artifactType":"application/x","config":{"mediaType":"%s","digest":"@1",'
     '"size":#1},"layers":[{"mediaType":"application/x","digest":"@2","size":#2}],"subject":{"mediaType":"%s",'
     '"digest":"@0","size":#0},"annotations":{"a":"b"}}'
     % (mk.OCI_MANIFEST, "application/vnd.oci.empty.v1+json", mk.OCI_MANIFEST)],
    ["{", '[{"Config":"%0","RepoTags":["app:1"],"Layers":["%1"],"LayerSources":{"@1":{"digest":"@1","size":#1}}}]',
     '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["@1"]}}', "layer"],
]

NAMES = {
    0: ["sha256:" + "a" * 64, "sha512:" + "0" * 128, "sha256:../../etc"],
    1: ["app:1", "docker.io/library/app:1@sha256:" + "a" * 64, "[::1]:5000/a/b", "localhost:5000/x_y--z:T.1"],
    2: ["docker.io/library/app:1", "latest", "a/manifests/b", "gcr.io/x/y"],
    3: ["v2/a/b/blobs/sha256:" + "a" * 64, "v2/a/manifests/1", "v2/a/tags/list", "v2/_catalog", "v2/",
        "v2/a/referrers/sha256:" + "b" * 64, "v2/a/manifests/sha256-" + "c" * 64, "v2/a/manifests/a..b"],
    4: ["tag", "\x1b[31m\u202e\x7f\"\\", "\ufffd"],
    5: ['{"mediaType":"a","MEDIATYPE":[1,2.5e3,null,true,{"\\u0000":"\\ud83d\\ude00"}]}', "[[[[]]]]"],
    6: ["5MiB", "1h30m", "2026-11-23T20:48:05.123Z", "linux/arm64/v8"],
}

SYNC = {
    0: ["<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>v2/a/tags/list</Key>"
        "<Size>1</Size><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag></Contents></ListBucketResult>"],
    1: ["<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber><Size>5</Size>"
        "<ETag>a</ETag></Part></ListPartsResult>"],
    2: ["<ListMultipartUploadsResult><Upload><Key>k</Key><UploadId>u</UploadId>"
        "<Initiated>2026-11-23T20:48:05.123Z</Initiated></Upload></ListMultipartUploadsResult>"],
    3: ["<CopyObjectResult><ETag>a</ETag></CopyObjectResult>"],
    4: ["<Error><Code>NoSuchKey</Code><Message>m</Message><Region>r</Region></Error>"],
    5: ["[default]\nregion = x\n[profile a]\ns3 =\n  b = c # d\n"],
    6: ["https://user@host.example:9000/bucket/path?x#y", "http://[::1]:80"],
    7: ["ETag: \"a\"\r\nContent-Length: 5\r\n folded: x\r\n\r\n"],
}

REGISTRY = {
    0: ['Bearer realm="https://auth.example/token?x=1",service="r.example",scope="repository:a/b:pull,push",'
        'error="insufficient_scope"', 'Negotiate abc==, Basic realm="a \\"b\\"", Bearer Realm = https://a/t , service=x'],
    1: ['</v2/a/tags/list?n=2&last=v1>; rel="next"', '<../x>;rel="prev next";title="a, <b>;",<?y#z>;rel=next',
        "<http://r.example/a/./b/../c>;rel=next;anchor=x", "<//r.example:1/x>;rel=next"],
    2: ['{"name":"a","tags":["v1.9","1.10.0-rc.1","1.10","latest","7f3a9c2","1.0_1","sha256-ab.sig"]}\0{"tags":null}',
        '{"tags":["01","1"]}\0{"tags":["1.0-alpine","1"]}'],
    3: ['{"token":"a.b-c","expires_in":300,"issued_at":"2004-11-03T19:53:47Z"}',
        '{"token":"","access_token":"b","expires_in":1e9,"refresh_token":"c"}'],
    4: ["docker://alpine", "docker://LocalHost:5000/a/b:1@sha256:" + "a" * 64, "docker://[::1]:80/a:v1.[[:digit:]]*",
        "docker://index.docker.io/library/a"],
}

SERVE = {
    0: ["/v2/a/b/manifests/sha256%3a" + "a" * 64, "http://h/v2/a/tags/list?n=2&last=%61", "/v2/a/blobs/md5:A=",
        "/v2/a/referrers/sha512:" + "0" * 128 + "?artifactType=a/b", "/v2/../.drydock/state.db"],
    1: ["bytes=0-0, 5-,-1", "bytes=0-,0-"],
    5: ["bytes=0-4,4-4"],
    6: ['1\n{"name":"a","tags":["1","2","3"]}', '\n{"repositories":[]}'],
    3: ['W/"a", "sha256:0"', "[::1]:5000", "127.0.0.1:0"],
}


def archives():
    for function, *_ in mk.CASES.values():
        data = function()
        if len(data) <= LARGEST:
            yield data


def blobs():
    """Every file of the archives."""
    for data in archives():
        try:
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                for member in tar:
                    if member.isreg():
                        yield member.name, tar.extractfile(member).read()
        except (tarfile.TarError, EOFError, OSError, OverflowError):
            pass


def documents():
    for name, data in blobs():
        if not data.startswith(b"{"):
            continue
        if name == "index.json":
            yield b"\5" + data
        elif b'"rootfs"' in data:
            yield b"\6" + data
        elif b'"schemaVersion"' in data:
            yield b"\0" + data
            for number, kind in enumerate((mk.OCI_MANIFEST, mk.OCI_INDEX, mk.DOCKER_MANIFEST, mk.DOCKER_LIST), 1):
                if kind.encode() in data:
                    yield bytes([number]) + data


def compressed():
    for data in (b"", b"plain" * 1000, mk.noise(5000), b"\0" * 300_000):
        for packed in (mk.gz(data), mk.zstd(data), mk.gz(data) + mk.gz(b"more"), mk.zstd(data) + mk.zstd(b"more"),
                       b"\x50\x2a\x4d\x18\x04\0\0\0skip" + mk.zstd(data), __import__("lzma").compress(data),
                       __import__("bz2").compress(data)):
            for how in range(5):
                yield bytes([how]) + packed


def lines(table):
    for number, texts in table.items():
        for text in texts:
            yield bytes([number]) + text.encode()


def layouts():
    for parts in LAYOUTS:
        yield "\0".join(parts).encode()


LISTS = [
    "# mirror\n\na.tar\r\n-t app:2 'oci:my dir' --platform linux/arm64 --platform=linux/s390x\n",
    "a\\ b.tar --compress zstd:3 --format oci --sparse=prune --strip-host --image '@0' --image \"a\\\"b\"\n",
    "\ufeff-- -x\n'a\nb\\",
]

EDITS = [
    ("remote \"prod\"", "region", "fra1",
     "\ufeff# mine\r\n[core]\r\n\troot=/srv ; here\r\n[remote \"prod\" ]\nurl = s3://b\n# other\n\n[a]\nx = \n"),
    ("a", "part-size", "5M", "[a]\n Part_Size =5M # five\n[b]\n[a]\npart_size = \npart-size=7"),
]

TARGETS = {
    "fuzz_stage_archive": lambda: [*archives(), *layouts()],
    "fuzz_stage_documents": documents,
    "fuzz_stage_inflate": compressed,
    "fuzz_cli_source_list": lambda: [text.encode() for text in LISTS],
    "fuzz_base_ini_edit": lambda: ["\0".join(edit).encode() for edit in EDITS],
    "fuzz_base_names": lambda: lines(NAMES),
    "fuzz_stage_registry": lambda: lines(REGISTRY),
    "fuzz_stage_serve": lambda: lines(SERVE),
    "fuzz_sync_answers": lambda: lines(SYNC),
}


def main(argv):
    if len(argv) != 2 or argv[0] not in TARGETS:
        print(__doc__, file=sys.stderr)
        return 2
    os.makedirs(argv[1], exist_ok=True)
    for data in TARGETS[argv[0]]():
        with open(os.path.join(argv[1], hashlib.sha1(data).hexdigest()), "wb") as file:
            file.write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
