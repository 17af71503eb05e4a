"""A bucket that looks at itself whenever it changes: what readers would meet at this very moment."""
import fake_s3_store
from sync import bucket_view
from sync.keys import is_list


class WatchedBucket(fake_s3_store.Bucket):
    """`findings` is what syncs did wrong. What others did is `spoilt`: keys, until a sync writes them."""

    def __init__(self):
        super().__init__()
        self.findings, self.spoilt, self.broken = [], set(), {}
        self.by_others = False  # the change is not a sync's
        self.alone = True       # one sync at a time: a list that it writes names what is there

    def put(self, key, item):
        super().put(key, item)
        self.changed(key, "PUT")

    def remove(self, key):
        super().remove(key)
        self.changed(key, "DELETE")

    def changed(self, key, verb):
        if self.by_others:
            self.broken = bucket_view.broken(self.objects)
            return
        self.spoilt.discard(key)
        before, self.broken = self.broken, bucket_view.broken(self.objects)
        for tag, missing in self.broken.items():
            if tag not in before and not missing & self.spoilt:
                self.findings.append(("", f"after {verb} {key} the tag {':'.join(tag)} lacks {sorted(missing)}"))
        if verb == "PUT" and is_list(key) and self.alone:
            wrong = bucket_view.list_difference(self.objects, key, bucket_view.without_tags(self.objects))
            if wrong:
                self.findings.append(("FY2", f"when it is written, {wrong}"))

    def take_findings(self):
        found, self.findings = self.findings, []
        return found

