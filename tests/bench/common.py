"""What every benchmark stands on: measuring, the S3 server, the bad link, inputs, tables.

A benchmark is a program that makes a Report, runs each tool in turn on the same input, and
states every figure that an issue bounds with report.bound(), which marks a miss.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
HELPERS = SOURCE / "tests" / "helpers"
DRYDOCK = os.environ.get("DRYDOCK", str(SOURCE / "drydock"))
MB, MIB = 10**6, 1 << 20
sys.path.insert(0, str(HELPERS))
import s3 as s3_client  # noqa: E402

median = statistics.median


def wanted(name, default):
    """A list from the environment, words separated by spaces."""
    return os.environ.get(name, default).split()


def repeat(default):
    return int(os.environ.get("REPEAT", default))


# ---- Reports ------------------------------------------------------------------------------

class Report:
    """Prints, and keeps the same text in build/bench/NAME.txt."""

    def __init__(self, name, title):
        folder = SOURCE / "build" / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        self.file = open(folder / f"{name}.txt", "w", encoding="utf-8")
        self.missed = 0
        self.say(f"== {name}: {title}")
        version = output([DRYDOCK, "version"]).splitlines()[0]
        commit = output(["git", "-C", SOURCE, "describe", "--always", "--dirty"]).strip()
        self.say(f"{version}, {commit}; {time.strftime('%Y-%m-%d %H:%M')}; {len(os.sched_getaffinity(0))} "
                 f"cores, {cpu_model()}; load average {load()}")

    def say(self, text=""):
        print(text, flush=True)
        self.file.write(text + "\n")
        self.file.flush()

    def table(self, head, rows):
        cells = [head] + [[str(c) for c in row] for row in rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
        for row in cells:
            self.say("  ".join([row[0].ljust(widths[0])] +
                               [c.rjust(w) for c, w in zip(row[1:], widths[1:])]).rstrip())

    def bound(self, what, got, limit, unit=""):
        """got must be at most limit."""
        good = got is not None and got <= limit
        self.missed += not good
        shown = "none" if got is None else f"{got:.3g}" if got < 100 else f"{got:.0f}"
        self.say(f"{' ' if good else '!'} {what}: {shown}{unit}, bound {limit:g}{unit}")

    def require(self, what, good):
        self.missed += not good
        self.say(f"{' ' if good else '!'} {what}: {'yes' if good else 'NO'}")

    def end(self):
        self.say(f"load average {load()}; " +
                 (f"{self.missed} bounds missed" if self.missed else "all bounds held"))
        self.file.close()
        sys.exit(1 if self.missed else 0)


def load():
    return " ".join(f"{v:.1f}" for v in os.getloadavg())


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"


def output(argv):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=False).stdout


# ---- Measuring ------------------------------------------------------------------------------

class Result:
    """What one run took: status, wall_s, cpu_s, peak_kib; None for status: it ran too long."""

    def __init__(self, status, wall_s, cpu_s, peak_kib, text):
        self.status, self.wall_s, self.cpu_s, self.peak_kib = status, wall_s, cpu_s, peak_kib
        self.text = text


def run(argv, env=None, timeout_s=None, stdin=None):
    """Run and measure. GNU time stands between, as a process inherits its parent's peak."""
    with tempfile.TemporaryDirectory(prefix="bench.") as folder:
        figures, text = folder + "/time", folder + "/text"
        with open(text, "wb") as out:
            started = time.monotonic()
            process = subprocess.Popen(
                ["/usr/bin/time", "-o", figures, "-f", "%U %S %M", *map(str, argv)],
                stdin=stdin or subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})}, start_new_session=True)
            try:
                status = process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                status = None
            wall_s = time.monotonic() - started
        with open(text, "rb") as file:
            said = file.read()[-4000:].decode("utf-8", "replace")
        if status is None:
            return Result(None, wall_s, 0.0, 0, said)
        with open(figures, encoding="utf-8") as file:
            user, system, peak = file.read().splitlines()[-1].split()
        return Result(status, wall_s, float(user) + float(system), int(peak), said)


def must(argv, env=None, stdin=None):
    result = run(argv, env, stdin=stdin)
    if result.status != 0:
        raise SystemExit(f"bench: {' '.join(map(str, argv))}: status {result.status}\n{result.text}")
    return result


