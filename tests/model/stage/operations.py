"""The random operations: commands, two at once, and what happens to a root from outside."""
import os
import shutil
import subprocess

from stage import images, truth
from stage.command import LOCKED, NOT_THERE, allowed, ended, judged, reads, some_fault, told, writes
from stage.world import LOST, OK, UNSURE, Root, Tree, key_of

OPERATIONS = []  # (operation, weight)


def operation(weight, fits=lambda world, root: root.exists()):
    def register(function):
        function.fits = fits
        OPERATIONS.append((function, weight))
        return function
    return register


def sound(_, root):
    return root.exists() and root.state == OK and root.settled


# ---- stage ------------------------------------------------------------------------------------

class Staging:
    """One stage command: its words, and what its tags become."""

    def __init__(self, world, root, chance):
        if not world.archives or chance.random() < 0.4:
            world.archives.append(images.make(chance, world.path("archive")))
        archive = chance.choice(world.archives)
        self.words, self.stdin, arch, converted = ["stage"], None, None, False
        self.recheck = chance.random() < 0.3
        if self.recheck:
            self.words.append("--recheck")
        self.no_referrers = chance.random() < 0.05
        if self.no_referrers:
            self.words.append("--no-referrers")
        if chance.random() < 0.25 and not any(p.sparse for p in archive.pictures):
            converted = True
            self.words += ["--compress", chance.choice(("gzip:1", "gzip:6", "none") + ("zstd:3",) * (archive.kind == "oci"))]
        if archive.arches and chance.random() < 0.25:
            arch = chance.choice(archive.arches)
            self.words += ["--platform", "linux/" + arch]
        self.tags = {n: p.wanted(arch, converted) for p in archive.pictures for n in p.names}
        if len(archive.pictures) == 1 and chance.random() < 0.4:
            repo, tag = chance.choice(images.REPOS), chance.choice(images.TAGS)
            self.words += ["-t", f"{repo}:{tag}"]
            self.tags = {(repo, tag): archive.pictures[0].wanted(arch, converted)}
        self._source(world, archive, chance)

    def _source(self, world, archive, chance):
        path = archive.path
        if archive.folder and chance.random() < 0.4:
            path = world.path("linked")
            shutil.copytree(archive.path, path)
            self.words += ["--link", "hard"]
        if not archive.folder and chance.random() < 0.3:
            self.stdin, path = path, "-"
        self.words.append(path)

    def happened(self, root, status):
        """What the tags may be now."""
        if root.state == LOST:
            return
        root.unreferred = root.unreferred or self.no_referrers
        for tag, wanted in self.tags.items():
            root.wants(tag, wanted, status == 0)
            if status == 0:
                root.strays.discard(key_of(tag))
        if status == 0:
            self._done(root)

    def _done(self, root):
        tree = Tree(root.path)
        for tag in self.tags:
            digest = tree.tags().get(tag)
            if digest:
                root.strays -= truth.reached(tag[0], [digest], tree.manifests.get(tag[0], set())) - tree.wrong

    def mended(self, root):
        """Findings: --recheck said that all is well."""
        tree = Tree(root.path)
        for tag in self.tags:
            digest = tree.tags().get(tag)
            lost = tree.missing(tag[0], digest, root.strays) if digest else {key_of(tag)}
            yield from (f"stage --recheck ended with 0: {k} is not there or not right" for k in lost)


def stage(world, root, chance, fault=None):
    one = Staging(world, root, chance)
    status, findings = writes(world, root, one.words, one.stdin, fault)
    one.happened(root, status)
    if status == 0 and one.recheck:
        findings += one.mended(root)
    return findings


@operation(30, lambda world, root: True)
def stages(world, root, chance):
    return stage(world, root, chance)


@operation(14, lambda world, root: True)
def stages_hurt(world, root, chance):
    return stage(world, root, chance, some_fault(chance))


@operation(6)
def two_at_once(world, root, chance):
    """Without --lock-wait one may find the lock held; what each says holds."""
    both = [Staging(world, root, chance) for _ in range(2)]
    waits = ["--lock-wait", "60s"] if chance.random() < 0.5 else []
    fault = some_fault(chance) if chance.random() < 0.3 else None
    runs = [world.program.start(root.path, one.words + waits, one.stdin, fault if n else None)
            for n, one in enumerate(both)]
    ends, findings = [run.end() for run in runs], []
    for n, (one, (status, _, err)) in enumerate(zip(both, ends)):
        mine = fault if n else None
        told(world, root, one.words + waits, one.stdin, mine, status, err)
        fine = allowed(root, mine, () if waits else (LOCKED,))
        findings += judged(root, one.words, status, fine, err)
        ended(root, status)
    fine = [s == 0 for s, _, _ in ends]
    root.settled = any(fine) and all(s in (0, LOCKED) for s, _, _ in ends)
    for one, (status, _, _) in zip(both, ends):
        if status != LOCKED:
            one.happened(root, status)
    for tag in set(both[0].tags) & set(both[1].tags):  # whichever came last
        root.tags[tag] = [*root.tags.get(tag, [None]), both[0].tags[tag], both[1].tags[tag]]
    return findings


