#include "db/root/recovery.h"

#include "db/root/rollback.h"

#include <errno.h>

/* Whether what has failed will fail again, however often it is tried. */
static bool is_hopeless(const struct err *err, enum recovery_patience patience)
{
	switch (err->sys_errno) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
		return true;
	case ENOSPC:
	case EDQUOT:
		return patience == PATIENCE_NOT_FOR_SPACE;
	default:
		return false;
	}
}

int recovery_replay(struct root *root, enum recovery_patience patience,
                    const struct event_sink *sink, struct err *err)
{
	int64_t id, at = 0;
	int got;

	while ((got = publication_next_open(root->db, &id, err)) > 0) {
		if (publication_carry_out(root, id, &at, err) == 0)
			continue;
		if (!is_hopeless(err, patience))
			return -1;
		event_warning(sink,
		              "what an interrupted run has begun is undone, for it cannot be "
		              "finished: %s",
		              err->message);
		if (rollback_publication(root, id, at, err) < 0)
			return -1;
	}
	return got;
}

int recovery_run(struct root *root, enum recovery_patience patience, struct err *err)
{
	if (recovery_replay(root, patience, root->sink, err) < 0)
		return err_context(err, "finishing an interrupted run");
	return root_empty_tmp(root, err);
}

int recovery_run_locked(struct root *root, int64_t lock_wait_ms, struct err *err)
{
	int pending = publication_pending(root->db, err);
	int result;

	if (pending <= 0)
		return pending;
	if (root_lock(root, LOCK_EXCLUSIVE, lock_wait_ms, err) < 0)
		return -1;
	result = recovery_run(root, PATIENCE_FOR_SPACE, err);
	root_unlock(root);
	return result;
}

int root_lock_settled(struct root *root, int64_t wait_ms, struct err *err)
{
	int pending;

	for (;;) {
		if (root_lock(root, LOCK_SHARED, wait_ms, err) < 0)
			return -1;
		pending = publication_pending(root->db, err);
		if (pending == 0)
			return 0;
		/* Two that share it would wait for each other (K2). */
		root_unlock(root);
		if (pending < 0 || recovery_run_locked(root, wait_ms, err) < 0)
			return -1;
	}
}
