"""What must hold after a sync; each finding is (id or "", text)."""
import collections
import signal

from sync import bucket_view
from sync.keys import CATALOG, is_list, key_of, list_of, name_of, tag_of

OK, USAGE, PARTIAL, TEMPORARY, INTEGRITY, TRANSFER, DURATION, TERMINATED = 0, 2, 3, 5, 6, 8, 10, 143  # cli.md
NEWER = "the bucket's is newer"
# As drydock counts requests.
KINDS = {"ListObjectsV2": "LIST", "ListParts": "LIST", "ListMultipartUploads": "LIST", "HeadObject": "HEAD",
         "GetObject": "GET", "PutObject": "PUT", "UploadPart": "PUT", "CopyObject": "COPY", "UploadPartCopy": "COPY",
         "DeleteObject": "DELETE", "AbortMultipartUpload": "DELETE"}


# ---- the dry run ------------------------------------------------------------------------------

def dry(world, before, run):
    if run.writes():
        yield "", f"the dry run sent {run.writes()}"
    if bucket_view.tags(world.remote.objects) != before.tags:
        yield "", "the dry run changed the bucket"


def diff(dry_run, run):
    if run.writes():
        yield "", f"diff sent {run.writes()}"
    if (run.status, run.actions()) != (dry_run.status, dry_run.actions()):
        yield "FY3", f"sync -n ends with {dry_run.status} and says {sorted(dry_run.actions())}, " \
                     f"diff {run.status} and {sorted(run.actions())}\n{run.err[-500:]}"


def has_failed(entry):
    return entry["rule"] in ("status", "drop", "cut") or entry["status"] == 0


def looks(log):
    """Whether it looked at the bucket again because a write with a condition failed, or because the
    catalogue names a repository that has no list (W4)."""
    return any(has_failed(e) and {"if-match", "if-none-match"} & set(e["headers"])
               or e["status"] == 404 and e["key"].endswith("/tags/list") for e in log)


def first_attempts(log):
    """{kind: requests}, without those that came because another one had failed."""
    counts = collections.Counter()
    failed = collections.Counter()
    for entry in log:
        what = entry["op"], entry["key"], entry["query"].get("partNumber"), entry["query"].get("continuation-token")
        if failed[what]:
            failed[what] -= 1
        else:
            counts[KINDS.get(entry["op"], "POST")] += 1
        failed[what] += has_failed(entry)
    return dict(counts)


def same(world, dry_run, run, options):
    """The dry run said what the run did, as long as nothing that it cannot know came between."""
    if options.meets("signal") or options.down or options.bounded:
        return
    said, did = dry_run.actions(), run.actions()
    if said != did:
        yield "FY3", f"the dry run says {sorted(said - did)}, the run {sorted(did - said)}"
    if options.refused:
        return
    if dry_run.status != run.status:
        yield "FY3", f"the dry run ends with {dry_run.status}, the run with {run.status}\n" \
                     f"{dry_run.err[-500:]}\n{run.err[-500:]}"
    gone = {e["key"] for e in run.log if e["op"] == "DeleteObject" and e["status"] == 204}
    goes = {key for action, key in said if action == "delete"}
    if dry_run.status == run.status and gone != goes:
        yield "FY3", f"the dry run says that {sorted(goes - gone)} go, which stay, and not {sorted(gone - goes)}"
    refused = any(e["status"] in (400, 403, 409, 412, 501) for e in run.log)
    announced, made = dry_run.summary().get("requests"), first_attempts(run.log)
    if run.status == OK and not refused and not options.meets("lost", "cut") and announced is not None:
        unsure = {"HEAD"} if world.remote.fake.options.folders else set()  # v2/ has no ETag there: learnt by the run
        unsure |= {"HEAD", "GET", "LIST"} if looks(run.log) else set()
        announced, made = ({kind: count for kind, count in counts.items() if count and kind not in unsure}
                           for counts in (announced, made))
        if announced != made:
            yield "FN12", f"the dry run announces {announced}, the run made {made}: " + \
                ", ".join(f"{e['op']} {e['key'][-40:]} {e['rule']} {e['status']}" for e in run.log)