class Series:
    """Runs of one tool: their medians."""

    def __init__(self):
        self.runs = []

    def add(self, result):
        self.runs.append(result)
        return result

    def of(self, field):
        return median([getattr(r, field) for r in self.runs]) if self.runs else None

    @property
    def failed(self):
        return sum(r.status != 0 for r in self.runs)


def ratio(a, b):
    return a / b if a is not None and b else None


# ---- Where things happen ----------------------------------------------------------------------

@contextlib.contextmanager
def workplace(need_mb):
    """A fresh directory with so much room; removed at the end."""
    base = os.environ.get("BENCH_DIR", os.environ.get("TMPDIR", "/tmp"))
    if shutil.disk_usage(base).free < need_mb * MB:
        raise SystemExit(f"bench: {base} has not {need_mb} MB free; BENCH_DIR names another folder")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench.", dir=base))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = str(folder)
    # Nothing that the user has set for these tools may change what they do.
    for name in list(os.environ):
        if name.startswith(("AWS_", "RCLONE_", "DRYDOCK_")) or name.lower() in ("http_proxy", "https_proxy"):
            del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """Ceph radosgw, in memory. Its credentials go to the environment."""

    def __init__(self, folder, store_bytes):
        self.folder = str(folder / "rgw")
        os.environ["RADOSGW_BYTES"] = str(store_bytes)
        text = subprocess.run([HELPERS / "radosgw", "start", self.folder], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        for line in text.splitlines():
            name, _, value = line.partition("=")
            os.environ[name] = value.strip('"')
        self.endpoint = os.environ["S3_ENDPOINT"]
        self.host = self.endpoint.removeprefix("http://")
        self.pids = [int(pid) for pid in os.environ["S3_PIDS"].split()]
        self.buckets = 0

    def client(self):
        return s3_client.S3()

    def bucket(self):
        self.buckets += 1
        name = f"bench-{os.getpid()}-{self.buckets}"
        self.client().make_bucket(name)
        return name

    def open_for_all(self, bucket):
        """Everybody may write: for uploads without a signature."""
        self.client().ok("PUT", bucket, query=[("acl", "")], headers={"x-amz-acl": "public-read-write"})

    def empty(self, bucket):
        client = self.client()
        for upload in list(client.uploads(bucket)):
            client.abort(bucket, upload["key"], upload["id"])
        for key in client.keys(bucket):
            client.rm(bucket, key)

    def cpu_s(self):
        """Processor time that the server has taken so far."""
        ticks = 0
        for pid in self.pids:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        subprocess.run([HELPERS / "radosgw", "stop", self.folder], check=False)


@contextlib.contextmanager
def server(folder, store_bytes):
    started = Server(folder, store_bytes)
    try:
        yield started
    finally:
        started.stop()


class Link:
    """tests/helpers/flaky_proxy.py before the server; `endpoint` leads through it."""

    def __init__(self, folder, host, options):
        self.control = str(folder / "link.control")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.control)
        self.process = subprocess.Popen(
            [HELPERS / "flaky_proxy.py", "--to", host, "--control", self.control, *map(str, options)],
            stdout=subprocess.PIPE, text=True)
        self.endpoint = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self.host = self.endpoint.removeprefix("http://")

    def stats(self):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(self.control)
            sock.sendall(b"stats\n")
            return json.loads(sock.makefile().readline())

    def stop(self):
        self.process.terminate()
        self.process.wait()


@contextlib.contextmanager
def link(folder, host, options):
    started = Link(folder, host, options)
    try:
        yield started
    finally:
        started.stop()


# ---- Inputs -------------------------------------------------------------------------------------

