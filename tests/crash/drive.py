#!/usr/bin/env python3
"""Kill drydock, or take the disk away from it, at every call that changes something.

    drive.py [--sample N] [--seed S] [--only SCENARIO[:KIND[:AT]]] DRYDOCK FAULTS.SO DIR

For each scenario (a command on a root that holds other images) and each kind of
fault (see faults.c), for every call, or for a sample of N of them:

  - whatever happened, every tag that is published is complete, and a tag that was
    there is what it was or what it becomes (helpers/tree.py looks, not drydock);
  - a full or broken disk ends with status 9 and one line that says why, or did not
    matter: then status 0 means that everything is done;
  - the same command again finishes the work: tree and state are an undisturbed
    run's, and tmp/ is empty.

Prints TAP.  DIR is for working in.
"""
import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys

HELPERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "helpers")
sys.path.insert(0, HELPERS)
import mkarchive as mk  # noqa: E402
import tree  # noqa: E402

KINDS = ("kill", "ENOSPC", "EIO")
KILLED = 137
STORAGE = 9  # cli.md: local storage full, unwritable or failing
SHOWN = 5  # failures of one test

# What differs between two runs that did the same.
TIMES = {"verified_at", "changed_at", "staged_at", "created_at", "started_at", "ended_at"}
FLAGS = {"removed_at"}  # only whether it is NULL
SKIPPED = {"run", "meta", "sqlite_sequence"}


class Scenario:
    """`command` on a copy of `base`; both may have None for the root that is not there."""

    def __init__(self, name, base, command, stdin=None, again=(0,)):
        self.name, self.base, self.command, self.stdin = name, base, command, stdin
        self.again = again  # statuses of the second run: untag may find its work done


def image(layers, *tags):
    return mk.docker_entries(layers, tags=tags)


def archive(path, *images):
    """A docker-archive of several images."""
    documents, entries = [], {}
    for one in images:
        documents += mk.json.loads(one.pop("manifest.json"))
        entries.update(one)
    with open(path, "wb") as file:
        file.write(mk.tar_of({**entries, "manifest.json": mk.compact(documents)}))


class Bench:
    def __init__(self, drydock, faults, work):
        self.drydock, self.faults, self.work = drydock, faults, work
        os.makedirs(work, exist_ok=True)
        self.root, self.log = self.path("root"), self.path("fault")

    def path(self, name):
        return os.path.join(self.work, name)

    def run(self, scenario, at=0, kind="none"):
        """-> (status, stderr, the call that met the fault or None)"""
        if os.path.exists(self.log):
            os.remove(self.log)
        env = {**os.environ, "LD_PRELOAD": self.faults, "FAULT_AT": str(at), "FAULT_KIND": kind,
               "FAULT_LOG": self.log, "DRYDOCK_ROOT": "",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        del env["DRYDOCK_ROOT"]
        stdin = open(scenario.stdin, "rb") if scenario.stdin else subprocess.DEVNULL
        done = subprocess.run([self.drydock, "--root", self.root, "-q", *scenario.command], stdin=stdin,
                              env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120, check=False)
        if scenario.stdin:
            stdin.close()
        call = None
        if os.path.exists(self.log):
            with open(self.log, encoding="ascii") as file:
                call = file.read()
        return done.returncode, done.stderr.decode(errors="replace"), call

    def reset(self, base):
        shutil.rmtree(self.root, ignore_errors=True)
        if base:
            subprocess.run(["cp", "-a", base, self.root], check=True)

    def make(self, name, *commands):
        """A root to start from."""
        self.reset(None)
        for command in commands:
            status, stderr, _ = self.run(Scenario(name, None, command))
            if status:
                raise SystemExit(f"Bail out! {command}: {status} {stderr}")
        base = self.path("base." + name)
        shutil.rmtree(base, ignore_errors=True)
        os.rename(self.root, base)
        return base


def files_of(root):
    """{key: bytes} of the tree, and the folders that are empty."""
    found = {}
    for folder, folders, names in os.walk(os.path.join(root, "v2")):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, root)] = file.read()
        if not folders and not names:
            found[os.path.relpath(folder, root) + "/"] = b""
    return found


