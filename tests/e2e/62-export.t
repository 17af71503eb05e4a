#!/bin/bash
# drydock export: the published tree in another folder: what is there, what a second run changes, what it
# leaves alone, what a kill or a full disk leaves to the next one, and what clients get from hosts of static
# files. Needs no bucket. With EXPORT_EVERY they fail at every call
# instead of a few (tests/e2e/long).
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/lib.sh"
. "$E2E/serving.sh"

serving_tree
cp -a root served
exits 2 "no folder" drydock --root root export
like "$ERR" '--tree DIR is missing' "is told"
exits 2 "a host that is none" drydock --root root export --tree site --for example
exits 4 "a root that is none" drydock --root nowhere export --tree site
for folder in root/site root/v2/site . root; do
  exits 2 "$folder: the root must be elsewhere" drydock --root root export --tree $folder
done
must drydock init another
exits 2 "another root" drydock --root root export --tree another
like "$ERR" 'another is a root' "is told"
is "$(ls -A another)" .drydock "and gets nothing"
mkdir another/.drydock/site another/site another/v2 another/v2/x
for folder in another/.drydock another/.drydock/site another/.drydock/new another/site another/v2 another/v2/x; do
  exits 2 "$folder, in another root" drydock --root root export --tree $folder
  like "$ERR" 'is a root, or in one' "is told"
done
is "$(find another -newer another/.drydock/state.db -type f)" "" "and gets nothing, either"
is "$(find root -name site)" "" "nothing was made there"
exits 4 "a folder in one that is not there" drydock --root root export --tree nowhere/site

# ---- A plain tree
FILES=$(find root/v2 -type f | wc -l)
must drydock --root root export --tree site -n
is "$(grep -c '^copy ' <<<"$OUT") $(stat site 2>&1 | grep -c 'No such')" "$FILES 1" "a dry run tells each file and makes nothing"
must drydock --root root export --tree site -v
like "$OUT" "^site: $FILES files, .*; $FILES new, 0 changed, 0 removed; .* linked\$" "what was done is told"
# Blobs, manifests, indexes, referrers, their tags, tags, lists, the catalogue.
is "$(sed -nE 's/^copy +(v2[^ ]*) .*/\1/p' <<<"$ERR" | sed -E 's,.*/blobs/.*,1,; s,.*/manifests/sha(256|512):.*,2,; s,.*/referrers/.*,3,
  s,.*/manifests/sha256-.*,4,; s,.*/manifests/.*,5,; s,.*/tags/list,6,; s,.*/_catalog,7,' | uniq | paste -sd' ')" \
  "1 2 3 4 5 6 7" "in the order of publication"
ok "it is the tree" diff -r root/v2 site/v2
is "$(ls -A site)" ".drydock-export
v2" "and nothing else but what drydock must know of it"
is "$(stat -c %i root/v2/_catalog)" "$(stat -c %i site/v2/_catalog)" "of the same files"
is "$(stat -c '%a' site site/v2 site/v2/_catalog site/.drydock-export | paste -sd' ')" "755 755 644 644" "which all may read"
touch -d '2001-01-01' site/.drydock-export
must drydock --root root export --tree site
like "$OUT" "^site: $FILES files, .*; unchanged\$" "again: nothing is to be done"
is "$(stat -c %y site/.drydock-export | cut -c-4)" 2001 "and nothing is written"

# ---- Only what differs
echo mine >site/index.html
mkdir site/v2/mine && echo mine >site/v2/mine/notes
touch before && sleep 0.02
must drydock --root root stage -q --name multi:1 "$FIXTURES/tiny.ctr-export.tar"
must drydock --root root untag example/tiny:1 example/tiny:2
must drydock --root root gc -q
rm site/v2/long/tags/list
must drydock --root root export --tree site -v --json
jq -r 'select(.event == "object") | .action + " " + (.key | sub("sha256:.*"; ""))' "$T/stdout" | sort -u >told
cp "$T/stdout" lines
for action in "delete v2/example/tiny/tags/list" "delete v2/example/tiny/blobs/" "delete v2/example/tiny/manifests/1" \
  "update v2/multi/manifests/1" "copy v2/long/tags/list"; do
  ok "$action" grep -qxF "$action" told
done
is "$(jq -r 'select(.event == "object") | .key | select(test("^v2/(files|long/(blobs|manifests))"))' lines)" "" "nothing else is touched"
is "$(jq -r 'select(.event == "exported") | "\(.dry_run) \(.tree) \(.for) \(.copied) \(.files)"' lines)" \
  "false site null 0 $(find root/v2 -type f | wc -l)" "--json sums it up"
