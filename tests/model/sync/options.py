"""Random options of a sync, and what it meets at the server."""
import fnmatch
import signal

INTERNAL = {"do": "status", "status": 500, "code": "InternalError"}
FAULTS = (
    INTERNAL,
    {"do": "status", "status": 503, "code": "SlowDown"},
    {"do": "lost"},
    {"do": "drop"},
    {"do": "drop", "after": 0},
    {"do": "cut", "op": "GetObject|ListObjectsV2"},
    {"do": "delay", "seconds": 0.1},
    {"do": "signal", "signal": signal.SIGKILL, "effect": True},
    {"do": "signal", "signal": signal.SIGKILL, "after": 0},
    {"do": "signal", "signal": signal.SIGTERM, "effect": True},
)
REFUSALS = (
    {"op": "DeleteObject", "do": "status", "status": 403, "code": "AccessDenied", "times": 0},
    {"op": "DeleteObject", "key": "/manifests/", "do": "status", "status": 403, "code": "AccessDenied", "times": 0},
    {"op": "DeleteObject", "do": "status", "status": 403, "code": "AccessDenied", "nth": 2},
    {"op": "PutObject", "key": "/manifests/", "do": "status", "status": 403, "code": "AccessDenied"},
    {"op": "PutObject", "key": "/blobs/", "do": "status", "status": 403, "code": "AccessDenied", "nth": 2},
)
CLASSES = ("/manifests/", "/manifests/sha256:", "/blobs/", "/referrers/", "/tags/list")
DOWN = {"do": "drop", "after": 0, "times": 0}
GLOBS = ("app", "app/*", "team/app", "app:1", "*:latest", "*:[12]")


class Options:
    """words: of the command line; rules: of the server."""

    def __init__(self, words, rules):
        self.words, self.rules = words, rules

    def has(self, *words):
        return any(word in self.words for word in words)

    @property
    def deletes(self):
        return self.has("--delete", "--delete=foreign")

    def _globs(self, option):
        return [self.words[n + 1] for n, word in enumerate(self.words) if word == option]

    @property
    def filtered(self):
        return self.has("--include", "--exclude")

    def chooses(self, tag):
        def fits(glob):
            repo, colon, name = glob.partition(":")
            return fnmatch.fnmatchcase(tag[0], repo) and (not colon or fnmatch.fnmatchcase(tag[1], name))
        included, excluded = self._globs("--include"), self._globs("--exclude")
        return not any(map(fits, excluded)) and (not included or any(map(fits, included)))

    def forces(self, tag):
        return ":".join(tag) in self._globs("--force-tag")

    def meets(self, *actions):
        return any(rule["do"] in actions for rule in self.rules)

    @property
    def refused(self):
        """A fault that fails an object for good."""
        return any(rule.get("status") == 403 for rule in self.rules)

    @property
    def down(self):
        return any(rule["do"] == "drop" and rule.get("times") == 0 for rule in self.rules)

    def signals(self):
        return {rule["signal"] for rule in self.rules if rule["do"] == "signal"}

    @property
    def bounded(self):
        return self.has("--max-transfer", "--max-duration", "--max-delete")

    def __str__(self):
        return " ".join([*self.words, *map(str, self.rules)])


def some_words(chance, may_delete=True):
    words = ["--multipart-threshold", "5MiB", "--part-size", "5MiB"] if chance.random() < 0.5 else []
    if may_delete and chance.random() < 0.45:
        words += [chance.choice(("--delete", "--delete=foreign"))]
        if chance.random() < 0.9:
            words += ["--grace", "0s"]
    if chance.random() < 0.2:
        words += [chance.choice(("--include", "--exclude")), chance.choice(GLOBS)]
    if chance.random() < 0.15:
        words += ["--check-metadata"]
    if chance.random() < 0.1:
        words += ["--paranoid"]
    if chance.random() < 0.2:
        words += ["-j", chance.choice(("1", "2", "16"))]
    return words


def some(chance):
    words, rules, dice = some_words(chance), [], chance.random()
    if dice < 0.07:
        words += chance.choice((["--max-transfer", "2KiB"], ["--max-delete", "1"], ["--max-duration", "200ms"]))
        if words[-2] == "--max-duration":
            rules = [{"do": "delay", "seconds": 0.06, "times": 0, "nth": chance.randrange(1, 20)}]
    elif dice < 0.35:
        rules = [dict(chance.choice(FAULTS), nth=int(2 ** chance.uniform(0, 5.5)))]
    elif dice < 0.5:
        rules = [dict(chance.choice(REFUSALS))]
    elif dice < 0.53:
        rules = [dict(DOWN, nth=chance.randrange(1, 20))]
    return Options(words, rules)