# ---- the run ----------------------------------------------------------------------------------

def sync(world, root, options, before, run):
    after = bucket_view.tags(world.remote.objects)
    yield from status(world, root, options, run)
    yield from ours(root, options, after, run)
    yield from returned(world, root, before, after)
    yield from overwritten(world, root, options, before, after, run)
    yield from kept(world, root, before, run)
    yield from gone(root, options, before, after)
    yield from lists(world, root, options, before, run)
    if run.status == OK and options.has("--check-metadata") and not options.rules:
        yield from headers(world, root, options)
    if run.status == OK and not options.filtered:
        yield from leftovers(world, root)
    note(world, root, before, run)
    if run.status == OK and not options.filtered and not options.deletes:
        root.known.rescanned = False


def status(world, root, options, run):
    held, spoilt = run.told("held"), world.remote.bucket.spoilt
    fine = {OK}
    if held or options.refused or spoilt or options.meets("garbage"):
        fine.add(PARTIAL)
    if spoilt:
        fine.add(INTEGRITY)
    if options.down:
        fine.add(TEMPORARY)
    if options.has("--max-transfer"):
        fine.add(TRANSFER)
    if options.has("--max-duration"):
        fine.add(DURATION)
    if options.has("--max-delete"):
        fine.add(USAGE if "--max-delete" in run.err else OK)
    if signal.SIGKILL in options.signals():
        fine.add(-signal.SIGKILL)
    if signal.SIGTERM in options.signals():
        fine.add(TERMINATED)
    if run.status not in fine:
        yield "", f"sync: status {run.status}, allowed {sorted(fine)}\n{run.err[-1500:]}"
    if run.status == OK and held:
        yield "FY3", f"status 0 with held tags {sorted(held)}"
    root.held = {tag for tag in held if root.tags().get(tag)}


def ours(root, options, after, run):
    """After status 0 each chosen tag is there, or it was told why not."""
    told = run.told("kept", "held")
    for tag, wanted in sorted(root.tags().items()):
        if run.status == OK and options.chooses(tag) and after.get(tag) != wanted and tag not in told:
            yield "", f"{name_of(tag)} of the root is not in the bucket, and nothing was told of it"


def returned(world, root, before, after):
    """A tag that a sync removed stays removed, whatever older root has it."""
    for tag, wanted in sorted(root.tags().items()):
        was = world.removed.get(tag)
        if not was or tag in root.known.unsure or tag in before.tags or tag not in after or before.spoilt:
            continue
        if before.names(tag):
            continue  # a run that was cut short left it named: it may have got lost
        digest, serial = was
        staged = root.known.staged.get(tag)
        if before.sent.get(tag) == wanted == digest and (not staged or staged.serial < serial):
            yield "FY9", f"{name_of(tag)}, which was removed, came back"


def overwritten(world, root, options, before, after, run):
    """A tag that was staged earlier overwrites none that was staged later (W1)."""
    for tag, digest in sorted(before.tags.items()):
        if after.get(tag, digest) == digest or options.forces(tag) or key_of(tag) in before.spoilt:
            continue
        theirs, mine = world.staged.get(tag), root.known.staged.get(tag)
        if theirs and mine and mine.surely_before(theirs) and tag in run.told("tag"):
            yield "", f"{name_of(tag)} was staged later by another root, and was overwritten"


def kept(world, root, before, run):
    """Without a record the tag that was staged later wins, whichever was sent later (W1): what is said to be newer
    in the bucket was not staged before ours."""
    for event in run.events:
        if event["event"] == "plan" and event["action"] == "kept" and event.get("why") == NEWER:
            tag = tag_of(event["key"])
            theirs, mine = world.staged.get(tag), root.known.staged.get(tag)
            if theirs and mine and theirs.surely_before(mine) and event["key"] not in before.spoilt:
                yield "FY9", f"{name_of(tag)} of the bucket was staged before ours, and is kept as newer"


