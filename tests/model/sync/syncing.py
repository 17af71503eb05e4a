"""Syncs: one with its dry run before it, and two at once."""
from sync import bucket_view, judge, options as opt
from sync.keys import key_of, name_of, tag_of
from sync.root import GIVES_UP, PATIENT, ended, events_of
from sync.roots import ALL_TAGS, gc_root, some_root, stage_tag, untag_tag


class Run:
    """A run that has ended: its status, events and messages, and the requests that the server saw."""

    def __init__(self, status, out, err, log):
        self.status, self.events, self.err, self.log = status, events_of(out), err, log

    def actions(self):
        return {(e["action"], e["key"]) for e in self.events if e["event"] == "plan"}

    def told(self, *actions):
        """Tags of which these were told."""
        events = (e for e in self.events if e["event"] in ("plan", "object") and e.get("action") in actions)
        return {tag_of(e["key"]) for e in events} - {None}

    def summary(self):
        return next((e for e in self.events if e["event"] == "summary"), {})

    def writes(self):
        return [f"{e['op']} {e['key']}" for e in self.log if e["method"] not in ("GET", "HEAD")]


def run(world, root, words, rules=(), command="sync"):
    remote = world.remote
    remote.take_log()
    remote.rules(rules)
    down = opt.Options(words, rules).down
    process = root.start_sync(*words, command=command, patience=GIVES_UP if down else PATIENT)
    remote.client(process.pid)
    status, out, err = ended(process)
    remote.settle()
    return Run(status, out, err, remote.take_log())


class Before:
    """The bucket and the root as a sync finds them."""

    def __init__(self, world, root):
        objects = world.remote.objects
        self.tags, self.wrong = bucket_view.tags(objects), bucket_view.wrong_lists(objects)
        self.sent = dict(root.known.sent)
        repos = bucket_view.repositories(objects) | {repo for repo, _ in root.tags()}
        self.named = {repo: bucket_view.named_tags(objects, repo) for repo in repos}
        self.catalog = bucket_view.named_repositories(objects)
        self.spoilt = set(world.remote.bucket.spoilt)

    def names(self, tag):
        """Whether the lists name it; where there is no list of tags the catalogue tells."""
        named = self.named.get(tag[0])
        if named is None:
            return self.catalog is None or tag[0] in self.catalog
        return tag[1] in named


def sync(world, chance):
    root = some_root(world, chance)
    if not root or not root.tags():
        return
    options = opt.some(chance)
    if root.known.rescanned and options.deletes:
        options.words = [w for w in options.words if not w.startswith("--delete")]
    yield from sync_with(world, chance, root, options, chance.random() < 0.6)


def sync_with(world, chance, root, options, look_first):
    held = sorted(tag for tag in root.held if options.chooses(tag) and tag in root.tags())
    if held and chance.random() < 0.5:
        options.words += [w for tag in held for w in ("--force-tag", ":".join(tag))]
    before, dry, unfinished = Before(world, root), None, root.known.unfinished
    if look_first:
        dry = run(world, root, [*options.words, "-n"])
        yield from judge.dry(world, before, dry)
        if chance.random() < 0.3:
            yield from judge.diff(dry, run(world, root, options.words, command="diff"))
    did = run(world, root, options.words, options.rules)
    world.tell(f"{root.name}: sync {options} -> {did.status}" + (" (a dry run before)" if dry else ""))
    world.tell("     " + ", ".join(f"{a} {k}" for a, k in sorted(did.actions()) if "blobs/" not in k)[:1500])
    yield from judge.sync(world, root, options, before, did)
    if dry and not unfinished:  # a dry run does not look what arrived
        yield from judge.same(world, dry, did, options)
    if did.status == 0 and not world.remote.bucket.spoilt and not options.bounded:
        yield from again(world, root, options, did)


def again(world, root, options, first):
    """With nothing new there is nothing to do."""
    words = [w for w in options.words if w != "--paranoid"]
    before = Before(world, root)
    second = run(world, root, words)
    if second.status == 0 and options.deletes and all(w.startswith("DeleteObject") for w in second.writes()):
        second = run(world, root, words)  # what referred to it had to go first
    returned = {key for _, key in second.actions() if tag_of(key) in first.told("kept")}
    if second.status != 0 or second.writes():
        yield "FY9" if returned else "", \
            f"a second sync ends with {second.status} and sends {second.writes()}\n{second.err[-500:]}"
    judge.note(world, root, before, second)


