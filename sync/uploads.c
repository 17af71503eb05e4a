#include "sync/uploads.h"

#include "sync/diff/resume.h"
#include "sync/multipart/transition.h"

#include "base/cleanup.h"
#include "base/part_size.h"

#include <inttypes.h>

static int tell_upload(struct sync_run *run, const struct upload_row *upload, uploads_fn fn,
                       void *context, struct err *err)
{
	struct uploads_row row = {
		.key = upload->key,
		.upload_id = upload->upload_id,
		.state = multipart_state_name((enum multipart_state)upload->state),
		.adopted = upload->adopted,
		.size_bytes = upload->size_bytes,
		.parts_total = part_count(upload->size_bytes, upload->part_size_bytes),
		.created_at = upload->created_at,
	};
	int64_t there = upload_part_count(run->db, upload->id, &row.arrived_bytes, err);

	if (there < 0)
		return -1;
	row.parts_there = (uint64_t)there;
	return fn(context, &row, err);
}

static int each_upload(struct sync_run *run, uploads_fn fn, void *context, struct err *err)
{
	struct upload_row upload = {.key = ""};
	int got;

	if (run->remote.id == 0)
		return 0;
	while ((got = upload_next(run->db, run->remote.id, upload.key, &upload, err)) > 0) {
		int result = tell_upload(run, &upload, fn, context, err);

		if (result != 0)
			return result;
	}
	return got;
}

int uploads_each(struct root *root, const struct sync_options *options,
                 const struct event_sink *sink, uploads_fn fn, void *context, struct err *err)
{
	struct event_summary summary;
	struct sync_run run;
	int result = sync_run_open(&run, root, options, RUN_TO_LOOK, sink, &summary, err);

	if (result == 0)
		result = each_upload(&run, fn, context, err);
	sync_run_close(&run);
	return result;
}

static int abort_all(struct sync_run *run, uint64_t *aborted, struct err *err)
{
	struct upload_row upload = {.key = ""};
	enum err_code worst = ERR_NONE;
	uint64_t failed = 0;
	int got;

	while ((got = upload_next(run->db, run->remote.id, upload.key, &upload, err)) > 0) {
		int result = resume_abort(run, &upload, err);

		if (result < 0)
			return -1;
		if (result > 0) {
			++*aborted;
			continue;
		}
		failed++;
		worst = err_worse(worst, err->code);
	}
	if (got < 0 || journal_flush(&run->journal, err) < 0)
		return -1;
	if (failed == 0)
		return 0;
	return err_set(err, *aborted > 0 ? ERR_PARTIAL : worst,
	               "%" PRIu64 " of %" PRIu64 " uploads were not aborted; they stay recorded",
	               failed, failed + *aborted);
}

int uploads_abort(struct root *root, const struct sync_options *options,
                  const struct event_sink *sink, uint64_t *aborted, struct err *err)
{
	struct event_summary summary;
	struct sync_run run;
	int result = sync_run_open(&run, root, options, RUN_TO_CHANGE, sink, &summary, err);

	*aborted = 0;
	if (result == 0)
		result = abort_all(&run, aborted, err);
	sync_run_close(&run);
	return result;
}
