"""Random operations by seed: running them, telling what led to a failure, making that shorter.

A world has next(chance) -> a callable with a text; calling it returns findings.  Each operation draws
from a chance of its own, (seed, number): leaving one out changes the others as little as can be.
"""
import argparse
import os
import random
import shutil
import sys
import time


class Failure(Exception):
    def __init__(self, number, log, findings):
        super().__init__(f"operation {number}")
        self.number, self.log, self.findings = number, log, findings


def play(make_world, seed, operations, until, skip=()):
    """Runs one seed; -> how many operations were made. Raises Failure."""
    world, number = make_world(), 0
    try:
        while number < operations and time.monotonic() < until:
            number += 1
            if number in skip:
                continue
            chance = random.Random(f"{seed}/{number}")
            before = len(world.log)
            findings = world.step(chance)
            world.log[before:] = [f"{number:4} {line}" for line in world.log[before:]]
            if findings:
                raise Failure(number, world.log, findings)
    finally:
        world.close()
    return number


def shorter(make_world, seed, failure, skip):
    """Leaves out operations for as long as the rest still fails."""
    number, size = failure.number, max(1, failure.number // 2)
    while size:
        for first in range(number - 1, 0, -size):
            tried = skip | set(range(max(1, first - size + 1), first + 1))
            if tried == skip:
                continue
            try:
                play(make_world, seed, number, float("inf"), tried)
            except Failure as again:
                if again.number == number:
                    failure, skip = again, tried
        size //= 2
    return failure, skip


def numbers(text):
    return {int(n) for n in text.split(",") if n}


def arguments(doc):
    parser = argparse.ArgumentParser(description=doc.split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after so long")
    parser.add_argument("--seeds", type=int, default=10**9, help="so many seeds")
    parser.add_argument("--operations", type=int, default=60, help="operations of one seed")
    parser.add_argument("--skip", type=numbers, default=set(), help="operations to leave out: 3,7,8")
    parser.add_argument("--shorten", action="store_true", help="look for a shorter way to the failure")
    parser.add_argument("--keep", action="store_true", help="leave the folder of a failure where it is")
    parser.add_argument("drydock")
    parser.add_argument("faults", help="faults.so of tests/crash")
    parser.add_argument("work", help="a folder to work in")
    return parser.parse_args()


def main(doc, name, make):
    """make(arguments, folder) -> a world. Prints TAP."""
    args, until, seed, total = arguments(doc), 0, 0, 0
    if args.seconds == float("inf") and args.seeds == 10**9:
        args.seeds = 1
    until = time.monotonic() + args.seconds
    folder = os.path.abspath(os.path.join(args.work, name))

    def make_world():
        remove(folder)
        os.makedirs(folder)
        return make(args, folder)

    for seed in range(args.seed, args.seed + args.seeds):
        if seed > args.seed and time.monotonic() >= until:
            break
        try:
            total += play(make_world, seed, args.operations, until, args.skip)
        except Failure as failure:
            skip = args.skip
            if args.shorten:
                failure, skip = shorter(make_world, seed, failure, skip)
            tell(name, seed, failure, skip, args)
            if not args.keep:
                remove(folder)
            print(f"not ok 1 - model of {name}: seed {seed}, operation {failure.number}\n1..1")
            return 1
    remove(folder)
    print(f"ok 1 - model of {name}: seeds {args.seed} to {seed}, {total} operations\n1..1")
    return 0


def remove(folder):
    """Removes a folder, whatever modes are in it."""
    for path, folders, _ in os.walk(folder):
        for name in folders:
            if not os.path.islink(os.path.join(path, name)):
                os.chmod(os.path.join(path, name), 0o755)
    shutil.rmtree(folder, ignore_errors=True)


def tell(name, seed, failure, skip, args):
    print(f"# model of {name}: seed {seed}, operation {failure.number}; all operations:")
    for line in failure.log:
        print("#  ", line.replace("\n", "\n#        "))
    for finding in failure.findings[:8]:
        print("# WRONG:", finding.strip().replace("\n", "\n#        "))
    left_out = f" --skip {','.join(map(str, sorted(skip)))}" if skip else ""
    print(f"# again: python3 tests/model/{name} --seed {seed} --operations {failure.number}{left_out} --keep"
          f" {args.drydock} {args.faults} {args.work}")
    sys.stdout.flush()
