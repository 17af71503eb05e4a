"""The helpers that all tests share, from wherever a model runs."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TESTS, "helpers"))
import mkarchive as mk  # noqa: E402,F401