def noise(path, size, seed):
    """Incompressible bytes, always the same for one seed."""
    cipher = subprocess.Popen(["openssl", "enc", "-aes-128-ctr", "-nosalt", "-K", f"{seed:032x}",
                               "-iv", "0" * 32, "-in", "/dev/zero"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with open(path, "wb") as out:
        left = size
        while left:
            piece = cipher.stdout.read(min(left, MIB))
            out.write(piece)
            left -= len(piece)
    cipher.kill()
    cipher.stdout.close()
    cipher.wait()


def file_digest(path):
    with open(path, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def oci_layout(folder, sizes, name="bench:1"):
    """An OCI layout with one artifact whose layers are noise of these sizes."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def add(data):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    layers = []
    for number, size in enumerate(sizes, 1):
        noise(blobs / "new", size, number)
        digest = file_digest(blobs / "new")
        (blobs / "new").rename(blobs / digest.removeprefix("sha256:"))
        layers.append({"mediaType": "application/octet-stream", "digest": digest, "size": size})
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "artifactType": "application/vnd.bench",
                "config": {"mediaType": "application/vnd.oci.empty.v1+json", **add(b"{}")},
                "layers": layers}
    top = {"mediaType": kind, **add(json.dumps(manifest).encode()),
           "annotations": {"org.opencontainers.image.ref.name": name}}
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [top]}))


def root_of_noise(folder, size):
    """A staged root with one large blob; returns the root and the blob's path."""
    oci_layout(folder / "layout", [size])
    must([DRYDOCK, "--root", folder / "root", "stage", "-q", "-t", "bench:1", f"oci:{folder / 'layout'}"])
    shutil.rmtree(folder / "layout")
    found = [p for p in (folder / "root/v2/bench/blobs").iterdir() if p.stat().st_size == size]
    return folder / "root", found[0]


# ---- The tools --------------------------------------------------------------------------------------

def drydock_sync(root, bucket, endpoint, *options):
    return [DRYDOCK, "--root", root, "sync", "-q", f"s3://{bucket}", "--endpoint-url", endpoint, *options]


def rclone_env(endpoint):
    """A remote `r` without a file of configuration."""
    values = {"TYPE": "s3", "PROVIDER": "Ceph", "ENV_AUTH": "true", "ENDPOINT": endpoint,
              "REGION": os.environ["AWS_REGION"], "NO_CHECK_BUCKET": "true"}
    return {f"RCLONE_CONFIG_R_{name}": value for name, value in values.items()}


def s3cmd_config(folder, host):
    path = folder / "s3cmd.conf"
    path.write_text(f"""[default]
access_key = {os.environ['AWS_ACCESS_KEY_ID']}
secret_key = {os.environ['AWS_SECRET_ACCESS_KEY']}
host_base = {host}
host_bucket = {host}
use_https = False
""")
    return path


def upload_file(tool, folder, root, blob, bucket, endpoint):
    """How a tool, as it is installed, uploads one blob: (argv, environment). drydock: its root."""
    key = f"v2/bench/blobs/{blob.name}"
    if tool == "drydock":
        return drydock_sync(root, bucket, endpoint), {}
    if tool == "aws":
        return ["/usr/bin/aws", "--endpoint-url", endpoint, "s3", "cp", "--only-show-errors", blob,
                f"s3://{bucket}/{key}"], {}
    if tool == "rclone":
        return ["rclone", "copyto", blob, f"r:{bucket}/{key}"], rclone_env(endpoint)
    if tool == "s3cmd":
        config = s3cmd_config(folder, endpoint.removeprefix("http://"))
        return ["s3cmd", "-c", config, "--no-progress", "-q", "put", blob, f"s3://{bucket}/{key}"], {}
    raise SystemExit(f"bench: TOOLS names '{tool}', which is none of drydock aws rclone s3cmd")


def whole(client, bucket, blob, size):
    """Whether the bucket holds the blob, and no upload is left over."""
    status, headers = client.head(bucket, f"v2/bench/blobs/{blob.name}")
    return status == 200 and int(headers["content-length"]) == size and not list(client.uploads(bucket))


# ---- libcurl alone ----------------------------------------------------------------------------------

def build_bare_upload(folder):
    program = folder / "bare_upload"
    must(["cc", "-std=c11", "-O2", "-D_POSIX_C_SOURCE=200809L", "-o", program,
          SOURCE / "tests/bench/bare_upload.c", "-lcurl"])
    return program


def file_list(folder, root, objects):
    """The input of bare_upload for the objects of many.make_root, and for v2/ itself."""
    ping, path = folder / "ping", folder / "list"
    ping.write_text("{}")
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"{ping}\tv2/\n")
        for key, *_ in objects:
            out.write(f"{root / key}\t{key}\n")
    return path


def fill(folder, s3, bucket, root, objects):
    """Put all of a root into a bucket."""
    with open(file_list(folder, root, objects), "rb") as stdin:
        must([build_bare_upload(folder), f"{s3.endpoint}/{bucket}", 16], stdin=stdin)