is "$(find site/v2/example 2>&1 | grep -c 'No such')" 1 "folders that are empty go"
is "$(cat site/index.html site/v2/mine/notes)" "mine
mine" "what others have put there stays"
rm -r site/v2/mine
ok "it is the tree again" diff -r root/v2 site/v2

# ---- What is in the way
mkdir -p other/v2/long/tags && echo mine >other/v2/long/tags/list
exits 6 "a file of another's in the way" drydock --root root export --tree other
like "$ERR" 'other/v2/long/tags/list is there, and drydock has not put it there' "is named"
is "$(find other -type f)" "other/v2/long/tags/list" "and nothing is written"
printf 'drydock-export 1\n= b 1 sha256:%064d ../root/v2/_catalog\n' 0 >other/.drydock-export
exits 6 "a marker that names files elsewhere" drydock --root root export --tree other
like "$ERR" 'line 2 is not drydock' "is refused"
ok "which are still there" test -s root/v2/_catalog
rm site/.drydock-export
must drydock --root root export --tree site
like "$OUT" '; unchanged$|new, 0 changed, 0 removed' "without its marker it knows its links"
ok "and they are the tree" diff -r root/v2 site/v2
mkdir -p way/v2 aside && echo mine >way/v2/long
exits 6 "a file where a folder belongs" drydock --root root export --tree way
like "$ERR" 'way: v2/long is in the way: a folder belongs there' "is named"
rm way/v2/long && ln -s ../../aside way/v2/long
exits 6 "a link to one" drydock --root root export --tree way
is "$(find way aside ! -type d)" "way/v2/long" "nothing is written, nor through the link"
mkdir kept && cp -al site way2 && mv way2/v2/long kept/ && ln -s ../../kept/long way2/v2/long
exits 6 "a folder that became one" drydock --root root export --tree way2
rm way2/v2/long && mv kept/long way2/v2/ && rm way2/v2/_catalog && mkdir way2/v2/_catalog
exits 6 "a folder where a file was" drydock --root root export --tree way2
like "$ERR" 'way2: v2/_catalog is in the way: a file belongs there' "is named"
ok "and nothing is begun" cmp site/.drydock-export way2/.drydock-export
mkdir site/.drydock-export.new
exits 6 "a folder where the marker is written" drydock --root root export --tree site
like "$ERR" 'site: .drydock-export.new is in the way: a file belongs there' "is named"
exits 6 "by a dry run, too" drydock --root root export --tree site -n
rmdir site/.drydock-export.new
# In a mount that only this command sees.
read_only() {
  # shellcheck disable=SC2016  # of the inner shell
  unshare -m --propagation private bash -c 'mount --bind site site && mount -o remount,ro,bind site && exec "$@"' - "$DRYDOCK" --root "$@"
}
ok "a folder that cannot be written, with nothing to do" read_only root export --tree site
like "$OUT" '; unchanged$' "is fine"
exits 9 "and with something to do" read_only root export --tree site --for github-pages
one_line "$ERR" "is told in one line"
exec {held}<site && flock "$held"
exits 11 "one at a time" drydock --root root export --tree site
exec {held}<&-
mv root/v2/_catalog . && echo '{}' >root/v2/_catalog
exits 6 "a list that is not what the state says" drydock --root root export --tree broken
like "$ERR" 'v2/_catalog has 3 bytes, and the state says' "is told"
is "$(find broken -type f)" "" "before anything is written"
mv _catalog root/v2/_catalog

# ---- Copies, on another file system
if COPIES=$(mktemp -d /dev/shm/dd.XXXXXX 2>/dev/null) && [ "$(stat -c %d "$COPIES")" != "$(stat -c %d root)" ]; then
  must drydock --root root export --tree "$COPIES"
  like "$OUT" ' copied$' "where there are no links it copies"
  ok "the tree" diff -r root/v2 "$COPIES/v2"
  is "$(stat -c %Y "$COPIES/v2/_catalog")" "$(stat -c %Y root/v2/_catalog)" "with its times"
  must drydock --root root export --tree "$COPIES"
  like "$OUT" '; unchanged$' "and knows it again"
else
  skip 4 "there is no second file system"
fi
[ -z "$COPIES" ] || rm -rf "$COPIES"

