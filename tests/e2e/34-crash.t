#!/bin/bash
# stage, untag and gc are killed, or meet a full or broken disk, at a sample of the calls that
# change something (make crash: at all of them). The next run finishes the work.
. "$(dirname "$0")/lib.sh"

crash_sample stage 6
