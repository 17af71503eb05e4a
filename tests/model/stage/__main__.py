"""Random operations on registry roots, and after each what must be true of the tree.

    python3 tests/model/stage [--seed N] [--seconds S] [--operations N] [--shorten] DRYDOCK FAULTS.SO DIR

images makes archives, operations what happens (commands, kills, damage, two runs at once), world is
the model of a root and the check of it, truth reads the tree. DIR is for working in. Prints TAP; of a
failure all operations, and the command that makes them again.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from common import driver  # noqa: E402
from common.program import Program  # noqa: E402
from stage.operations import OPERATIONS  # noqa: E402
from stage.world import World  # noqa: E402


def make(args, folder):
    return World(Program(args.drydock, args.faults), folder, OPERATIONS)


if __name__ == "__main__":
    sys.exit(driver.main(__doc__, "stage", make))
