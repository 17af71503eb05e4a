"""The model: some roots, one bucket, and what is known of both."""
import os

from sync import images, others, roots, syncing
from sync.remote import FLAVOURS, Remote
from sync.root import Root

OPERATIONS = roots.OPERATIONS + others.OPERATIONS + syncing.OPERATIONS


class World:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.log, self.serial = [], 0
        self.remote, self.roots = Remote(), []
        self.images = images.make_all(folder)
        self.removed = {}  # tag: (what it was, serial) when a sync removed it
        self.staged = {}   # tag: when what the bucket has was staged

    def close(self):
        self.remote.close()

    def tell(self, line):
        self.log.append(line)

    def begin(self, chance):
        flavour, count = chance.choice(FLAVOURS), chance.choice((1, 2, 2, 3, 4))
        self.remote.become(flavour)
        self.roots = [Root(self.program, os.path.join(self.folder, name), self.remote.url) for name in "abcd"[:count]]
        self.tell(f"{count} roots, a server {flavour}")

    def step(self, chance):
        """Makes one operation; -> findings."""
        if not self.roots:
            self.begin(chance)
        self.serial += 1
        operation = chance.choices([o for _, o in OPERATIONS], [weight for weight, _ in OPERATIONS])[0]
        findings = list(operation(self, chance)) + self.remote.bucket.take_findings()
        return [f"{name}: {text}" if name else text for name, text in findings]
