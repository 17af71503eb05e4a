"""The model: roots, what each must hold, and the check of one against the other."""
import os
import shutil
import sqlite3

from stage import truth
from stage.truth import Tree, split

OK, LOST, UNSURE = "ok", "lost", "unsure"  # the state file


def key_of(tag):
    return f"v2/{tag[0]}/manifests/{tag[1]}"


class Root:
    """A root, and what the model knows of it."""

    def __init__(self, path):
        self.path = path
        self.tags = {}         # (repo, tag): [what it may be]; None among them: it may not be there
        self.damage = set()    # keys that the model damaged and the state has
        self.doubtful = set()  # those of them that the state may have no more (cut_gc)
        self.spoilt = {}       # key: the bytes that the model has put there
        self.strays = set()    # keys that a rescan left out: in the tree, not in the state
        self.once_strays = set()  # what was one: whether a later run recorded it is not always to be seen
        self.recorded = set()  # keys that the state has
        self.settled = True    # nothing half-done: lists say exactly what there is
        self.unreferred = False  # lists of referrers may be missing
        self.state = OK
        self.locked = {}       # folder: nothing can be made in it
        self.closed = set()    # keys of files that the model took from others
        self.saved = None      # (path of a state file, the tree's files then)

    def file(self, *parts):
        return os.path.join(self.path, *parts)

    def exists(self):
        return os.path.isdir(self.file(".drydock"))

    def state_file(self):
        """Which file the state is (0: none); a rescan puts another in its place."""
        path = self.file(".drydock", "state.db")
        return os.stat(path).st_ino if os.path.exists(path) else 0

    # ---- what the model does to a root -------------------------------------------------------

    def unlock(self):
        for folder in self.locked:
            if os.path.isdir(self.file(folder)):
                os.chmod(self.file(folder), 0o755)
        self.locked = {}

    def save_state(self, path):
        source, target = sqlite3.connect(self.file(".drydock", "state.db")), sqlite3.connect(path)
        source.backup(target)
        source.close()
        target.close()
        self.saved = (path, Tree(self.path).files)

    def drop_state(self):
        for name in os.listdir(self.file(".drydock")):
            if name.startswith("state.db") and "broken" not in name:
                os.remove(self.file(".drydock", name))

    def restore_state(self):
        self.drop_state()
        shutil.copyfile(self.saved[0], self.file(".drydock", "state.db"))

    # ---- what a tag may be -------------------------------------------------------------------

    def wants(self, tag, wanted, sure):
        """`tag` becomes `wanted` (None: it goes), surely or perhaps."""
        self.tags[tag] = [wanted] if sure else [*self.tags.get(tag, [None]), wanted]

    def fits(self, tree, tag, wanted):
        digest = tree.tags().get(tag)
        if wanted is None or digest is None:
            return wanted is None and digest is None
        if isinstance(wanted, str):
            return digest == wanted
        if wanted.digest:
            return digest == wanted.digest
        return tree.configs(tag[0], digest) == wanted.configs

    # ---- the check ---------------------------------------------------------------------------

    def check(self):
        tree = Tree(self.path)
        yield from self._files(tree)
        yield from self._tags(tree)
        if self.settled and self.state == OK:
            yield from self._lists(tree)
            yield from self._referrers(tree)
            self._record(tree)
        if not self.locked:
            self.closed &= tree.closed
            yield from (f"{k} cannot be read by everyone" for k in tree.closed - self.closed)

    def _files(self, tree):
        lost = {k for k in self.recorded if k not in tree.files and truth.DIGEST.search(k)
                and "/referrers/" not in k} if self.settled else set()
        known = self.damage | self.strays
        # What is there is trusted by its digest: rot spreads to other repositories (P2).
        rotten = {split(k)[2] for k in self.damage if truth.DIGEST.search(k)}
        spread = {k for k in tree.wrong - known if split(k) and split(k)[2] in rotten}
        self.damage |= spread
        known = known | spread
        yield from (f"{k} is wrong, and the model did not damage it" for k in tree.wrong - known)
        yield from (f"{k} is gone, and the model did not remove it" for k in lost - known)
        self.damage = {k for k in self.damage if k in tree.wrong or k not in tree.files or k in tree.odd
                       or not self._is_file(k)}
        self.doubtful &= self.damage
        if self.settled and self.doubtful:  # what has come to be reached again is recorded
            self.doubtful -= self._surely_reached(tree)

    def _mended(self, tree, *keys):
        """A list may say what it must and be spoilt where the model does not look."""
        self.damage -= {k for k in keys if k not in tree.odd and not os.path.isdir(self.file(k)) and
                        (k not in self.spoilt or tree.files.get(k) != self.spoilt[k])}

    @staticmethod
    def _is_file(key):
        """A key whose bytes follow from its name; others are looked at where they are checked."""
        return bool(truth.DIGEST.search(key)) and "/referrers/" not in key

    def _tags(self, tree):
        there = tree.tags()
        for tag in sorted(set(there) | set(self.tags)):
            key, allowed = key_of(tag), self.tags.get(tag, [None])
            fitting = [w for w in allowed if self.fits(tree, tag, w)]
            if key in self.strays and not self._published_again(tree, tag, fitting):
                continue
            if key in self.damage:
                self._damaged_tag(tree, tag, fitting)
                continue
            hurt = self.damage & truth.closure(tag[0], there[tag]) if tag in there else set()
            if not fitting and not hurt:
                yield f"{key} is {there.get(tag)}, allowed: {', '.join(map(str, allowed))}"
                continue
            if tag not in there:
                if self.settled:
                    self.tags.pop(tag, None)
                continue
            missing = tree.missing(tag[0], there[tag], self.strays) - self.damage
            yield from (f"{key}: {m} is not there or not right" for m in missing)
            if self.settled and not missing:
                self.tags[tag] = [there[tag]]

    def _published_again(self, tree, tag, fitting):
        """Whether a tag that a rescan left out has been finished by a later run: its list tells."""
        said = tree.read(f"v2/{tag[0]}/tags/list")
        if not self.settled or self.state != OK or not fitting or None in fitting or not said or tag[1] not in said["tags"]:
            return False
        # A child that lacks something of its own stays left out, and the index may do without it.
        apart = {f"v2/{tag[0]}/manifests/{m}" for m in tree.manifests.get(tag[0], ()) if tree.lacks_blobs(tag[0], m)}
        self.strays -= {key_of(tag)} | truth.closure(tag[0], tree.tags()[tag]) - tree.wrong - apart
        return True

    def _damaged_tag(self, tree, tag, fitting):
        """It may have been mended, or, where it may go, have gone: its list tells."""
        key = key_of(tag)
        if fitting and None not in fitting and key not in tree.odd:
            self.damage.discard(key)
        elif self.settled and None in fitting and None in self.tags[tag]:
            said = tree.read(f"v2/{tag[0]}/tags/list")
            if not said or tag[1] not in said["tags"]:
                self.damage.discard(key)
                self.tags.pop(tag)

    def _recorded_now(self, tree):
        """Keys of the tree that the state has."""
        return set(tree.files) - self.strays | self.damage

    def _lists(self, tree):
        there = {t for t in tree.tags() if key_of(t) not in self.strays}
        there |= {split(k)[::2] for k in self.damage if truth.is_tag(k)}
        keys = self._recorded_now(tree)
        repos = {split(k)[0] for k in keys if split(k)}
        for repo in sorted(repos):
            key, tags = f"v2/{repo}/tags/list", sorted(t for r, t in there if r == repo)
            said = tree.read(key)
            if said == {"name": repo, "tags": tags} or said is None and not tags and key not in self.recorded:
                self._mended(tree, key)
            elif key not in self.damage:
                yield f"{key} says {said}, there are {tags}"
        repos, sure = ({split(k)[0] for k in some if split(k) and split(k)[1] == "manifests"}
                       for some in (keys, keys - self.doubtful))
        said = tree.read("v2/_catalog")
        named = repos.intersection(said.get("repositories", [])) if isinstance(said, dict) else set()
        if sure <= named and (said == {"repositories": sorted(named)} or said is None):
            self._mended(tree, "v2/_catalog")
            gone = {f"v2/{repo}/manifests/" for repo in repos - named if said}
            self.forget({k for k in self.doubtful if k[:k.rfind("/") + 1] in gone})
        elif "v2/_catalog" not in self.damage:
            yield f"v2/_catalog says {said}, there are {sorted(repos)}"

    def _referrers(self, tree):
        for repo in tree.repositories():
            mine = {m for m in tree.manifests.get(repo, ()) if f"v2/{repo}/manifests/{m}" not in self.strays}
            hurt = any(split(k) and split(k)[0] == repo for k in self.damage | self.strays if "/manifests/" in k)
            for one in mine | {truth.subject(m) for m in mine} - {None}:
                want = {m for m in mine if truth.subject(m) == one}
                keys = [f"v2/{repo}/referrers/{one}", f"v2/{repo}/manifests/{one.replace(':', '-')}"]
                for key in keys:
                    said = tree.read(key)
                    got = said and {x.get("digest") for x in said.get("manifests", [])}
                    if got == want or got is None and not want and key == keys[1]:
                        self._mended(tree, key)
                    elif key not in self.damage and not self.unreferred and not hurt:
                        yield f"{key} says {got}, there are {want}"

    def _record(self, tree):
        self.recorded = self._recorded_now(tree)

    # ---- what commands must do to files ------------------------------------------------------

    def _reached(self, tree, there):
        """Keys that the tags `there` hold, and those of themselves and of lists."""
        kept = {"v2/_catalog"}
        for repo in tree.repositories():
            tops = [d for (r, t), d in there.items() if r == repo]
            # A referrer that is lost stays recorded with its subject.
            lost = {split(k)[2] for k in self.damage if k.startswith(f"v2/{repo}/manifests/")}
            hold = truth.reached(repo, tops, tree.manifests.get(repo, set()) | lost)
            if tops or any(k in hold for k in tree.files):
                hold.add(f"v2/{repo}/tags/list")
            kept |= hold | {key_of((repo, t)) for r, t in there if r == repo}
        return kept

    def _surely_reached(self, tree):
        """Without the tags that a rescan left out: a later run has recorded them perhaps."""
        doubtful = self.strays | self.once_strays
        return self._reached(tree, {t: d for t, d in tree.tags().items() if key_of(t) not in doubtful})

    def forget(self, keys):
        """Damage that the state has no more."""
        self.damage -= keys
        self.doubtful -= keys
        self.recorded -= keys

    def cut_gc(self):
        """
        A gc did not end well. If its intent is committed, the state has lost the rows of all that no tag
        reaches, and the next run takes the files away; if it is not, nothing has happened. Of a damaged key that
        no tag reaches the tree does not tell which: a file that is gone was perhaps gone before, and one that is
        wrong may still have to go. So the state has it perhaps, until a verify tells (verified), a tag reaches
        it again, or a gc ends well.
        """
        tree = Tree(self.path)
        self.recorded = set()  # what it has removed is seen when it ends well
        self.doubtful |= {k for k in self.damage if not truth.is_tag(k)} - self._surely_reached(tree)

    def verified(self, status, err):
        """Findings: what a verify says of the damage."""
        self.forget({k for k in self.doubtful if k not in err})
        self.doubtful = set()
        if bool(self.damage) != (status != 0):
            yield f"verify: status {status}, damaged: {sorted(self.damage)}\n{err[-1000:]}"

    def after_gc(self):
        """Findings: what is in the tree and no tag reaches."""
        tree = Tree(self.path)
        # What a rescan left out may have been recorded by a stage that was cut short, and stays then.
        kept = self._reached(tree, tree.tags())
        hurt = {split(k)[0] for k in self.damage if split(k)}
        for key in sorted(set(tree.files) - kept - self.once_strays):
            if split(key) and split(key)[0] not in hurt:
                yield f"gc: {key} is reached by no tag"
        self.damage &= kept | set(tree.files) | tree.odd | {k for k in self.damage if truth.is_tag(k)}
        sure = self._surely_reached(tree)
        self.doubtful = {k for k in self.damage if not truth.is_tag(k) and k not in tree.files} - sure - tree.odd
        self.recorded &= set(tree.files) | self.damage

    def before_rescan(self):
        """Tags that hang on what is damaged may go, also where a rescan before has left that out."""
        tree = Tree(self.path)
        hurt = self.damage | self.strays & tree.wrong
        for tag in {split(k)[::2] for k in self.damage if truth.is_tag(k)}:
            self.tags[tag] = [*self.tags.get(tag, []), None]
        for tag, digest in tree.tags().items():
            if hurt & ({key_of(tag)} | truth.closure(tag[0], digest)):
                self.tags[tag] = [*self.tags.get(tag, []), None]

    def after_rescan(self):
        """The state is what the tree has whole; the rest is left out."""
        tree = Tree(self.path)
        lost_lists = any("/referrers/" in k or truth.FALLBACK.search(k) for k in self.damage)
        # Of a gc that stopped halfway the manifests come back, and not the lists that it has removed.
        self.unreferred = self.unreferred or lost_lists or not self.settled
        left_out = set(tree.wrong)
        for repo, manifests in tree.manifests.items():
            left_out |= {f"v2/{repo}/manifests/{m}" for m in manifests if self._incomplete(tree, repo, m)}
        for tag, digest in tree.tags().items():
            if f"v2/{tag[0]}/manifests/{digest}" not in tree.files.keys() - left_out:
                left_out.add(key_of(tag))
                self.tags[tag] = [None, *self.tags.get(tag, [])]
                if None not in self.tags[tag][1:]:
                    yield f"rescan lost {key_of(tag)}"
        self.strays, self.damage, self.doubtful, self.recorded = left_out, set(), set(), set()
        self.once_strays |= left_out
        self.unreferred = self.unreferred or bool(left_out)
        self.state = OK

    @staticmethod
    def _incomplete(tree, repo, digest):
        below = truth.children(digest)[0]
        if tree.lacks_blobs(repo, digest):
            return True
        proofs = {x["digest"] for x in truth.documents[digest].get("manifests", [])
                  if x.get("platform", {}).get("os") == "unknown"}  # attestations do not count
        # What any repository has whole must be here too, or be linked from there (J9).
        if any(tree.somewhere(c) and f"v2/{repo}/manifests/{c}" in tree.files.keys() | tree.odd
               and (c not in tree.manifests.get(repo, ()) or Root._incomplete(tree, repo, c)) for c in below):
            return True
        there = [c for c in below if c not in proofs and c in tree.manifests.get(repo, ())
                 and not Root._incomplete(tree, repo, c)]
        return bool(below) and not there


class World:
    """The roots and archives of one seed; log is what was done."""

    def __init__(self, program, folder, operations):
        self.program, self.folder, self.operations = program, folder, operations
        self.log, self.archives, self.count = [], [], 0
        truth.documents.clear()
        self.roots = [Root(self.path("root"))]

    def path(self, name):
        self.count += 1
        return os.path.join(self.folder, f"{name}.{self.count}")

    def step(self, chance):
        """One operation on one root; -> findings"""
        root = chance.choice(self.roots)
        fitting = [(o, w) for o, w in self.operations if o.fits(self, root)]
        operation = chance.choices([o for o, _ in fitting], [w for _, w in fitting])[0]
        findings = list(operation(self, root, chance))
        if root in self.roots:
            findings += list(root.check())
        return findings

    def close(self):
        for root in self.roots:
            root.unlock()
