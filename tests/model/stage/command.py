"""One command on a root: run, told in the log, its status held against what cli.md allows."""
from common.program import Fault
from stage.world import LOST, OK, UNSURE, Tree

PARTIAL, NOT_THERE, INTEGRITY, STORAGE, LOCKED = 3, 4, 6, 9, 11  # statuses of cli.md


def some_fault(chance):
    kind = chance.choice(("kill", "kill", "sigkill", "EIO", "ENOSPC"))
    return Fault(kind, int(2 ** chance.uniform(0, 6 if kind == "sigkill" else 8)))


def told(world, root, words, stdin, fault, status, err):
    world.log.append(f"{root.path}: {' '.join(words)}" + (f" <{stdin}" if stdin else "")
                     + (f" [{fault}]" if fault else "") + (" [locked]" if root.locked else "") + f" -> {status}"
                     + "".join("\n" + line for line in err.strip().split("\n")[:3] if line))


def allowed(root, fault, more):
    found = {0, *more}
    if fault:
        found.add(None)
        if fault.kind in ("EIO", "ENOSPC"):
            found.add(STORAGE)
    if root.locked:
        found |= {STORAGE, PARTIAL}
    if root.damage or root.strays:
        found |= {INTEGRITY, STORAGE, PARTIAL}
    if root.state == LOST:
        found &= {None, STORAGE, LOCKED}
    if not root.recorded and not root.settled:  # what was to become a root may be none
        found.add(NOT_THERE)
    return found | {NOT_THERE} if root.state != OK else found


def judged(root, words, status, fine, out_err):
    """What is wrong with a status; and what it tells of the state file."""
    if status not in fine:
        yield f"{' '.join(words)}: status {status}, allowed: {sorted(map(str, fine))}\n{out_err[-1500:]}"
    if root.state == UNSURE and status in (0, NOT_THERE):
        root.state = LOST if status else OK


def reads(world, root, words, more=()):
    """A command that changes nothing. -> (status, output, messages, findings)"""
    status, out, err = world.program.start(root.path, words).end()
    told(world, root, words, None, None, status, err)
    fine = allowed(root, None, more)
    return status, out, err, list(judged(root, words, status, fine, err))


def writes(world, root, words, stdin=None, fault=None, more=()):
    """A command that changes the root. -> (status, findings)"""
    run = world.program.start(root.path, words, stdin, fault)
    status, _, err = run.end()
    told(world, root, words, stdin, fault, status, err)
    findings = list(judged(root, words, status, allowed(root, fault, more), err))
    ended(root, status)
    return status, findings


def ended(root, status):
    """Only what ended well has finished what others had begun."""
    root.settled = status == 0 or root.settled and status in (NOT_THERE, LOCKED)


__all__ = ["Tree", "Fault", "some_fault", "told", "allowed", "judged", "reads", "writes", "ended"]
