#include "sync/diff/classify.h"

#include <string.h>

static struct diff_verdict verdict(enum diff_kind kind, const char *why)
{
	struct diff_verdict v = {kind, why};

	return v;
}

static bool same_by_etag(const struct diff_input *in)
{
	struct etag listed, single = etag_of_md5(in->local->md5);

	if (in->local->size_bytes != in->listed->size_bytes ||
	    !etag_parse(&listed, in->listed->etag))
		return false;
	if (md5_known(in->local->md5) && etag_equal(&listed, &single))
		return true;
	for (size_t i = 0; i < in->composite_count; i++)
		if (etag_equal(&listed, &in->composites[i]))
			return true;
	return false;
}

/* The record of a merged list is that of our part: the whole is larger. */
static bool is_merged(const struct diff_input *in)
{
	return in->local->object_class == CLASS_REFERRERS ||
	       in->local->object_class == CLASS_FALLBACK_TAG;
}

static bool same_by_record(const struct diff_input *in)
{
	return in->remembered && digest_equal(&in->remembered->digest, &in->local->digest) &&
	       (is_merged(in) || in->local->size_bytes == in->listed->size_bytes) &&
	       etag_same(in->remembered->etag, in->listed->etag);
}

static struct diff_verdict must_send(const struct diff_input *in)
{
	const char *why = "missing";

	if (in->listed)
		why = in->listed->size_bytes != in->local->size_bytes ? "size differs"
		                                                      : "etag differs";
	return verdict(in->listed ? DIFF_DIFFERENT : DIFF_MISSING, why);
}

/* Without a record: like is compared with like, a time of staging with one, where there are two. */
static struct diff_verdict classify_contested(const struct diff_input *in)
{
	const struct diff_listed *there = in->listed;

	if (there->staged_at < 0)
		return verdict(DIFF_CONTESTED, "perhaps staged after the bucket's");
	if (in->local->staged_at > (there->staged_at ? there->staged_at : there->modified_at))
		return verdict(DIFF_DIFFERENT, "staged after the bucket's");
	return verdict(DIFF_KEPT, "the bucket's is newer");
}

/* A tag that is in the bucket with other bytes (W1). */
static struct diff_verdict classify_tag(const struct diff_input *in)
{
	if (in->forced)
		return verdict(DIFF_DIFFERENT, "forced");
	if (!in->remembered)
		return classify_contested(in);
	if (etag_same(in->remembered->etag, in->listed->etag))
		return verdict(DIFF_DIFFERENT, "moved here");
	if (digest_equal(&in->remembered->digest, &in->local->digest))
		return verdict(DIFF_KEPT, "moved in the bucket, not here");
	return verdict(DIFF_HELD, "moved here and in the bucket; --force-tag sends ours");
}

static struct diff_verdict classify_foreign(const struct diff_input *in)
{
	if (in->tombstone && in->remembered && etag_same(in->remembered->etag, in->listed->etag))
		return verdict(DIFF_REMOVED, "untagged here");
	return verdict(DIFF_EXTRANEOUS, "not in the root");
}

/* The bucket had the tag as it is here, by the record, and has it no more (W1). */
static bool is_gone(const struct diff_input *in)
{
	return in->local->object_class == CLASS_TAG && !in->forced && in->remembered &&
	       digest_equal(&in->remembered->digest, &in->local->digest);
}

struct diff_verdict diff_classify(const struct diff_input *in)
{
	if (!in->local)
		return classify_foreign(in);
	if (!in->listed)
		return is_gone(in) ? verdict(DIFF_GONE, "missing") : must_send(in);
	if (same_by_etag(in) || same_by_record(in))
		return verdict(DIFF_SAME, "same");
	if (in->local->object_class == CLASS_TAG)
		return classify_tag(in);
	if (object_class_immutable(in->local->object_class) &&
	    in->local->size_bytes == in->listed->size_bytes) {
		if (in->meaning == ETAG_IS_OPAQUE)
			return verdict(DIFF_SAME, "same size under an opaque etag");
		if (in->meaning == ETAG_MAY_TELL)
			return verdict(DIFF_UNKNOWN, "etag differs, perhaps encrypted");
	}
	return must_send(in);
}
