"""What others do to the bucket, behind the back of every root."""
from sync.keys import is_list

FOREIGN = ("v2/guest/manifests/1", "v2/app/manifests/guest", "v2/app/blobs/sha256:" + 64 * "0", "v2/app/stray")


def change(world, chance):
    """They remove an object, overwrite it, give it other headers, add one, or rewrite a list."""
    remote, keys = world.remote, sorted(world.remote.objects)
    if not keys:
        return ()
    key, what = chance.choice(keys), chance.choice(("remove", "garbage", "mislabel", "mislabel", "add", "list"))
    if what == "list":
        key = chance.choice([k for k in keys if is_list(k)] or keys)
        field = "repositories" if key.endswith("_catalog") else "tags"
        remote.put(key, b'{"name":"app","%s":["ghost"]}' % field.encode(), "application/json")
    elif what == "add":
        key = chance.choice(FOREIGN)
        remote.put(key, b"{}")
    elif what == "remove":
        remote.remove(key)
    elif what == "garbage":
        remote.put(key, b"abc")
    else:
        remote.mislabel(key)
    world.tell(f"others: {what} {key}")
    return ()


def clean(world, chance):  # pylint: disable=unused-argument
    """What others spoilt is taken away, so that syncs can mend it."""
    for key in sorted(world.remote.bucket.spoilt):
        if key in world.remote.objects:
            world.remote.remove(key)
    world.tell("others: remove all that was spoilt")
    return ()


OPERATIONS = ((3, change), (2, clean))
