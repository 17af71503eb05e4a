#!/bin/bash
# drydock export killed, and with a full and a broken disk, at every call that changes something.
EXPORT_EVERY=1 exec bash "$(dirname "$0")/../62-export.t"
