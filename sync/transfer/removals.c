#include "sync/transfer/removals.h"

#include "sync/transfer/transfer.h"

#include <inttypes.h>

/* How many removals are not made, and why. */
static int warn_of_the_rest(struct sync_run *run, struct err *err)
{
	int64_t count = plan_count_removals(&run->plan, err);

	if (count > 0 && run->summary->failed + run->summary->held == 0)
		event_warning(run->sink,
		              "--delete: %" PRId64 " objects stay for now, because somebody has "
		              "written what was to be removed meanwhile",
		              count);
	else if (count > 0)
		event_warning(run->sink,
		              "--delete: %" PRId64 " objects stay for now, because %" PRIu64
		              " failed and %" PRIu64 " were held back",
		              count, run->summary->failed, run->summary->held);
	return count < 0 ? -1 : 0;
}

int removals_run(struct sync_run *run, struct err *err)
{
	static const enum object_class order[] = {CLASS_TAGS_LIST,    CLASS_TAG,
	                                          CLASS_FALLBACK_TAG, CLASS_REFERRERS,
	                                          CLASS_MANIFEST,     CLASS_BLOB};

	if (run->options->delete_mode == DELETE_NONE)
		return 0;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		/* What failed may still refer to what would go next. */
		if (run->summary->failed + run->summary->held > 0 || run->contested)
			return warn_of_the_rest(run, err);
		if (plan_start_removals(&run->plan, order[i], err) < 0 ||
		    transfer_run(run, err) < 0)
			return -1;
	}
	return 0;
}