# ---- A kill, a full disk, a broken one
must "${CC:-cc}" -std=c11 -O2 -shared -fPIC -o faults.so "$E2E/../crash/faults.c" -ldl
must drydock --root root stage -q "$FIXTURES/tiny.docker-save.tar"
cp -a root old
must drydock --root root stage -q --name multi:1 "$FIXTURES/multi.ctr-export-all.tar"
must drydock --root root untag example/tiny:1 long:1
must drydock --root root gc -q
export_failing() { # export_failing KIND N: into a tree of `old`, what the root has now
  rm -rf site log
  "$DRYDOCK" --root old export -q --tree site || return
  env LD_PRELOAD="$T/faults.so" FAULT_KIND="$1" FAULT_AT="$2" FAULT_LOG=log "$DRYDOCK" --root root export -q --tree site 2>>err
}
# Whatever a client finds is whole: what the manifests of tags name is there, but what the root lacks, too.
cat >unwhole.py <<'PY'
import json, os, pathlib
for tag in pathlib.Path("site/v2").glob("**/manifests/*"):
    if ":" in tag.name or tag.name.startswith("sha256-"):
        continue
    manifest = json.loads(tag.read_bytes())
    blobs = [manifest.get("config")] + (manifest.get("layers") or [])
    wanted = ["blobs/" + blob["digest"] for blob in blobs if blob]
    wanted += ["manifests/" + child["digest"] for child in manifest.get("manifests", [])]
    for path in wanted:
        path = tag.parent.parent / path
        there = [os.path.lexists(path.parents[0] / path.name), os.path.exists(str(path).replace("site", "root", 1)),
                 os.path.exists(str(path).replace("site", "old", 1))]
        if not there[0] and any(there[1:]):
            print(tag, path)
PY
export_failing none 0
CALLS=$(cat log)
for kind in kill ENOSPC EIO; do
  bad='' tried=0
  for n in $(if [ -n "${EXPORT_EVERY:-}" ]; then seq "$CALLS"; else shuf -i "1-$CALLS" -n 4; fi); do
    export_failing $kind "$n"
    tried=$((tried + 1))
    unwhole=$(python3 unwhole.py | head -n 1)
    [ -z "$unwhole" ] || bad="$bad $n: $unwhole"
    "$DRYDOCK" --root root export -q --tree site && diff -r root/v2 site/v2 >differences &&
      ! grep -q '^[+-] ' site/.drydock-export && [ ! -e site/.drydock-export.new ] || bad="$bad $n"
  done
  is "$bad" "" "$kind at $tried of $CALLS calls: what is there is whole, and the next run makes it the tree"
done

# ---- Hosts
host_start() { # host_start NAME: one of that kind with the folder `site`; U and WEB are where
  PORT=$(free_port)
  # shellcheck disable=SC2034  # for ask
  WEB=127.0.0.1:$PORT U=http://$WEB
  mkdir -p host
  daemon_run "$T/host" host python3 "$HELPERS/static_host.py" "$1" "$T/host/../site" "$PORT"
  daemon_wait "$T/host" host 10 port_answers "$PORT" || bail "the host did not start: $(cat host/host.log)"
}
type_of() { # type_of FILE: of a manifest
  jq -r '.mediaType // "application/vnd.oci.image." + (if .manifests then "index" else "manifest" end) + ".v1+json"' "$1"
}
rm -rf site root
mv served root
mkdir site && echo mine >site/404.html
for name in netlify cloudflare-pages; do
  must drydock --root root export --tree site --for $name
  like "$ERR" 'Docker-Content-Digest' "$name: what it cannot do is told"
  is "$(cat site/404.html)" mine "$name: a page of the site's own stays"
  run drydock --root root headers $name
  is "$OUT" "$(cat site/_headers)" "$name: headers prints the same"
  host_start $name
  ask GET /v2/
  is "$CODE $(header content-type) $(cat body)" "200 application/json {}" "$name: /v2/"
  find root/v2 -type f | sort >files
  sed "s,^root,url = $U,; s,\$,\\noutput = /dev/null," files >curl.conf
  curl -sS -K curl.conf -w '%{http_code} %{content_type} %{size_download} %header{docker-content-digest}\n' >answers
  while read -r file; do
    case $file in
      */blobs/*) want=application/octet-stream ;;
      */tags/list | */_catalog) want=application/json ;;
      *) want=$(type_of "$file") ;;
    esac
    case $name:$file in cloudflare-pages:*/blobs/* | cloudflare-pages:*/manifests/*:*) digest=${file##*/} ;; *) digest='' ;; esac
    echo "200 $want $(stat -c %s "$file") $digest"
  done <files >wanted
  wrong=$(diff answers wanted)
  is "$wrong" "" "$name: every file has its type"
  ask GET /v2/nothing/manifests/1
  is "$CODE $(cat body)" "404 mine" "$name: what is not there"
  for ref in example/tiny:1 multi:1 files:1.0.json "$SIGNED@$SUBJECT"; do
    rm -rf got
    ok "$name: skopeo copies $ref" pull_skopeo "$ref" got
    same_file got/manifest.json "root/v2/${ref%%[:@]*}/manifests/${ref#*[:@]}" "$name: … as it was staged"
  done
  daemons_stop "$T/host"
