#!/bin/bash
# drydock page in a real browser: phone and desktop, light and dark, search, copying, the keyboard alone,
# a screen reader's view, without the script; axe-core; ten thousand tags. Needs no bucket, and a few minutes.
#
# PAGE_SHOTS=DIR keeps the screenshots; the picture of README is stage/page/page.png, made by
# tests/helpers/browse_pages.py --picture.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/serving.sh
. "$E2E/serving.sh"

command -v chromedriver >/dev/null || skip_all "chromedriver is not installed (scripts/setup browser)"

# axe-core finds what those who cannot see or point would stumble over. From the npm registry, kept beside the
# test images, and always the same one.
AXE_VERSION=4.14.1
AXE_SUM=1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5
AXE=$(dirname "$FIXTURES")/axe-$AXE_VERSION.min.js
if [ ! -e "$AXE" ]; then
  if npm pack --silent "axe-core@$AXE_VERSION" >/dev/null 2>npm.err && echo "$AXE_SUM  axe-core-$AXE_VERSION.tgz" | sha512sum --check --quiet; then
    tar -xzf "axe-core-$AXE_VERSION.tgz" package/axe.min.js && mv package/axe.min.js "$AXE.$$" && mv "$AXE.$$" "$AXE"
  else
    diag "axe-core could not be fetched: $(head -c 300 npm.err)"
  fi
fi

for shape in gallery hostile; do
  must "$HELPERS/page_images.py" "$shape" "made.$shape"
  must drydock --root root stage -q "made.$shape"
done
must "$HELPERS/many_images.py" tags 10000 made.many
must drydock --root root stage -q --max-json-values 1000000 made.many
must drydock --root root page
run "$HELPERS/check_pages.py" root
is "$STATUS $ERR" "0 " "the pages are well made" || diag "$OUT"
if command -v tidy >/dev/null; then
  find root/index.html root/page -name '*.html' -size -1000k -print0 | xargs -0 -n 50 tidy -q -e >tidy.out 2>&1
  is "$(head -n 5 tidy.out)" "" "and tidy has nothing to say of them"
fi

serving_start
mkdir -p "${PAGE_SHOTS:=$T/shots}"
axe=()
[ ! -e "$AXE" ] || axe=("$AXE")
timeout 3600 "$HELPERS/browse_pages.py" "$U" "$PAGE_SHOTS" ${axe[@]+"${axe[@]}"} >looked 2>looked.err
is "$? $(head -c 2000 looked.err)" "0 " "all was looked at"
while IFS= read -r line; do
  case $line in
    "ok "*) pass "${line#ok }" ;;
    "not ok "*) fail "${line#not ok }" ;;
    *) diag "${line#\# }" ;;
  esac
done <looked
[ -e "$AXE" ] || skip 1 "axe-core is not there"
is "$(find "$PAGE_SHOTS" -name '*.png' -size +5k | wc -l)" 17 "the screenshots are there"
ok "the picture of README can be made" timeout 120 "$HELPERS/browse_pages.py" --picture "$U" picture.png
at_most "$(wc -c <picture.png)" 200000 "and is small"
done_testing
