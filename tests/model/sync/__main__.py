"""Random operations on roots that share a bucket, and what must be true of it at each request and after.

    python3 tests/model/sync [--seed N] [--seconds S] [--operations N] [--shorten]
                             DRYDOCK FAULTS.SO DIR

remote is the bucket in a scripted server, watch looks at each change of it, bucket_view reads it; roots,
others and syncing say what happens, options with what options and faults, judge what must hold after a
sync. DIR is for working in. Prints TAP; of a failure all operations, and the command that makes them again.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from common import driver  # noqa: E402
from sync.world import World  # noqa: E402


def make(args, folder):
    return World(os.path.abspath(args.drydock), folder)


if __name__ == "__main__":
    sys.exit(driver.main(__doc__, "sync", make))