def tags_of(files):
    return {key: data for key, data in files.items()
            if os.path.basename(os.path.dirname(key)) == "manifests" and ":" not in os.path.basename(key)
            and not key.endswith("/")}


def state_of(root):
    """The rows of all tables, without what times and chance put there."""
    path = os.path.join(root, ".drydock", "state.db")
    if not os.path.exists(path):
        return {}
    db = sqlite3.connect(path)
    rows = {}
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if table in SKIPPED:
            continue
        columns = [f"{c[1]} IS NULL" if c[1] in FLAGS else c[1]
                   for c in db.execute(f"PRAGMA table_info({table})") if c[1] not in TIMES]
        rows[table] = sorted(map(repr, db.execute(f"SELECT {', '.join(columns)} FROM {table}")))
    db.close()
    return rows


def temporary(root):
    path = os.path.join(root, ".drydock", "tmp")
    return os.listdir(path) if os.path.isdir(path) else []


def broken_tags(root):
    """What tree.py finds, except for lists that are one step behind and a tree without tags."""
    tree.findings.clear()

    def read(key):
        with open(os.path.join(root, key), "rb") as file:
            return file.read()
    said, tree.print = tree.__dict__.get("print"), lambda *_: None
    tree.check(tree.tree_keys(root), read, lambda key: tree.file_chunks(os.path.join(root, key)))
    if said is None:
        del tree.print
    behind = ("/tags/list: ", "v2/_catalog: ", "there is no tag at all")
    return [f for f in tree.findings if not any(b in f for b in behind)]


def differences(got, want, what):
    for key in sorted(set(got) | set(want)):
        if got.get(key) != want.get(key):
            there = "is missing" if key not in got else "is too many" if key not in want else "differs"
            detail = ""
            if isinstance(got.get(key), list) and isinstance(want.get(key), list):
                extra = [r for r in got[key] if r not in want[key]][:2]
                lost = [r for r in want[key] if r not in got[key]][:2]
                detail = f" (too many: {extra}, missing: {lost})"
            yield f"{what}: {key} {there}{detail}"


class Checker:
    """One scenario: its undisturbed end, and what must hold after a fault."""

    def __init__(self, bench, scenario):
        self.bench, self.scenario = bench, scenario
        bench.reset(scenario.base)
        status, stderr, calls = bench.run(scenario)
        if status:
            raise SystemExit(f"Bail out! {scenario.name} undisturbed: {status} {stderr}")
        self.calls = int(calls)
        self.files, self.state = files_of(bench.root), state_of(bench.root)
        self.before = tags_of(files_of(scenario.base)) if scenario.base else {}
        self.after = tags_of(self.files)

    def right_after(self, kind, status, stderr):
        """What must hold whatever happened."""
        yield from broken_tags(self.bench.root)
        tags = tags_of(files_of(self.bench.root))
        for key in set(tags) | set(self.before):
            if tags.get(key) not in (self.before.get(key), self.after.get(key)):
                yield f"{key} is neither what it was nor what it becomes"
        lines = [line for line in stderr.split("\n") if line]
        if kind == "kill":
            if status != KILLED:
                yield f"ended with {status}, not killed: {stderr}"
        elif status == 0:
            yield from differences(files_of(self.bench.root), self.files, "status 0, but the tree")
            if [line for line in lines if ": warning: the run was not recorded" not in line]:
                yield f"status 0, but it said: {stderr}"
        elif status != STORAGE:
            yield f"status {status}, not {STORAGE}: {stderr}"
        elif len(lines) != 1 or not lines[0].startswith("drydock: "):
            yield f"not one line: {stderr!r}"

    def in_the_end(self):
        """The same command without a fault finishes the work."""
        status, stderr, _ = self.bench.run(self.scenario)
        if status not in self.scenario.again:
            yield f"again: status {status}: {stderr}"
        yield from differences(files_of(self.bench.root), self.files, "in the end the tree")
        yield from differences(state_of(self.bench.root), self.state, "in the end the state")
        if temporary(self.bench.root):
            yield f"in the end tmp/ holds {temporary(self.bench.root)}"

    def fault(self, at, kind):
        """-> (the call that met the fault or None, what was wrong)"""
        self.bench.reset(self.scenario.base)
        status, stderr, call = self.bench.run(self.scenario, at, kind)
        if call is None:
            return None, []
        return call, [*self.right_after(kind, status, stderr), *self.in_the_end()]


