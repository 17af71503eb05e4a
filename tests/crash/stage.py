#!/usr/bin/env python3
"""Kill drydock, or take its disk or its descriptors away, at every call that changes or opens something.

    stage.py [--sample N] [--seed S] [--only SCENARIO[:KIND[:AT]]] DRYDOCK FAULTS.SO DIR

For each scenario (stage, also from a registry, untag, gc and rescan on a root that holds other
images; sync has a driver of its own) and each kind of fault (see faults.c), for every call, or for a
sample of N of them:

  - whatever happened, every tag that is published is complete, and a tag that was
    there is what it was or what it becomes (helpers/tree.py looks, not drydock);
  - a full or broken disk ends with status 9 and one line that says why, or did not
    matter: then status 0 means that everything is done;
  - so does a process that has no descriptor left, with status 1;
  - the same command again finishes the work: tree and state are an undisturbed
    run's, and tmp/ is empty.

Prints TAP.  DIR is for working in.
"""
import atexit
import os
import subprocess
import sys
import time

import common
from common import mk, tree


class Scenario:
    """`command` on a copy of `base`; both may have None for the root that is not there."""

    def __init__(self, name, base, command, stdin=None, again=(0,), kinds=(*common.CALLS, common.SCARCE)):
        self.kinds = kinds
        self.name, self.base, self.command, self.stdin = name, base, command, stdin
        self.again = again  # statuses of the second run: untag may find its work done


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
    return {key: data for key, data in files.items() if common.is_tag(key)}


def broken_tags(root):
    def read(key):
        with open(os.path.join(root, key), "rb") as file:
            return file.read()
    return common.broken_tags(tree.tree_keys(root), read,
                              lambda key: tree.file_chunks(os.path.join(root, key)))


class Checker:
    """One scenario: its undisturbed end, and what must hold after a fault."""

    def __init__(self, bench, scenario):
        self.bench, self.scenario, self.name = bench, scenario, scenario.name
        self.openings = self.undisturbed(kind=common.SCARCE)
        self.calls = self.undisturbed()
        self.files, self.state = files_of(bench.root), common.state_of(bench.root)
        self.before = tags_of(files_of(scenario.base)) if scenario.base else {}
        self.after = tags_of(self.files)

    def undisturbed(self, **fault):
        """How many places there are for a fault."""
        self.bench.reset(self.scenario.base)
        status, stderr, places = self.run(**fault)
        if status:
            raise SystemExit(f"Bail out! {self.name} undisturbed: {status} {stderr}")
        return int(places)

    def kinds(self):
        return {kind: self.openings if kind == common.SCARCE else self.calls for kind in self.scenario.kinds}

    def run(self, **fault):
        return self.bench.run(self.scenario.command, self.scenario.stdin, **fault)

    def right_after(self, kind, status, stderr):
        """What must hold whatever happened."""
        yield from broken_tags(self.bench.root)
        yield from common.neither(tags_of(files_of(self.bench.root)), self.before, self.after)
        if kind == "kill":
            if status != common.KILLED:
                yield f"ended with {status}, not killed: {stderr}"
        elif kind == common.SCARCE and status != 0:
            yield from common.failed_alone(status, stderr)
        elif status == 0:
            yield from common.differences(files_of(self.bench.root), self.files, "status 0, but the tree")
            yield from common.unexpected_words(stderr)
        else:
            yield from common.storage_failure(status, stderr)

    def in_the_end(self):
        """The same command without a fault finishes the work."""
        status, stderr, _ = self.run()
        if status not in self.scenario.again:
            yield f"again: status {status}: {stderr}"
        yield from common.differences(files_of(self.bench.root), self.files, "in the end the tree")
        yield from common.differences(common.state_of(self.bench.root), self.state, "in the end the state")
        if common.temporary(self.bench.root):
            yield f"in the end tmp/ holds {common.temporary(self.bench.root)}"

    def fault(self, at, kind):
        self.bench.reset(self.scenario.base)
        status, stderr, call = self.run(at=at, kind=kind)
        if call is None:
            return None, []
        return call, [*self.right_after(kind, status, stderr), *self.in_the_end()]


def registry(bench, *layouts):
    """A scripted registry with these layouts, until this program ends; its HOST:PORT."""
    port = bench.path("port")
    if os.path.exists(port):
        os.remove(port)
    server = subprocess.Popen([os.path.join(common.HELPERS, "fake_registry.py"), "--port-file", port, *layouts])
    atexit.register(server.kill)
    while not os.path.exists(port):
        time.sleep(0.05)
    with open(port, encoding="ascii") as file:
        return "127.0.0.1:" + file.read().strip()


def scenarios(drydock, faults, work):
    bench = common.Bench(drydock, faults, work)
    image, archive = common.image, common.archive
    one, two = mk.layer("one\n", "one"), mk.layer("two\n", "two")
    three, large = mk.layer("three\n", "three"), mk.layer(mk.noise(700_000), "noise")
    first, second, signed = bench.path("first.tar"), bench.path("second.tar"), bench.path("signed.tar")
    archive(first, image([one], "app:1", "app:moved"), image([two], "old/tool:1"))
    archive(second, image([one, large], "app:moved", "app:2"), image([large, three], "new/team/app:1"))
    with open(signed, "wb") as file:
        file.write(mk.CASES["oci-referrer"][0]())
    with open(bench.path("second.tar.gz"), "wb") as file, open(second, "rb") as plain:
        file.write(mk.gz(plain.read()))
    layout, remote = mk.Layout(), bench.path("remote.tar")
    layout.top(layout.index([(layout.manifest(text=mk.noise(700_000)), "amd64"), (layout.manifest("arm64"), "arm64")]))
    with open(remote, "wb") as file:
        file.write(layout.tar())
    host = registry(bench, f"new/app={remote}")
    base = bench.make("first", ["stage", first])
    more = bench.make("more", ["stage", first], ["stage", second], ["stage", "-t", "signed:1", signed])
    loose = bench.make("loose", ["stage", first], ["stage", second], ["stage", "-t", "signed:1", signed],
                       ["untag", "new/team/app:1"], ["untag", "app:moved"], ["untag", "signed:1"])
    for scenario in [
            Scenario("stage-new-root", None, ["stage", second]),
            Scenario("stage-over", base, ["stage", second]),
            Scenario("stage-stream", base, ["stage", "-"], stdin=bench.path("second.tar.gz")),
            Scenario("stage-signed", base, ["stage", "-t", "signed:1", signed]),
            Scenario("stage-docker", base, ["stage", "-t", "new/app:1", f"docker://{host}/new/app:1"]),
            Scenario("untag", more, ["untag", "new/team/app:1"], again=(0, 4)),
            Scenario("gc", loose, ["gc"]),
            # From a disk that fails rescan takes what it can, with warnings.
            Scenario("rescan", loose, ["rescan"], kinds=("kill", common.SCARCE))]:
        yield scenario.name, lambda scenario=scenario: Checker(bench, scenario)


if __name__ == "__main__":
    sys.exit(common.drive(__doc__, sys.argv[1:], scenarios))
