/*
 * tree_file: which file of the tree holds the bytes of a digest, as far as a look at the files can
 * tell, and whether one does, by its bytes. The state says what the tree must hold; files get lost
 * all the same, and what is built upon one that is not there can never be finished.
 */
#ifndef DRYDOCK_DB_ROOT_TREE_FILE_H
#define DRYDOCK_DB_ROOT_TREE_FILE_H

#include "base/layout.h"
#include "base/text_set.h"
#include "db/root/root.h"

/*
 * A key of a blob or manifest with this digest whose file is there, regular and of the recorded
 * size, which *size_bytes becomes unless that is NULL. 1 found, 0 when no key is recorded or none
 * of their files is so, -1.
 */
int tree_file_find(const struct root *root, const struct digest *d, char key[KEY_MAX],
                   uint64_t *size_bytes, struct err *err) MUST_CHECK;

/*
 * Whether the file at `key` is regular and has `size_bytes`, and is of this user or one that it may
 * read: another user's that it may not can be neither linked nor copied.
 */
bool tree_file_sound(const struct root *root, const char *key, uint64_t size_bytes);

/*
 * Whether the file at `key` hashes to `d`: 1; 0 when not, and when no regular file is there; -1
 * when it cannot be read, which proves nothing.
 */
int tree_file_holds(const struct root *root, const char *key, const struct digest *d,
                    struct err *err) MUST_CHECK;

/*
 * Whether everyone may read the file at `key`, and the folders above it up to v2: a tree that was
 * copied under another umask is one that a web server cannot serve. 0: so it is; 1: it is not, or
 * was not until this call has mended it; -1.
 */
enum tree_file_modes { TREE_FILE_LOOK, TREE_FILE_MEND };
int tree_file_modes(const struct root *root, const char *key, enum tree_file_modes what,
                    struct err *err) MUST_CHECK;
/*
 * Mends them where that is needed, and warns that it has, or could not. Folders that are in
 * `looked` are not looked at again; the others are put in.
 */
void tree_file_mend_modes(const struct root *root, const char *key, struct text_set *looked);
/* tree_file_sound, and where it is, the modes are mended: one look at a file that needs nothing. */
bool tree_file_mend_sound(const struct root *root, const char *key, uint64_t size_bytes,
                          struct text_set *looked);

#endif
