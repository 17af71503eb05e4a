/*
 * tree_file: which file of the tree holds the bytes of a digest, as far as a look at the files can
 * tell, and whether one does, by its bytes. The state says what the tree must hold; files get lost
 * all the same, and what is built upon one that is not there can never be finished.
 */
#ifndef DRYDOCK_DB_ROOT_TREE_FILE_H
#define DRYDOCK_DB_ROOT_TREE_FILE_H

#include "base/layout.h"
#include "db/root/root.h"

/*
 * A key of a blob or manifest with this digest whose file is there, regular and of the recorded
 * size, which *size_bytes becomes unless that is NULL. 1 found, 0 when no key is recorded or none
 * of their files is so, -1.
 */
int tree_file_find(const struct root *root, const struct digest *d, char key[KEY_MAX],
                   uint64_t *size_bytes, struct err *err) MUST_CHECK;

/* Whether the file at `key` is regular and has `size_bytes`. */
bool tree_file_sound(const struct root *root, const char *key, uint64_t size_bytes);

/*
 * Whether the file at `key` hashes to `d`: 1; 0 when not, and when no regular file is there; -1
 * when it cannot be read, which proves nothing.
 */
int tree_file_holds(const struct root *root, const char *key, const struct digest *d,
                    struct err *err) MUST_CHECK;

#endif