def holds_while_deleting(world, chance):
    """A tag is held, and what would go stays therefore: the dry run knows that (FY2, FY3)."""
    root = some_root(world, chance)
    if not root or not root.tags() or root.known.rescanned:
        return
    yield from sync_with(world, chance, root, opt.Options([], []), False)
    mine, theirs = root.tags(), bucket_view.tags(world.remote.objects)
    pairs = [(tag, other) for tag in sorted(mine) for other in sorted(theirs)
             if tag[0] == other[0] and theirs.get(tag) == mine[tag] != theirs[other]]
    if not pairs or len(mine) < 2 or world.remote.bucket.spoilt:
        return
    held, other = chance.choice(pairs)
    world.remote.copy(key_of(other), key_of(held))
    world.staged.pop(held, None)
    world.tell(f"others: {name_of(held)} becomes what {name_of(other)} is")
    yield from stage_tag(world, chance, root, held)
    yield from untag_tag(world, root, chance.choice([tag for tag in sorted(mine) if tag != held]))
    yield from gc_root(world, root)
    delete = chance.choice(("--delete", "--delete=foreign"))
    yield from sync_with(world, chance, root, opt.Options([delete, "--grace", "0s"], []), True)


def contests(world, chance):
    """Two roots stage a tag that neither has had; which of them sends it first says nothing (FY9)."""
    pair = chance.sample(world.roots, min(len(world.roots), 2))
    tags = [tag for tag in ALL_TAGS if not any(tag in root.known.had for root in pair)]
    if len(pair) < 2 or not tags:
        return
    tag = chance.choice(tags)
    for root in pair:
        yield from stage_tag(world, chance, root, tag)
    for root in chance.sample(pair, 2):
        yield from sync_with(world, chance, root, opt.Options([], []), False)


def may_not_delete(world, chance):
    """A repository's tags go, and what they reached, and something of that is refused: what stays is named (FY2)."""
    root = some_root(world, chance)
    if not root or not root.tags() or root.known.rescanned:
        return
    repo = chance.choice(sorted(root.tags()))[0]
    mine, others = ([tag for tag in ALL_TAGS if (tag[0] == repo) == same] for same in (True, False))
    for tag in chance.sample(mine, 2):
        if sum(t in root.tags() for t in mine) < 2:  # one of two may be refused
            yield from stage_tag(world, chance, root, tag)
    if not any(tag in root.tags() for tag in others):  # a root without tags removes nothing
        yield from stage_tag(world, chance, root, chance.choice(others))
    yield from sync_with(world, chance, root, opt.Options([], []), False)
    goes = [tag for tag in mine if tag in root.tags()]
    for tag in goes if chance.random() < 0.6 else goes[1:]:
        yield from untag_tag(world, root, tag)
    yield from gc_root(world, root)
    delete = chance.choice(("--delete", "--delete=foreign"))
    rule = {"op": "DeleteObject", "key": chance.choice(opt.CLASSES), "do": "status", "status": 403,
            "code": "AccessDenied", "times": chance.choice((0, 1))}
    yield from sync_with(world, chance, root, opt.Options([delete, "--grace", "0s"], [rule]), chance.random() < 0.5)


def two_at_once(world, chance):
    """Two roots, without --delete; then each once more, and all is in order."""
    roots = [root for root in world.roots if root.exists() and root.tags()]
    if len(roots) < 2:
        return
    pair, remote = chance.sample(roots, 2), world.remote
    befores = [Before(world, root) for root in pair]
    words = [opt.some_words(chance, may_delete=False) for _ in pair]
    remote.bucket.alone = False
    remote.take_log()
    processes = [root.start_sync(*some) for root, some in zip(pair, words)]
    ends = [ended(process) for process in processes]
    remote.settle()
    remote.bucket.alone = True
    log = remote.take_log()
    for root, before, some, (status, out, err) in zip(pair, befores, words, ends):
        did = Run(status, out, err, log)
        world.tell(f"{root.name}: sync {' '.join(some)} (at once) -> {status}")
        yield from judge.status(world, root, opt.Options(some, []), did)
        judge.note(world, root, before, did, sure=False)
    for tag in pair[0].tags().items() & pair[1].tags().items():  # sent by one of them
        first, second = (root.known.staged.get(tag[0]) for root in pair)
        if world.staged.get(tag[0]) is second:
            world.staged[tag[0]] = first and second and first.perhaps(second)
    for root in pair:
        before, options = Before(world, root), opt.Options([], [])
        did = run(world, root, [])
        world.tell(f"{root.name}: sync (afterwards) -> {did.status}")
        yield from judge.sync(world, root, options, before, did)


OPERATIONS = ((36, sync), (5, two_at_once), (3, holds_while_deleting), (3, contests), (3, may_not_delete))
