"""What happens to roots: each operation takes the world and a chance, and yields (id, what is wrong)."""
import time

from sync.keys import name_of
from sync.root import Staged

REPOS, TAGS = ("app", "app/zoo", "team/app"), ("1", "2", "latest")
ALL_TAGS = [(repo, tag) for repo in REPOS for tag in TAGS]
OLDER = "the state is older than the tree"


def some_root(world, chance):
    there = [root for root in world.roots if root.exists()]
    return chance.choice(there) if there else None


def told(world, root, words, status, err):
    world.tell(f"{root.name}: {' '.join(words)} -> {status}")
    if status != 0:
        yield "", f"{words[0]}: status {status}\n{err[-1500:]}"


def stage(world, chance):
    return stage_tag(world, chance, chance.choice(world.roots), (chance.choice(REPOS), chance.choice(TAGS)))


def stage_tag(world, chance, root, tag):
    names = sorted(world.images)
    image = chance.choices(names, [1 if name == "large" else 4 for name in names])[0]
    before, begun = root.tags().get(tag), time.time()
    status, _, err = root.run("stage", "-q", "-t", name_of(tag), world.images[image])
    yield from told(world, root, ("stage", name_of(tag), image), status, err)
    if root.tags().get(tag) != before or tag in root.known.untagged:
        # The first one may be older than this run: nothing that the root knows of the tag came before it.
        age = 0 if status != 0 or tag in root.known.had or chance.random() < 0.3 else chance.randrange(1, 5000)
        root.known.staged[tag] = Staged(world.serial, begun, time.time(), age)
        root.known.had.add(tag)
        if age:
            root.age(tag, age)
    root.known.untagged.pop(tag, None)


def untag(world, chance):
    root = some_root(world, chance)
    tags = sorted(root.tags()) if root else ()
    if not tags:
        return
    for tag in chance.sample(tags, min(len(tags), chance.choice((1, 1, 2, 4)))):
        yield from untag_tag(world, root, tag)


def untag_tag(world, root, tag):
    status, _, err = root.run("untag", "-q", name_of(tag))
    yield from told(world, root, ("untag", name_of(tag)), status, err)
    root.known.staged.pop(tag, None)
    root.known.untagged[tag] = root.known.sent.get(tag)


def gc(world, chance):
    root = some_root(world, chance)
    return gc_root(world, root) if root else ()


def gc_root(world, root):
    status, _, err = root.run("gc", "-q")
    yield from told(world, root, ("gc",), status, err)


def save(world, chance):
    root = some_root(world, chance)
    if root:
        root.save()
        root.save_state()
        world.tell(f"{root.name}: is saved")
    return ()


def roll_back(world, chance):
    root = some_root(world, chance)
    if root and root.saved:
        root.roll_back()
        root.saved_state = None
        world.tell(f"{root.name}: is rolled back")
    return ()


def restore_state(world, chance):
    """Its state alone goes back: one that is older than the tree is told, and a rescan mends that."""
    root = some_root(world, chance)
    if not root or not root.saved_state:
        return
    _, keys, tags = root.saved_state
    same = keys == sorted(root.keys()) and tags == root.tags()
    root.restore_state()
    root.saved_state = None
    world.remote.take_log()
    status, _, err = root.run("ls")
    world.tell(f"{root.name}: its state alone is rolled back; ls -> {status}")
    if not same and OLDER not in err:
        yield "FY9", f"a state that is older than its tree is not told: ls: {status} {err}"
    status, _, err = root.run("rescan", "-q")
    yield from told(world, root, ("rescan",), status, err)
    known = root.known
    # What the state knows as sent and the tree has no more was untagged.
    once = {**root.saved[1].sent, **root.saved[1].untagged, **known.untagged} if root.saved else known.untagged
    gone = {tag: once[tag] for tag in once if tag not in root.tags()}
    known.sent, known.untagged, known.rescanned, known.unfinished = {}, gone, True, True
    now = Staged(world.serial, 0, time.time())
    known.staged = {tag: known.staged.get(tag, now).rescanned() for tag in root.tags()}


OPERATIONS = ((30, stage), (9, untag), (5, gc), (4, save), (4, roll_back), (2, restore_state))
