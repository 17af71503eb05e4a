#!/bin/bash
# What guards the order of the sources: each check of scripts/structure finds the fault
# that is planted for it in a small tree, and nothing in the tree without one.
. "$(dirname "$0")/lib.sh"

TOP=$(cd "$E2E/../.." && pwd)

write() { # write FILE LINE...
  local file=$1
  shift
  mkdir -p "$(dirname "$file")"
  printf '%s\n' "$@" >"$file"
}

# Modules of base, db/state, db/root, stage/blob and stage/document that call downwards only.
plant() {
  rm -rf tree
  mkdir tree
  (
    cd tree || exit 1
    git init -q .
    write base/digest.h 'int digest(void);'
    write base/digest.c '#include "base/digest.h"' 'int digest(void) { return 1; }'
    write db/state/tag.h '/* tag: who wins (J1). */' 'int tag(void);'
    write db/state/tag.c '#include "db/state/tag.h"' '#include "base/digest.h"' 'int tag(void) { return digest(); }'
    write db/root/root.h 'int root(void);'
    write db/root/root.c '#include "db/root/root.h"' '#include "db/state/tag.h"' 'int root(void) { return tag(); }'
    write db/root/open.h 'int open_root(void);'
    write db/root/open.c '#include "db/root/open.h"' '#include "db/root/root.h"' \
      'int open_root(void) { return root(); }'
    write stage/blob/writer.h 'int writer(void);'
    write stage/blob/writer.c '#include "stage/blob/writer.h"' '#include "db/root/root.h"' \
      'int writer(void) { return root(); }'
    write stage/document/config.h 'int config(void);'
    write stage/document/config.c '#include "stage/document/config.h"' 'int config(void) { return 2; }'
    write db/README.md '- **J1** The later one wins.'
    write stage/README.md '- **I1** Any archive.'
    write sync/README.md '- **E0** Equal.'
  )
}

structure() { # structure CHECK...: compile the tree and look at it
  (
    cd tree || exit 1
    find base db stage sync -name '*.c' | while read -r file; do
      mkdir -p "build/${file%/*}"
      cc -I. -w -c -o "build/${file%.c}.o" "$file" || exit 1
    done
    "$TOP/scripts/structure" "$@"
  )
}

finds() { # finds WHAT CHECK PATTERN: this check names the planted fault
  run structure "$2"
  is "$STATUS" 1 "$1 is found"
  like "$ERR" "$3" "$1 is named"
}

plant
run structure
is "$STATUS" 0 "a tree without a fault passes"
is "$ERR" "" "and nothing is said of it"

plant
write tree/base/digest.h '#include "db/state/tag.h"' 'int digest(void);'
finds "an include of a layer above" order 'base/digest.h: base/ may not include db/state/tag.h'

plant
write tree/db/state/tag.c '#include "db/state/tag.h"' 'int root(void);' 'int tag(void) { return root(); }'
finds "a call of a folder above that no include shows" order 'db/state/tag.c: db/state/ may not call root of db/root/root.c'

plant
write tree/stage/document/config.c '#include "stage/document/config.h"' '#include "stage/blob/writer.h"' \
  'int config(void) { return writer(); }'
finds "an include of a folder that stands beside" order 'stage/document/ may not include stage/blob/writer.h'

plant
write tree/stage/blob/internal.h 'int half(void);'
write tree/stage/tree/gc.h 'int gc(void);'
write tree/stage/tree/gc.c '#include "stage/tree/gc.h"' '#include "stage/blob/internal.h"' 'int gc(void) { return 0; }'
finds "an internal header of another folder" order 'stage/blob/internal.h is for files of stage/blob/ only'

plant
write tree/stage/other/thing.c 'int thing(void) { return 0; }'
finds "a folder without a place in the order" order 'stage/other/ has no place in the order'

plant
write tree/db/root/half.c '#include "db/root/root.h"' 'int half(void) { return root(); }'
finds "a source without a header" headers 'db/root/half.c: has no header of its own name'

plant
write tree/db/root/root.h 'int root(void);' 'int half(void);'
write tree/db/root/half.h 'int other(void);'
write tree/db/root/half.c '#include "db/root/half.h"' 'int half(void) { return 3; }'
write tree/db/root/open.c '#include "db/root/open.h"' '#include "db/root/root.h"' \
  'int open_root(void) { return half(); }'
finds "a function in another file's header" headers "half is declared in another file's header"

plant
write tree/db/root/root.c '#include "db/root/root.h"' '#include "db/root/open.h"' \
  'int root(void) { return open_root(); }'
finds "a circle" circles 'these need each other: db/root/open, db/root/root'
like "$ERR" 'db/root/root includes db/root/open.h' "and what makes it is told"

plant
write tree/db/root/internal.h '#include "db/root/root.h"' '#include "db/root/open.h"'
write tree/db/root/root.c '#include "db/root/internal.h"' 'int root(void) { return open_root(); }'
write tree/db/root/open.c '#include "db/root/internal.h"' 'int open_root(void) { return root(); }'
run structure
is "$STATUS" 0 "files that share an internal header may need each other"

plant
write tree/db/state/tag.h '/* tag: who wins (J7). */' 'int tag(void);'
finds "a rule that stands nowhere" rules 'db/state/tag.h:1: rule J7 stands in none'

plant
write tree/sync/README.md '- **E0** Equal.' '- **J1** Something else.'
finds "a rule that stands twice" rules 'sync/README.md:2: rule J1 stands in db/README.md:1 too'

plant
write tree/db/state/tag.h '/* tag: who wins (design.md). */' 'int tag(void);'
finds "a document that is not there" rules 'db/state/tag.h:1: design.md is not in the repository'

done_testing
