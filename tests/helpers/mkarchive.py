#!/usr/bin/env python3
"""Hand-made image archives: what no tool at hand writes, or no tool should.

    mkarchive.py list                      name, wanted exit status of stage, what it is
    mkarchive.py CASE OUT                  one archive (a directory for dir-* cases)
    mkarchive.py all DIR                   every case as DIR/CASE.tar, and DIR/cases.tsv
    mkarchive.py noise [--size N] [--layers N] [--name NAME:TAG] [--seed N] [--gzip] OUT
                                           a docker-archive of incompressible layers
    mkarchive.py signed WHO OUT            one image, and a signature of it by WHO
    mkarchive.py graph DEEP WIDE TAGS OUT  TAGS tags on an index; each of its DEEP levels has WIDE
                                           manifests, and all of them have all of the next
    mkarchive.py flip IN OUT OFFSET        a copy with one bit changed (negative: from the end)

What makes them is in archives.py, all of whose names this module has too: Python keeps a module
compiled, but never a program, which would be compiled anew for each of a thousand archives.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from archives import *  # noqa: E402,F401,F403
from archives import CASES, graph, signed_by, write_noise  # noqa: E402


def main(argv):
    if not argv or argv[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if argv else 2
    if argv[0] == "list":
        for name, (_, expect, what, names, _) in CASES.items():
            print(name, expect, "names" if names else "-", what, sep="\t")
    elif argv[0] == "all":
        os.makedirs(argv[1], exist_ok=True)
        with open(os.path.join(argv[1], "cases.tsv"), "w", encoding="utf-8") as table:
            for name, (function, expect, what, names, says) in CASES.items():
                with open(os.path.join(argv[1], name + ".tar"), "wb") as file:
                    file.write(function())
                print(name, expect, "names" if names else "-", what, says or ".", sep="\t", file=table)
    elif argv[0] == "noise":
        parser = argparse.ArgumentParser(prog="mkarchive.py noise")
        parser.add_argument("--size", type=int, default=200_000_000)
        parser.add_argument("--layers", type=int, default=3)
        parser.add_argument("--name", default="noise:1")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--gzip", action="store_true")
        parser.add_argument("out")
        args = parser.parse_args(argv[1:])
        write_noise(args.out, args.size, args.layers, args.name, args.seed, args.gzip)
    elif argv[0] == "signed":
        with open(argv[2], "wb") as file:
            file.write(signed_by(argv[1], f"signed by {argv[1]}\n"))
    elif argv[0] == "graph":
        with open(argv[4], "wb") as file:
            file.write(graph(*map(int, argv[1:4])))
    elif argv[0] == "flip":
        source, target, offset = argv[1], argv[2], int(argv[3])
        with open(source, "rb") as file, open(target, "wb") as out:
            while chunk := file.read(1 << 20):
                out.write(chunk)
        with open(target, "r+b") as file:
            file.seek(offset, os.SEEK_END if offset < 0 else os.SEEK_SET)
            byte = file.read(1)[0]
            file.seek(offset, os.SEEK_END if offset < 0 else os.SEEK_SET)
            file.write(bytes([byte ^ 1]))
    elif argv[0] in CASES:
        with open(argv[1], "wb") as file:
            file.write(CASES[argv[0]][0]())
    else:
        print(f"mkarchive.py: no case {argv[0]!r}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
