"""The distribution's registry with one image in it, and the tools that fetch the image from there."""
import contextlib
import os
import shutil
import socket
import subprocess
import time

from common import DRYDOCK, HELPERS, must

SKOPEO = ["skopeo", "--insecure-policy", "copy", "-q", "--src-tls-verify=false"]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def answers(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def registry(folder, size, layers):
    """Serves bench:1, an image of so many bytes of noise in layers of gzip; yields HOST:PORT."""
    port, archive, layout = free_port(), folder / "image.tar", folder / "layout"
    (folder / "config.yml").write_text(f"""version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {folder}/storage}}}}
http: {{addr: "127.0.0.1:{port}"}}
""")
    with open(folder / "registry.log", "wb") as log:
        server = subprocess.Popen(["docker-registry", "serve", folder / "config.yml"], stdout=log, stderr=log)
    try:
        must([HELPERS / "mkarchive.py", "noise", "--size", size, "--layers", layers, "--name", "bench:1", archive])
        must(["skopeo", "--insecure-policy", "copy", "-q", f"docker-archive:{archive}", f"oci:{layout}:1"])
        archive.unlink()
        while not answers(port):
            if server.poll() is not None:
                raise SystemExit(f"bench: no registry: {(folder / 'registry.log').read_text()}")
            time.sleep(0.05)
        must([HELPERS / "push_registry.py", f"127.0.0.1:{port}/bench", layout])
        shutil.rmtree(layout)
        yield f"127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def podman(folder):
    """(argv, environment) of a podman with a storage of its own."""
    home = folder / "podman"
    home.mkdir(exist_ok=True)
    (home / "registries.conf").write_text("")
    (home / "storage.conf").write_text(f'[storage]\ndriver = "{os.environ.get("PODMAN_DRIVER", "overlay")}"\n'
                                       f'graphroot = "{home}/s"\nrunroot = "{home}/r"\n')
    (home / "policy.json").write_text('{"default":[{"type":"insecureAcceptAnything"}]}')
    return (["podman", "pull", "-q", "--tls-verify=false", "--signature-policy", home / "policy.json"],
            {"CONTAINERS_STORAGE_CONF": str(home / "storage.conf"),
             "CONTAINERS_REGISTRIES_CONF": str(home / "registries.conf")})


# containerd has a folder with a short name, for its sockets; it is started for each pull.
CTR_FOLDER = f"/tmp/ddc.{os.getpid()}"
CTR_PULL = """. "$HELPERS/daemons.sh"
containerd_start "$FOLDER" || exit 90
containerd_ctr "$FOLDER" images pull --plain-http "$HOST/bench:1"
"""
CTR_FORGET = """. "$HELPERS/daemons.sh"
[ ! -e "$FOLDER" ] || daemons_stop "$FOLDER"
rm -rf "$FOLDER"
"""


def ctr(script, host=""):
    """(argv, environment) of a containerd of its own."""
    return ["bash", "-c", script], {"HELPERS": str(HELPERS), "FOLDER": CTR_FOLDER, "HOST": host}


def forget(tool, folder):
    """Away with what the tool has fetched."""
    if tool == "ctr":
        argv, env = ctr(CTR_FORGET)
        subprocess.run(argv, env={**os.environ, **env}, check=False)
    if tool == "podman":
        subprocess.run(["podman", "rmi", "-a", "-f"], env={**os.environ, **podman(folder)[1]}, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").mkdir()
    os.sync()


def fetch(tool, folder, host):
    """How a tool, as it is installed, fetches the image: (argv, environment)."""
    out = folder / "out"
    if tool == "drydock":
        return [DRYDOCK, "--root", out / "root", "stage", "-q", "-t", "bench:1", f"docker://{host}/bench:1"], {}
    if tool == "skopeo":
        return [*SKOPEO, f"docker://{host}/bench:1", f"dir:{out}/dir"], {}
    if tool == "skopeo-oci":
        return [*SKOPEO, f"docker://{host}/bench:1", f"oci:{out}/layout:1"], {}
    if tool == "skopeo-fsync":
        copy = " ".join(map(str, [*SKOPEO, f"docker://{host}/bench:1", f"dir:{out}/dir"]))
        return ["sh", "-c", f"{copy} && sync {out}/dir/*"], {}
    if tool == "podman":
        argv, env = podman(folder)
        return [*argv, f"{host}/bench:1"], env
    if tool == "ctr":
        return ctr(CTR_PULL, host)
    raise SystemExit(f"bench: TOOLS names '{tool}', which is none of drydock skopeo skopeo-oci skopeo-fsync podman ctr")