# ---- the other commands -----------------------------------------------------------------------

def untag(world, root, chance, fault=None):
    known = [t for t, may in sorted(root.tags.items()) if key_of(t) not in root.strays and may != [None]]
    if not known:
        return []
    tag = chance.choice(known)
    more = () if None not in root.tags[tag] else (NOT_THERE,)
    status, findings = writes(world, root, ["untag", ":".join(tag)], fault=fault, more=more)
    if root.state != LOST and status != NOT_THERE:
        root.wants(tag, None, status == 0)
        if status == 0:
            root.damage.discard(key_of(tag))
            root.recorded.discard(key_of(tag))
    return findings


@operation(8)
def untags(world, root, chance):
    return untag(world, root, chance)


@operation(4)
def untags_hurt(world, root, chance):
    return untag(world, root, chance, some_fault(chance))


def gc(world, root, fault=None):
    status, findings = writes(world, root, ["gc"], fault=fault)
    if status == 0:
        findings += root.after_gc()
    elif root.state != LOST:
        root.cut_gc()
    return findings


@operation(8)
def gcs(world, root, _):
    return gc(world, root)


@operation(4)
def gcs_hurt(world, root, chance):
    return gc(world, root, some_fault(chance))


def rescan(world, root, fault=None):
    root.before_rescan()
    before = root.state_file()
    run = world.program.start(root.path, ["rescan"], fault=fault)
    status, _, err = run.end()
    told(world, root, ["rescan"], None, fault, status, err)
    fine = {0, 6} | ({None, 9} if fault else set())
    if root.locked or root.damage & root.closed:
        fine.add(9)
    findings = [] if status in fine else [f"rescan: status {status}, allowed: {fine}\n{err}"]
    after = root.state_file()
    if not after and before:  # it died between taking the old file away and putting the new one there
        root.state = LOST
    elif after != before:  # also where it died later
        findings += root.after_rescan()
    root.settled = after != before and status in (0, 6)
    if status == 0 and after == before:
        findings.append("rescan: status 0, and the old state is in force")
    return findings


@operation(6)
def rescans(world, root, _):
    return rescan(world, root)


@operation(5)
def rescans_hurt(world, root, chance):
    return rescan(world, root, some_fault(chance))


@operation(10)
def verifies(world, root, _):
    status, _, err, findings = reads(world, root, ["verify"], more=() if root.settled and root.state == OK else (6,))
    if root.settled and root.state == OK and not findings:
        findings += root.verified(status, err)
    return findings


@operation(5)
def lists(world, root, _):
    status, out, _, findings = reads(world, root, ["ls"])
    if status == 0 and root.settled and root.state == OK:
        said = {line.split()[0] for line in out.split("\n") if line and not line.startswith(" ")}
        want = {":".join(t) for t, may in root.tags.items() if may != [None] and key_of(t) not in root.strays}
        if said != want and not root.damage:
            findings.append(f"ls: {sorted(said)}, model: {sorted(want)}")
    return findings


@operation(2)
def tells_status(world, root, _):
    return reads(world, root, ["status"])[3]


# ---- from outside -----------------------------------------------------------------------------

KINDS = ("flip", "truncate", "remove", "mode 0000", "mode 0600", "folder")