def gone(root, options, before, after):
    for tag in sorted(set(before.tags) - set(after)):
        if tag in root.tags():
            yield "", f"{name_of(tag)} is in the root, and was removed"
        elif not options.chooses(tag):
            yield "", f"{name_of(tag)} was left out, and was removed"
        elif options.has("--delete=foreign"):
            continue
        elif tag not in root.known.untagged:
            yield "", f"{name_of(tag)} was removed, and this root did not untag it"
        elif before.tags[tag] != before.sent.get(tag, before.tags[tag]):
            yield "", f"{name_of(tag)} was removed, and it was another root's"


def lists(world, root, options, before, run):
    """Whatever fails, a right list stays right; one that ended well mends those that it knows (FY2)."""
    bucket = world.remote.bucket
    # One whose tags have all failed is not in the catalogue yet; what could not be removed is in it again.
    new = bucket_view.without_tags(bucket.objects) - (before.catalog or set()) if run.status == PARTIAL else ()
    wrong = bucket_view.wrong_lists(bucket.objects, new)
    bucket.spoilt -= {key for key in bucket.spoilt if key not in wrong and is_list(key)}
    mine = {list_of(repo) for repo, _ in root.tags()} | {CATALOG}
    unwritten = {e["key"] for e in run.log if e["status"] not in (200, 204, 404) and e["method"] == "PUT"}
    for key, text in sorted(wrong.items()):
        if key in bucket.spoilt or run.status not in (OK, PARTIAL):
            continue
        if run.status == OK and key in mine and not options.filtered:
            yield "FY2", text
        elif key not in before.wrong and key not in unwritten:
            yield "FY2", f"with status {run.status} it became wrong: {text}"


def headers(world, root, options):
    """--check-metadata: each manifest of a chosen tag has the type that it says."""
    objects, after = world.remote.objects, bucket_view.tags(world.remote.objects)
    for tag, digest in sorted(root.tags().items()):
        key = key_of(tag)
        if options.chooses(tag) and after.get(tag) == digest:
            kind, said = bucket_view.manifest_at(objects, key)[0], objects[key].headers.get("content-type")
            if kind and said != kind:
                yield "", f"{key}: Content-Type is {said}, not {kind}"


def leftovers(world, root):
    """With one root that was never rolled back no upload is left over."""
    if len(world.roots) == 1 and not root.rolled_back:
        yield from (("", f"an upload of {u.key} is left over") for u in world.remote.bucket.uploads.values())


# ---- what the model learns ----------------------------------------------------------------------

def note(world, root, before, run, sure=True):
    """What the bucket's tags became, and by whom."""
    after = bucket_view.tags(world.remote.objects)
    for tag in after:
        mine = sure or after[tag] == root.tags().get(tag) and tag in run.told("tag")
        if after[tag] != before.tags.get(tag) and mine:
            root.known.sent[tag] = after[tag]
            (root.known.unsure.add if run.status == -signal.SIGKILL else root.known.unsure.discard)(tag)
            world.staged[tag] = root.known.staged.get(tag)
            world.removed.pop(tag, None)
    for tag in run.told("repair") & after.keys():  # which of the two dates it carries depends on how far that came
        ours, theirs = root.known.staged.get(tag), world.staged.get(tag)
        world.staged[tag] = ours and theirs and ours.perhaps(theirs)
    for tag in set(before.tags) - set(after):
        world.removed[tag] = (before.tags[tag], world.serial)
        world.staged.pop(tag, None)
    if run.status == OK:
        root.known.unsure -= set(after)  # it has looked what arrived
    root.known.unfinished = run.status not in (OK, PARTIAL)

