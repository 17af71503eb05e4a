"""What the drivers share: running drydock under faults.so, looking at roots, counting, telling.

A driver has scenarios (a command on a prepared root) and for each a Checker, which runs it once
undisturbed and then offers

    checker.name            for reports
    checker.kinds()         {kind of fault: how many places there are for it}
    checker.fault(at, kind) -> (what met the fault or None, what was wrong, as lines)
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

CALLS = ("kill", "ENOSPC", "EIO")  # what faults.so does at a call
SCARCE = "EMFILE"  # and at an opening
KILLED = 137
STORAGE = 9  # cli.md: local storage full, unwritable or failing
SHOWN = 5  # failures of one test

# What differs between two runs that did the same.
TIMES = {"verified_at", "changed_at", "staged_at", "created_at", "started_at", "ended_at"}
FLAGS = {"removed_at", "synced_at", "unreachable_at"}  # only whether it is NULL
SKIPPED = {"run", "sqlite_sequence"}


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
    return path


class Bench:
    def __init__(self, drydock, faults, work):
        self.drydock, self.faults, self.work = drydock, faults, work
        os.makedirs(work, exist_ok=True)
        self.root, self.log = self.path("root"), self.path("fault")

    def path(self, name):
        return os.path.join(self.work, name)

    def started(self, process):
        """For who needs to know the process, which may have begun already; None: none runs."""

    def run(self, command, stdin=None, at=0, kind="none"):
        """-> (status, stderr, the call that met the fault or None)"""
        if os.path.exists(self.log):
            os.remove(self.log)
        env = {**os.environ, "LD_PRELOAD": self.faults, "FAULT_AT": str(at), "FAULT_KIND": kind,
               "FAULT_LOG": self.log, "DRYDOCK_ROOT": "",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        del env["DRYDOCK_ROOT"]
        self.started(None)
        with open(stdin or os.devnull, "rb") as source, subprocess.Popen(
                [self.drydock, "--root", self.root, "-q", *command], stdin=source, env=env,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            self.started(process)
            try:
                stderr = process.communicate(timeout=120)[1]
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        call = None
        if os.path.exists(self.log):
            with open(self.log, encoding="ascii") as file:
                call = file.read()
        return process.returncode, stderr.decode(errors="replace"), call

    def must(self, command):
        status, stderr, _ = self.run(command)
        if status:
            raise SystemExit(f"Bail out! {command}: {status} {stderr}")

    def reset(self, base):
        """The root becomes a copy of `base`; None: there is none."""
        shutil.rmtree(self.root, ignore_errors=True)
        if base:
            subprocess.run(["cp", "-a", base, self.root], check=True)

    def keep(self, name):
        """The root becomes one to start from."""
        base = self.path("base." + name)
        shutil.rmtree(base, ignore_errors=True)
        os.rename(self.root, base)
        return base

    def make(self, name, *commands):
        self.reset(None)
        for command in commands:
            self.must(command)
        return self.keep(name)


# ---- looking ----------------------------------------------------------------------------

def state_of(root, skipped=()):
    """The rows of all tables, without what times and chance put there, and the columns `skipped`."""
    path = os.path.join(root, ".drydock", "state.db")
    if not os.path.exists(path):
        return {}
    db = sqlite3.connect(path)
    rows = {"integrity": [repr(r) for r in db.execute("PRAGMA integrity_check")]}
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if table in SKIPPED:
            continue
        columns = [f"{c[1]} IS NULL" if c[1] in FLAGS else c[1]
                   for c in db.execute(f"PRAGMA table_info({table})") if c[1] not in TIMES and c[1] not in skipped]
        if table == "meta":
            columns = ["name"]
        rows[table] = sorted(map(repr, db.execute(f"SELECT {', '.join(columns)} FROM {table}")))
    db.close()
    return rows


def temporary(root):
    path = os.path.join(root, ".drydock", "tmp")
    return os.listdir(path) if os.path.isdir(path) else []


def registry_keys(keys):
    """Those of the registry: the pages for people lie beside it."""
    return [key for key in keys if key.startswith("v2/")]


def broken_tags(keys, read, chunks):
    """What tree.py finds, except for lists that are one step behind and no tags at all."""
    tree.findings.clear()
    said, tree.print = tree.__dict__.get("print"), lambda *_: None
    tree.check(registry_keys(keys), read, chunks)
    if said is None:
        del tree.print
    behind = ("/tags/list: ", "v2/_catalog: ", "there is no tag at all")
    return [f for f in tree.findings if not any(b in f for b in behind)]


def is_tag(key):
    return (os.path.basename(os.path.dirname(key)) == "manifests" and ":" not in os.path.basename(key)
            and not key.endswith("/"))


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


def neither(now, before, after):
    """Tags that are neither what they were nor what they become."""
    for key in set(now) | set(before):
        if now.get(key) not in (before.get(key), after.get(key)):
            yield f"{key} is neither what it was nor what it becomes"


def storage_failure(status, stderr):
    """A disk that failed the command: its status, and one line that says so."""
    lines = [line for line in stderr.split("\n") if line]
    if status != STORAGE:
        yield f"status {status}, not {STORAGE}: {stderr}"
    elif len(lines) != 1 or not lines[0].startswith("drydock: "):
        yield f"not one line: {stderr!r}"


def failed_alone(status, stderr):
    """What will pass failed the command: one line that says so, and no status that is about something else."""
    lines = [line for line in stderr.split("\n") if line]
    if status != 1:
        yield f"status {status}, not 1: {stderr}"
    elif len(lines) != 1 or "Too many open files" not in lines[0]:
        yield f"not one line that says why: {stderr!r}"


def unexpected_words(stderr):
    """A run that ended well may say that its history could not be written, nothing else."""
    if [line for line in stderr.split("\n") if line and ": warning: the run was not recorded" not in line]:
        yield f"status 0, but it said: {stderr}"


# ---- trying and telling -------------------------------------------------------------------

class Tap:
    def __init__(self):
        self.number = self.failed = 0

    def result(self, good, text):
        self.number += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.number} - {text}", flush=True)


def show(where, findings):
    print(f"# {where}")
    for finding in findings[:6]:
        print("#    ", finding.strip().replace("\n", "\n#      "))


def attack(tap, checker, kind, places, total):
    """One kind of fault at all these places."""
    wrong, met, missed = 0, 0, 0
    for at in places:
        call, findings = checker.fault(at, kind)
        met += call is not None
        # Threads and time make the number of places vary: under load between 42 and 50 were
        # counted where a quiet machine has 48. The last fifth need not be met.
        missed += call is None and at <= total - max(2, total // 5)
        wrong += bool(findings)
        if findings and wrong <= SHOWN:
            show(f"{checker.name}:{kind}:{at} ({call})", findings)
    tap.result(not wrong and not missed, f"{checker.name}: {kind} at {met} of {total} places" +
               (f", {wrong} went wrong" if wrong else ""))


def drive(doc, argv, scenarios):
    """The main function of a driver; scenarios(arguments) yields (name, makes a Checker)."""
    parser = argparse.ArgumentParser(description=doc.split("\n", maxsplit=1)[0])
    parser.add_argument("--sample", type=int, help="so many faults of each kind in each scenario")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="SCENARIO[:KIND[:AT]]")
    parser.add_argument("drydock")
    parser.add_argument("faults")
    parser.add_argument("work")
    args = parser.parse_args(argv)
    only = args.only.split(":")
    bench_args = [os.path.abspath(p) for p in (args.drydock, args.faults, args.work)]
    chance, tap = random.Random(args.seed), Tap()
    for name, make in scenarios(*bench_args):
        if only[0] not in ("", name):
            continue
        checker = make()
        for kind, total in checker.kinds().items():
            if len(only) > 1 and only[1] != kind:
                continue
            places = list(range(1, total + 1))
            if len(only) > 2:
                places = [int(only[2])]
            elif args.sample and args.sample < len(places):
                places = sorted(chance.sample(places, args.sample))
            attack(tap, checker, kind, places, total)
    print(f"1..{tap.number}")
    return 1 if tap.failed or not tap.number else 0
