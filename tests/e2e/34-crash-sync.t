#!/bin/bash
# sync is killed at a sample of its requests, before and after their effect, loses answers and the
# link, and is killed or meets a full or broken disk at a sample of the calls that change its state
# (make crash: at all of them). The next run finishes the work: bucket and state are an undisturbed
# run's, nothing that had arrived is sent twice, and no upload is left.
. "$(dirname "$0")/lib.sh"

crash_sample sync 2