def scenarios(bench):
    one, two = mk.layer("one\n", "one"), mk.layer("two\n", "two")
    three, large = mk.layer("three\n", "three"), mk.layer(mk.noise(700_000), "noise")
    first, second, signed = bench.path("first.tar"), bench.path("second.tar"), bench.path("signed.tar")
    archive(first, image([one], "app:1", "app:moved"), image([two], "old/tool:1"))
    archive(second, image([one, large], "app:moved", "app:2"), image([large, three], "new/team/app:1"))
    with open(signed, "wb") as file:
        file.write(mk.CASES["oci-referrer"][0]())
    with open(bench.path("second.tar.gz"), "wb") as file, open(second, "rb") as plain:
        file.write(mk.gz(plain.read()))
    base = bench.make("first", ["stage", first])
    more = bench.make("more", ["stage", first], ["stage", second], ["stage", "-t", "signed:1", signed])
    loose = bench.make("loose", ["stage", first], ["stage", second], ["stage", "-t", "signed:1", signed],
                       ["untag", "new/team/app:1"], ["untag", "app:moved"], ["untag", "signed:1"])
    return [
        Scenario("stage-new-root", None, ["stage", second]),
        Scenario("stage-over", base, ["stage", second]),
        Scenario("stage-stream", base, ["stage", "-"], stdin=bench.path("second.tar.gz")),
        Scenario("stage-signed", base, ["stage", "-t", "signed:1", signed]),
        Scenario("untag", more, ["untag", "new/team/app:1"], again=(0, 4)),
        Scenario("gc", loose, ["gc"]),
    ]


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sample", type=int, help="so many faults of each kind in each scenario")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="SCENARIO[:KIND[:AT]]")
    parser.add_argument("drydock")
    parser.add_argument("faults")
    parser.add_argument("work")
    args = parser.parse_args(argv)
    only = args.only.split(":")
    bench = Bench(os.path.abspath(args.drydock), os.path.abspath(args.faults), os.path.abspath(args.work))
    chance = random.Random(args.seed)
    number, failed = 0, 0
    for scenario in scenarios(bench):
        if only[0] not in ("", scenario.name):
            continue
        checker = Checker(bench, scenario)
        for kind in KINDS:
            if len(only) > 1 and only[1] != kind:
                continue
            places = list(range(1, checker.calls + 1))
            if len(only) > 2:
                places = [int(only[2])]
            elif args.sample and args.sample < len(places):
                places = sorted(chance.sample(places, args.sample))
            wrong, met = 0, 0
            for at in places:
                call, findings = checker.fault(at, kind)
                met += call is not None
                wrong += bool(findings)
                if findings and wrong <= SHOWN:
                    print(f"# {scenario.name}:{kind}:{at} ({call})")
                    for finding in findings[:6]:
                        print("#    ", finding.strip().replace("\n", "\n#      "))
            number += 1
            # Threads make the number of calls vary a little; most places must have been met.
            good = wrong == 0 and met >= len(places) * 0.9
            failed += not good
            print(f"{'ok' if good else 'not ok'} {number} - {scenario.name}: {kind} at {met} of "
                  f"{checker.calls} calls" + (f", {wrong} went wrong" if wrong else ""), flush=True)
    print(f"1..{number}")
    return 1 if failed or not number else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
