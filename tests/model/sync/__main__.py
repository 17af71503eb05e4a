"""Random operations on roots that share a bucket, and what must be true of it at each request and after.

    python3 tests/model/sync [--seed N] [--seconds S] [--operations N] [--shorten] [--known ID,…]
                             DRYDOCK FAULTS.SO DIR

remote is the bucket in a scripted server, watch looks at each change of it, bucket_view reads it; roots,
others and syncing say what happens, options with what options and faults, judge what must hold after a
sync. --known names what is known and not mended (ids of findings: FY2, FY3, FY9, FY13, FY14, FN12) instead of
NOT_MENDED; --known none: all counts. DIR is for working in. Prints TAP; of a failure all operations, and
the command that makes them again.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from common import driver  # noqa: E402
from sync.world import World  # noqa: E402


# FY13: sync --delete leaves a tag in tags/list that it removes, if its repository has left the root and
# other roots have tags in it.
# FY14: a tag that was removed comes back where the list that tells it has the very bytes that this root
# once put there itself.
NOT_MENDED = frozenset()


def take_known(argv):
    """Takes --known IDS out of the arguments. -> its ids"""
    if "--known" not in argv:
        return NOT_MENDED
    at = argv.index("--known")
    ids = frozenset(argv[at + 1].split(","))
    del argv[at:at + 2]
    return ids


KNOWN = take_known(sys.argv)


def make(args, folder):
    return World(os.path.abspath(args.drydock), folder, KNOWN)


if __name__ == "__main__":
    sys.exit(driver.main(__doc__, "sync", make))
