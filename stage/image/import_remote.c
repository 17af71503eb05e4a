#include "stage/image/import_remote.h"

#include "base/cleanup.h"
#include "stage/registry/blob_fetch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool import_is_to_be_asked(const struct import *import, const struct place *place)
{
	return import->remote.session &&
	       (place->kind == PLACE_NOWHERE ||
	        (place->kind == PLACE_ROOT && import->options->recheck == RECHECK_ALL));
}

int import_ask(struct import *import, const struct descriptor *d, enum registry_store store,
               const char *path, struct place *place, struct err *err)
{
	size_t max = import->limits.manifest.max_bytes;
	AUTO_STR struct str text = STR_INIT(max);
	int got;

	if (d->size_bytes > max)
		return err_set(err, ERR_REFUSED,
		               "%s: has %" PRIu64 " bytes, at most %zu are allowed%s", path,
		               d->size_bytes, max, import->limits.manifest.bytes_hint);
	got = remote_may_have(&import->remote, &d->digest, err);
	if (got > 0)
		got = registry_document(import->remote.session, import->remote.ref.repo, store,
		                        &d->digest, &text, err);
	if (got == 0)
		return 0;
	if (got < 0 ||
	    descriptor_check_bytes(d, str_text(&text), text.len, "the registry's answer", err) < 0)
		return err_context(err, "%s", path);
	if (import_keep(import, &d->digest, text.data, text.len, err) < 0 ||
	    write_queue_settle(&import->queue, err) < 0 ||
	    import_find(import, &d->digest, place, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

/* Those that are not in the store yet. */
static size_t list_missing(const struct import *import, const struct import_wanted *wanted,
                           size_t count, struct registry_blob *blobs)
{
	size_t missing = 0;

	for (size_t i = 0; i < count; i++) {
		const struct remote_blob *blob =
			remote_promised(&import->remote, &wanted[i].digest);

		if (!blob || temp_store_find(&import->store, &wanted[i].digest))
			continue;
		blobs[missing++] = (struct registry_blob){wanted[i].digest, blob->size_bytes,
		                                          blob->url, wanted[i].path};
	}
	return missing;
}

/* Each result counts, also behind one that is bad. */
static int settle_all(struct import *import, struct err *err)
{
	struct err first = ERR_INIT;

	while (write_queue_settle(&import->queue, err) < 0)
		if (first.code == ERR_NONE)
			first = *err;
	if (first.code == ERR_NONE)
		return 0;
	*err = first;
	return -1;
}

int import_fetch_promised(struct import *import, const struct import_wanted *wanted, size_t count,
                          struct err *err)
{
	AUTO_FREE struct registry_blob *blobs = calloc(count ? count : 1, sizeof(*blobs));
	uint64_t kept_bytes = 0;

	if (!blobs)
		return err_memory(err);
	for (int attempt = 0;; attempt++) {
		size_t missing = list_missing(import, wanted, count, blobs);
		int result = registry_fetch_blobs(import->remote.session, import->remote.ref.repo,
		                                  blobs, missing, &import->queue, &kept_bytes, err);

		if (result < 0)
			return -1;
		if (settle_all(import, err) == 0)
			return 0;
		if (err->code != ERR_INTEGRITY || kept_bytes == 0 || attempt > 0)
			return -1;
		event_note(import->sink,
		           "%s: what was there of it from an earlier run is of no "
		           "use: it is fetched anew",
		           err->message);
	}
}
