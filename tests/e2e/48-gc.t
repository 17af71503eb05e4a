#!/bin/bash
# gc takes all that no tag reaches, and tells what has gone when it has.
. "$(dirname "$0")/lib.sh"

# A superuser whom the modes of folders bind.
bound() { setpriv --bounding-set=-dac_override,-dac_read_search "$DRYDOCK" --root root "$@"; }
files() { find root/v2/app -type f 2>/dev/null | wc -l; }

must "$HELPERS/mkarchive.py" oci-minimal a.tar
must "$HELPERS/mkarchive.py" docker-pre25 d.tar

# Blobs that no manifest is left of.
must drydock --root root -q stage -t app:1 a.tar
must drydock --root root -q stage -t other:1 d.tar
rm -rf root/v2/app/manifests root/.drydock
must drydock --root root -q rescan
at_least "$(files)" 2 "a repository has nothing but blobs"
ok "gc -n" drydock --root root gc -n
like "$OUT" 'v2/app/blobs/' "FT3: gc -n tells them"
ok "gc" drydock --root root gc
is "$(files)" 0 "FT3: gc removes them"
is "$(sql root "SELECT count(*) FROM object WHERE key LIKE 'v2/app/%'")" 0 "FT3: from the state as well"
ok "and nothing else" drydock --root root -q verify
is "$(drydock --root root ls | wc -l)" 1 "the other repository stays"

# What a gc that fails has not removed is not told as removed.
must drydock --root root -q stage -t app:1 a.tar
must drydock --root root -q untag app:1
chmod 0555 root/v2/app/blobs
exits 9 "gc that cannot remove a file" bound gc --json
unlike "$OUT" "\"delete\"" "FT6: tells nothing as gone"
chmod 0755 root/v2/app/blobs
ok "the next one" drydock --root root gc
is "$(files)" 0 "finishes it"

# The cache of layers ends with the layers.
isnt "$(sql root 'SELECT count(*) FROM layer_cache')" 0 "a layer was compressed"
ok "gc of nothing" drydock --root root gc
isnt "$(sql root 'SELECT count(*) FROM layer_cache')" 0 "what is there stays in the cache"
must drydock --root root -q untag other:1
ok "gc of the image" drydock --root root gc --json
like "$OUT" "\"delete\".*v2/other/blobs/" "tells what has gone"
is "$(sql root 'SELECT count(*) FROM layer_cache')" 0 "FT6: and the cache is pruned"
done_testing
