"""One root, what the model knows of it, and drydock at work on it."""
import copy
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess

from sync.keys import tag_of
from sync.remote import BUCKET

OUR_WAY = ("--retry-max-delay", "10ms")
# A busy machine may keep even this server from answering for seconds: only one that is down is given up.
PATIENT = ("--give-up-after", "60s", "--connect-wait", "60s")
GIVES_UP = ("--give-up-after", "2s", "--connect-wait", "2s")


class Staged:
    """When a tag came to point where it points: the serial of the operation, and seconds between which the date
    that the state has of it lies."""

    def __init__(self, serial, earliest, latest, age=0):
        self.serial, self.age, self.earliest, self.latest = serial, age, int(earliest) - age, latest - age

    def surely_before(self, other):
        return self.latest < other.earliest

    def rescanned(self):
        """The date is the one that it was, or that of the file, which another tag may have written before."""
        return Staged(self.serial, 0, self.latest + self.age)

    def perhaps(self, other):
        """It is this, or `other`."""
        return Staged(min(self.serial, other.serial), min(self.earliest, other.earliest),
                      max(self.latest, other.latest))


class Known:
    """What a roll-back of the whole root takes back as well."""

    def __init__(self):
        self.staged = {}    # tag: Staged
        self.had = set()    # tags that were ever staged
        self.sent = {}      # tag: SHA-256 of what this root last put into the bucket
        self.untagged = {}  # tag: what the root had last put there, when it was untagged
        self.rescanned = False   # no whole sync since
        self.unsure = set()  # tags that a run put before it was killed: perhaps it could not note that
        self.unfinished = False  # its last sync did not end: the next one first looks what arrived


class Root:
    def __init__(self, program, path, url):
        self.program, self.path, self.url, self.name = program, path, url, os.path.basename(path)
        self.known, self.saved, self.saved_state = Known(), None, None
        self.rolled_back, self.held = False, set()

    def start(self, *words):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("DRYDOCK_", "AWS_", "XDG_")) and "proxy" not in k.lower()}
        env.update(AWS_ACCESS_KEY_ID="id", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="us-east-1",
                   AWS_EC2_METADATA_DISABLED="true", HOME=os.path.dirname(self.path))
        return subprocess.Popen([self.program, "--root", self.path, *words], env=env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")

    def run(self, *words):
        """-> (status, output, messages)"""
        return ended(self.start(*words))

    def start_sync(self, *options, command="sync", patience=PATIENT):
        return self.start(command, f"s3://{BUCKET}", "--endpoint-url", self.url, "--json", *OUR_WAY, *patience, *options)

    def exists(self):
        return os.path.exists(os.path.join(self.path, ".drydock", "state.db"))

    def read(self, key):
        """Bytes of a file of the tree, or None."""
        try:
            with open(os.path.join(self.path, key), "rb") as file:
                return file.read()
        except OSError:
            return None

    def keys(self):
        for folder, _, names in os.walk(os.path.join(self.path, "v2")):
            for name in names:
                yield os.path.relpath(os.path.join(folder, name), self.path)

    def tags(self):
        """(repository, tag): SHA-256 of the manifest that it is, from the tree itself."""
        return {tag_of(key): hashlib.sha256(self.read(key)).hexdigest() for key in self.keys() if tag_of(key)}

    # ---- roll-backs --------------------------------------------------------------------------

    def save(self):
        path = self.path + ".saved"
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self.path, path, symlinks=True)
        self.saved = (path, copy.deepcopy(self.known))

    def roll_back(self):
        path, known = self.saved
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(path, self.path, symlinks=True)
        self.known, self.rolled_back = copy.deepcopy(known), True

    def age(self, tag, seconds):
        """As if the tag had been staged so long before."""
        connection = sqlite3.connect(self.state_path())
        with connection:
            connection.execute("UPDATE tag SET staged_at = staged_at - ? WHERE repo = ? AND name = ?", (seconds, *tag))
        connection.close()

    def state_path(self):
        return os.path.join(self.path, ".drydock", "state.db")

    def save_state(self):
        path = self.path + ".state"
        if os.path.exists(path):
            os.remove(path)
        source, target = sqlite3.connect(self.state_path()), sqlite3.connect(path)
        source.backup(target)
        source.close()
        target.close()
        self.saved_state = (path, sorted(self.keys()), self.tags())

    def restore_state(self):
        for end in ("-wal", "-shm"):
            if os.path.exists(self.state_path() + end):
                os.remove(self.state_path() + end)
        shutil.copyfile(self.saved_state[0], self.state_path())
        self.rolled_back = True


def ended(process):
    try:
        out, err = process.communicate(timeout=150)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += "\nthe model: it did not end within 150 s"
        return "hung", out, err
    return process.returncode, out, err


def events_of(out):
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]