done
rm site/404.html
must drydock --root root export --tree site --for github-pages
like "$ERR" 'GitHub Pages: it sets no Content-Type for manifests, .*none of them can pull' "GitHub Pages: that nothing can pull from it is told"
is "$(ls -A site)" ".drydock-export
.nojekyll
404.html
v2" "the files of the other host are gone, and its own are there"
host_start github-pages
ask GET /v2/_catalog
is "$CODE" 200 "GitHub Pages: nothing is left out"
if pull_skopeo multi:1 got >got.log 2>&1; then fail "GitHub Pages: skopeo cannot pull"; else pass "GitHub Pages: skopeo cannot pull"; fi
ok "GitHub Pages: drydock can" drydock --root second stage -q --src-tls-verify=false -t multi:1 "docker://$WEB/multi:1"
same_file second/v2/multi/manifests/1 root/v2/multi/manifests/1 "GitHub Pages: … what was staged"
daemons_stop "$T/host"
must drydock --root root export --tree site
is "$(ls -A site)" ".drydock-export
v2" "without a host nothing of it stays"
must drydock --root root config set export.tree "$T/site"
must drydock --root root config set export.for netlify
must drydock --root root config set ls.tree yes
must drydock --root root export
ok "the configuration can say which folder and host, beside ls's tree" test -s site/_headers
rm root/.drydock/config

# ---- Limits
for n in {1..95}; do
  echo "$FIXTURES/tiny.ctr-export.tar -t kinds:a$n"
  [ "$n" -gt 90 ] || echo "$FIXTURES/multi.ctr-export-all.tar -t kinds:b$n"
done >list
must drydock --root many stage -q --from list
exits 6 "more rules than Cloudflare Pages takes" drydock --root many export --tree new --for cloudflare-pages
like "$ERR" 'takes 100 header rules, and this root needs 1[0-9]{2}: one for each tag \(90\) and manifest' "are told, with the reason"
is "$(find new -type f)" "" "and nothing is written"
ok "Netlify takes them" drydock --root many export --tree new --for netlify
head -c $((26 << 20)) /dev/zero | tr '\0' x >large
must "$HELPERS/mkarchive.py" oci-minimal made/minimal.tar
must tar -cf layer.tar large
must python3 - layer.tar large.tar <<'PY'
import hashlib, io, json, sys, tarfile
layer = open(sys.argv[1], "rb").read()
hexes = hashlib.sha256(layer).hexdigest()
config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hexes]}}).encode()
blob = lambda data, kind: {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + hashlib.sha256(data).hexdigest(), "size": len(data)}
manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                       "config": blob(config, "config.v1+json"), "layers": [blob(layer, "layer.v1.tar")]}).encode()
index = json.dumps({"schemaVersion": 2, "manifests": [dict(blob(manifest, "manifest.v1+json"),
                    annotations={"org.opencontainers.image.ref.name": "large:1"})]}).encode()
with tarfile.open(sys.argv[2], "w") as tar:
    for name, data in [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", index)] + \
            [("blobs/sha256/" + hashlib.sha256(data).hexdigest(), data) for data in (config, manifest, layer)]:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
PY
must drydock --root large-root stage -q large.tar
exits 6 "a file that is larger than Cloudflare Pages takes" drydock --root large-root export --tree large-site --for cloudflare-pages
like "$ERR" 'takes files of at most 25.0 MiB: v2/large/blobs/sha256:[0-9a-f]{64} has 26.0 MiB \(files that are larger: 1\)' "is named"
one_line "$ERR" "in one line"
ok "GitHub Pages takes it" drydock --root large-root export --tree large-site --for github-pages
exits 2 "a host that is misspelt" drydock --root root export --tree site --for netlfy
like "$ERR" "; did you mean netlify\\?" "is told with what was meant"
done_testing