def hurt(path, kind, chance):
    if kind == "flip":
        with open(path, "r+b") as file:
            data = bytearray(file.read())
            if data:
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            file.seek(0)
            file.write(data)
    elif kind == "truncate":
        os.truncate(path, os.path.getsize(path) // 2)
    elif kind.startswith("mode"):
        os.chmod(path, int(kind.split()[1], 8))
    else:
        os.remove(path)
        if kind == "folder":
            os.mkdir(path)


@operation(10, lambda world, root: sound(world, root) and len(root.damage) < 3 and root.recorded)
def damages(world, root, chance):
    tree = Tree(root.path)
    good = sorted(k for k in tree.files if k in root.recorded and k not in root.damage | root.strays
                  and os.path.getsize(root.file(k)))
    if not good:
        return []
    key, kind = chance.choice(good), chance.choice(KINDS)
    node = os.stat(root.file(key)).st_ino
    same = {k for k in tree.files if os.stat(root.file(k)).st_ino == node}
    hurt(root.file(key), kind, chance)
    root.spoilt = {k: b for k, b in root.spoilt.items() if k in root.damage - same}
    if kind in ("flip", "truncate"):
        root.spoilt.update(dict.fromkeys(same, Tree(root.path).files[key]))
    world.log.append(f"{root.path}: {kind}: {key}" + (f" and {len(same) - 1} links" if len(same) > 1 else ""))
    if kind.startswith("mode"):
        root.closed |= same
    if kind != "mode 0600":
        root.damage |= {key} if kind in ("remove", "folder") else same - root.strays
    return []


@operation(4)
def unblocks(world, root, _):
    """Somebody takes the folders away that lie where files should."""
    for key in sorted(Tree(root.path).odd):
        if os.path.isdir(root.file(key)):
            os.rmdir(root.file(key))
            root.strays.discard(key)
            world.log.append(f"{root.path}: rmdir {key}")
    return []


@operation(6, lambda world, root: sound(world, root) and not root.locked)
def locks(world, root, chance):
    """A folder in which nothing can be made, and a run that meets it."""
    folders = [".drydock/tmp"] + [os.path.relpath(p, root.path) for p, _, _ in os.walk(root.file("v2"))]
    folder = chance.choice(sorted(folders))
    os.chmod(root.file(folder), 0o555)
    root.locked[folder] = True
    world.log.append(f"{root.path}: chmod 0555 {folder}")
    return stage(world, root, chance)


@operation(4, lambda world, root: sound(world, root) and not root.locked and root.recorded)
def stops_halfway(world, root, chance):
    """A publication that fails before its list, a rescan that fails too, and what comes then (FT1)."""
    for repo in images.REPOS:
        if os.path.isdir(root.file("v2", repo, "tags")):
            os.chmod(root.file("v2", repo, "tags"), 0o555)
            root.locked[f"v2/{repo}/tags"] = True
    world.log.append(f"{root.path}: chmod 0555 v2/*/tags")
    findings = []
    while root.settled and not findings and chance.random() < 0.8:  # until a new tag meets the locked list
        findings = [*stage(world, root, chance), *root.check()]
    fault = some_fault(chance) if chance.random() < 0.7 else None  # most end it before its state is in force
    findings += [*rescan(world, root, fault), *root.check()]
    return findings + unlocks(world, root, chance) + stage(world, root, chance)


@operation(3, lambda world, root: sound(world, root) and root.recorded and not (root.locked or root.damage or root.strays))
def loses_manifests(world, root, chance):
    """A repository of which a rescan finds blobs alone, and the gc that must free them (FT3)."""
    repo = chance.choice(images.REPOS)
    lost = {k for k in Tree(root.path).files if k.startswith(f"v2/{repo}/manifests/")}
    if not lost:
        return []
    shutil.rmtree(root.file("v2", repo, "manifests"))
    root.damage |= lost
    world.log.append(f"{root.path}: rm -r v2/{repo}/manifests")
    return [*rescan(world, root), *root.check(), *gc(world, root)]


@operation(8, lambda world, root: root.locked)
def unlocks(world, root, _):
    root.unlock()
    world.log.append(f"{root.path}: chmod 0755 all folders")
    return []


@operation(3, lambda world, root: sound(world, root) and not root.damage and not root.strays)
def saves_state(world, root, _):
    root.save_state(world.path("state"))
    world.log.append(f"{root.path}: state.db saved")
    return []


@operation(2, lambda world, root: sound(world, root) and root.saved)
def restores_state(world, root, _):
    same = Tree(root.path).files == root.saved[1]
    root.restore_state()
    root.state = UNSURE if same or root.damage or root.strays else LOST
    world.log.append(f"{root.path}: state.db restored, {'as it was' if same else 'an older one'}")
    return []


@operation(2, lambda world, root: sound(world, root) and root.recorded)
def loses_state(world, root, _):
    root.drop_state()
    os.close(os.open(root.file(".drydock", "state.db"), os.O_CREAT | os.O_WRONLY))  # exists() means a root
    root.state = LOST
    world.log.append(f"{root.path}: state.db emptied")
    return []


@operation(2, lambda world, root: root.exists() and not root.locked)
def moves(world, root, chance):
    how = chance.choice(("mv", "cp -a", "cp -r"))
    path = world.path("root")
    subprocess.run([*how.split(), root.path, path], check=True)
    world.log.append(f"{how} {root.path} {path}")
    if how != "mv":
        shutil.rmtree(root.path)
    root.path = path
    return []


@operation(1, lambda world, root: len(world.roots) < 3)
def another_root(world, *_):
    world.roots.append(Root(world.path("root")))
    return []
