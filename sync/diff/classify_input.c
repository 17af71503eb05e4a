#include "sync/diff/classify_input.h"

#include "sync/diff/match_etag.h"

#include "base/part_size.h"
#include "db/state/blob.h"
#include "db/state/tag.h"

#include <stdio.h>
#include <string.h>

int classify_input_remember(struct sync_run *run, const char *key, struct classify_input *input,
                            struct err *err)
{
	int got;

	/* tags/list and _catalog are computed anew from the bucket's keys each time. */
	if (!run->has_records || input->local.object_class == CLASS_TAGS_LIST ||
	    input->local.object_class == CLASS_CATALOG)
		return 0;
	got = remote_object_get(run->db, run->remote.id, key, &input->row, err);
	if (got > 0) {
		input->remembered = (struct diff_remembered){input->row.etag, input->row.digest};
		input->in.remembered = &input->remembered;
	}
	return got < 0 ? -1 : 0;
}

/* Adds the composite for one part size when the state knows it. 1, 0, -1. */
static int add_composite(struct sync_run *run, struct classify_input *input, uint64_t part_bytes,
                         uint32_t parts, struct err *err)
{
	uint8_t composite[MD5_BYTES];
	int got;

	if (part_bytes == 0 || part_count(input->local.size_bytes, part_bytes) != parts)
		return 0;
	got = blob_composite_get(run->db, &input->local.digest, part_bytes, composite, err);
	if (got > 0)
		input->composites[input->in.composite_count++] =
			etag_of_composite(composite, parts);
	return got;
}

/* Of a single PUT, or of an upload of one part: the MD5 of the MD5. */
static int collect_whole(struct classify_input *input, const struct etag *listed, struct err *err)
{
	if (listed->parts == 0 || !md5_known(input->local.md5))
		return 0;
	input->in.composite_count = 1;
	return etag_of_parts(&input->composites[0], (const uint8_t(*)[MD5_BYTES])input->local.md5,
	                     1, err);
}

/*
 * For the part size that we would use now, the recorded one, and that of an upload in the state:
 * the answer to its Complete may have been lost.
 */
static int collect_parts(struct sync_run *run, const char *key, struct classify_input *input,
                         const struct etag *listed, struct err *err)
{
	struct upload_row upload;
	int got = run->remote.id ? upload_get(run->db, run->remote.id, key, &upload, err) : 0;
	const uint64_t sizes[] = {sync_run_part_size(run, input->local.size_bytes),
	                          input->in.remembered ? input->row.part_size_bytes : 0,
	                          got > 0 ? upload.part_size_bytes : 0};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes) && got >= 0; i++)
		got = add_composite(run, input, sizes[i], listed->parts, err);
	return got < 0 ? -1 : 0;
}

/* Whether reading the file may explain the ETag, and is not for others to decide. */
static bool worth_reading(const struct classify_input *input, const struct etag *listed)
{
	if (listed->parts > 1)
		return true;
	/* Of a whole that may be encrypted, a look at its headers tells more: opaque_etags.h. */
	return !md5_known(input->local.md5) && input->in.meaning != ETAG_MAY_TELL;
}

/* The file is only read when nothing that is known explains the ETag. */
static int collect_etags(struct sync_run *run, const char *key, struct classify_input *input,
                         enum classify_input_reading reading, struct err *err)
{
	bool in_parts;
	struct etag listed;
	int got;

	if (!etag_parse(&listed, input->listed.etag) ||
	    input->listed.size_bytes != input->local.size_bytes)
		return 0;
	input->in.composites = input->composites;
	in_parts = listed.parts > 1 || (listed.parts == 1 && !md5_known(input->local.md5));
	if ((in_parts ? collect_parts(run, key, input, &listed, err)
	              : collect_whole(input, &listed, err)) < 0)
		return -1;
	if (reading == READ_NOTHING || !worth_reading(input, &listed) ||
	    diff_classify(&input->in).kind == DIFF_SAME)
		return 0;
	got = match_etag(run, key, &input->local.digest, input->local.size_bytes,
	                 input->listed.etag, err);
	if (got > 0)
		input->composites[input->in.composite_count++] = listed;
	return got < 0 ? -1 : 0;
}

bool classify_input_is_forced(const struct sync_run *run, const char *key)
{
	struct key_parts parts;
	char name[REPO_MAX + TAG_MAX + 2];

	if (run->options->force_tag_count == 0 || !layout_parse(&parts, key))
		return false;
	(void)snprintf(name, sizeof(name), "%s:%s", parts.repo, parts.tag);
	for (size_t i = 0; i < run->options->force_tag_count; i++)
		if (strcmp(run->options->force_tags[i], name) == 0)
			return true;
	return false;
}

int classify_input_gather(struct sync_run *run, const struct object_row *row,
                          const struct s3_object *object, struct classify_input *input,
                          enum classify_input_reading reading, struct err *err)
{
	struct tag_row tag;
	int got;

	memset(input, 0, sizeof(*input));
	input->local.object_class = row->object_class;
	input->local.digest = row->digest;
	input->local.size_bytes = row->size_bytes;
	memcpy(input->local.md5, row->md5, MD5_BYTES);
	input->in.local = &input->local;
	if (classify_input_remember(run, row->key, input, err) < 0)
		return -1;
	if (row->object_class == CLASS_TAG) {
		input->in.forced = classify_input_is_forced(run, row->key);
		got = tag_get_at(run->db, row->key, &tag, err);
		if (got < 0)
			return -1;
		input->local.staged_at = got > 0 ? tag.staged_at : 0;
	}
	if (!object)
		return 0;
	input->listed = (struct diff_listed){
		object->etag, object->size_bytes,
		object->modified_at_ms < 0 ? -1 : object->modified_at_ms / 1000, -1};
	input->in.listed = &input->listed;
	input->in.meaning = etag_meaning(sync_run_provider(run), object->etag, NULL);
	/* The size is not enough then: opaque_etags.h looks closer. */
	if (input->in.meaning == ETAG_IS_OPAQUE && run->options->paranoid)
		input->in.meaning = ETAG_MAY_TELL;
	return collect_etags(run, row->key, input, reading, err);
}
