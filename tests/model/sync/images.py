"""Small images that share layers: images with one platform, indexes, signed ones, and one with a large layer."""
import os

from common.paths import mk

PLAIN, LAYERS = 7, 5
LARGE = 5_500_000  # two parts of 5 MiB


def plain(number):
    layers = [mk.layer(mk.noise(300, seed=n).hex(), f"file{n}") for n in range(LAYERS) if (number + 1) >> n & 1]
    return mk.tar_of(mk.docker_entries(layers, tags=("x:1",)))


def index(number):
    layout = mk.Layout()
    children = [(layout.manifest(arch, f"{arch} of {number}\n"), arch) for arch in ("amd64", "arm64")]
    return layout.top(layout.index(children)).tar()


def large():
    layers = [mk.layer("small", "small"), mk.layer(mk.noise(LARGE, seed=9), "large")]
    return mk.tar_of(mk.docker_entries(layers, tags=("x:1",)))


def make_all(folder):
    """name: path of an archive"""
    archives = {f"image{n}": plain(n) for n in range(PLAIN)}
    archives.update({f"index{n}": index(n) for n in range(2)})
    archives.update({f"signed-by-{who}": mk.signed_by(who, f"signed by {who}\n") for who in ("us", "them")})
    archives["large"] = large()
    paths = {}
    for name, data in archives.items():
        paths[name] = os.path.join(folder, name + ".tar")
        with open(paths[name], "wb") as file:
            file.write(data)
    return paths
