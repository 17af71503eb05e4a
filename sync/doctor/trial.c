#include "sync/doctor/trial.h"

#include "base/cleanup.h"
#include "sync/doctor/probe.h"
#include "sync/run/object_headers.h"

#include <stdio.h>
#include <string.h>

/* A type that servers have no reason to know: it must come back as it was sent. */
#define PROBE_TYPE "application/vnd.oci.image.manifest.v1+json"
#define PROBE_BODY "{\"drydock\":\"doctor\"}\n"

enum {
	NAME_BYTES = 8,
	PROBE_KEY_MAX = sizeof(TRIAL_FOLDER) + 2 * NAME_BYTES + 8,
};

struct trial {
	struct session *session;
	struct findings *findings;
	struct s3_attributes attributes; /* as sync would send them */
	char key[PROBE_KEY_MAX], parts_key[PROBE_KEY_MAX];
	bool may_delete;
	bool left_object, left_parts; /* under key, under parts_key: it may be there */
	bool left_upload;             /* of parts_key, one or more may be under way */
	uint8_t md5[MD5_BYTES], sha256[SHA256_BYTES]; /* of the body */
};

static int ask(struct trial *t, const struct s3_request *request, struct probe *p, struct err *err)
{
	return probe_send(t->session, request, PROBE_ORDERLY, p, err);
}

static enum remedy refusal_remedy(const struct probe *p)
{
	if (strcmp(p->code, "AccessControlListNotSupported") == 0)
		return REMEDY_ACL;
	return p->err.code == ERR_AUTH ? REMEDY_WRITER_POLICY : REMEDY_NONE;
}

void trial_refused(struct findings *findings, enum doctor_check check, const struct probe *p)
{
	findings_fail(findings, check, p->err.code, refusal_remedy(p), "%s", p->err.message);
}

static void fail_by(struct trial *t, enum doctor_check check, const struct probe *p)
{
	trial_refused(t->findings, check, p);
}

/* A key that is not there may be deleted by those who may delete any. */
static int check_may_delete(struct trial *t, struct err *err)
{
	struct probe p;
	int result = ask(t, &(struct s3_request){.op = S3_DELETE, .key = t->key}, &p, err);

	if (result == 0 && !p.ok && p.status != 404)
		fail_by(t, CHECK_DELETE, &p);
	t->may_delete = result == 0 && (p.ok || p.status == 404);
	probe_release(&p);
	return result;
}

static struct s3_request put_request(struct trial *t)
{
	return (struct s3_request){.op = S3_PUT,
	                           .key = t->key,
	                           .body = {.data = PROBE_BODY, .length_bytes = strlen(PROBE_BODY)},
	                           .sha256 = t->sha256,
	                           .md5 = t->md5,
	                           .attributes = t->attributes};
}

static bool is_refused_for_bytes(const struct probe *p)
{
	return p->status == 400 &&
	       (strcmp(p->code, "BadDigest") == 0 || strcmp(p->code, "InvalidDigest") == 0);
}

/* 1 it is there, or may be made; 0 not; -1. */
static int check_put(struct trial *t, struct err *err)
{
	static const uint8_t no_md5[MD5_BYTES];
	struct s3_request r = put_request(t);
	struct probe p;
	int result;

	if (!t->may_delete)
		r.md5 = no_md5;
	t->left_object = true;
	result = ask(t, &r, &p, err);
	if (result == 0 && !t->may_delete && is_refused_for_bytes(&p)) {
		t->left_object = false;
		findings_add(t->findings, CHECK_PUT, DOCTOR_PASS, REMEDY_NONE,
		             "allowed; nothing was left, as it could not be removed");
	} else if (result == 0 && p.ok) {
		findings_add(t->findings, CHECK_PUT, DOCTOR_PASS, REMEDY_NONE, "allowed");
		result = 1;
	} else if (result == 0) {
		/* An answer that says no leaves nothing. */
		t->left_object = p.status < 400;
		fail_by(t, CHECK_PUT, &p);
	}
	probe_release(&p);
	return result;
}

static int check_get(struct trial *t, struct err *err)
{
	struct probe p;
	int result = ask(t, &(struct s3_request){.op = S3_GET, .key = t->key}, &p, err);

	if (result < 0)
		;
	else if (!p.ok)
		fail_by(t, CHECK_GET, &p);
	else if (strcmp(str_text(&p.body), PROBE_BODY) != 0)
		findings_fail(t->findings, CHECK_GET, ERR_INTEGRITY, REMEDY_NONE,
		              "other bytes came back than were sent");
	else if (strcmp(p.content_type, PROBE_TYPE) != 0)
		findings_fail(t->findings, CHECK_GET, ERR_INTEGRITY, REMEDY_NONE,
		              "Content-Type '%s' came back, and '%s' was sent", p.content_type,
		              PROBE_TYPE);
	else
		findings_add(t->findings, CHECK_GET, DOCTOR_PASS, REMEDY_NONE,
		             "the bytes and the Content-Type come back");
	probe_release(&p);
	return result;
}

static int check_conditions(struct trial *t, struct err *err)
{
	struct s3_request r = put_request(t);
	struct probe p;
	int result;

	r.if_none_match = true;
	result = ask(t, &r, &p, err);
	if (result < 0)
		;
	else if (p.status == 412)
		findings_add(t->findings, CHECK_CONDITIONS, DOCTOR_PASS, REMEDY_NONE,
		             "If-None-Match is honoured");
	else if (p.ok || p.status == 501)
		findings_add(
			t->findings, CHECK_CONDITIONS, DOCTOR_WARN, REMEDY_NONE,
			"the server does not honour If-None-Match: let only one root at a time "
			"sync to this bucket");
	else
		findings_add(t->findings, CHECK_CONDITIONS, DOCTOR_WARN, refusal_remedy(&p), "%s",
		             p.err.message);
	probe_release(&p);
	return result;
}

/* 1 with the id of a new upload; 0 with the finding; -1. */
static int create_upload(struct trial *t, enum doctor_check check, char id[UPLOAD_ID_MAX + 1],
                         struct err *err)
{
	struct probe p;
	int result;

	t->left_upload = true;
	result = ask(t,
	             &(struct s3_request){.op = S3_CREATE_UPLOAD,
	                                  .key = t->parts_key,
	                                  .attributes = t->attributes},
	             &p, err);
	if (result == 0 && p.ok) {
		(void)snprintf(id, UPLOAD_ID_MAX + 1, "%s", p.upload_id);
		result = 1;
	} else if (result == 0) {
		t->left_upload = p.status < 400;
		fail_by(t, check, &p);
	}
	probe_release(&p);
	return result;
}

/* 1 it is aborted, 0 with the finding, -1. */
static int abort_upload(struct trial *t, enum doctor_check check, const char *id, struct err *err)
{
	struct probe p;
	int result =
		ask(t, &(struct s3_request){.op = S3_ABORT, .key = t->parts_key, .upload_id = id},
	            &p, err);

	if (result == 0 && (p.ok || p.status == 404)) {
		t->left_upload = false;
		result = 1;
	} else if (result == 0) {
		fail_by(t, check, &p);
	}
	probe_release(&p);
	return result;
}

/* 1 with the part's ETag, 0 with the finding, -1. */
static int put_part(struct trial *t, const char *id, char etag[ETAG_MAX + 1], struct err *err)
{
	struct s3_request r = {.op = S3_PUT_PART,
	                       .key = t->parts_key,
	                       .body = {.data = PROBE_BODY, .length_bytes = strlen(PROBE_BODY)},
	                       .sha256 = t->sha256,
	                       .md5 = t->md5,
	                       .upload_id = id,
	                       .part_number = 1};
	struct probe p;
	int result = ask(t, &r, &p, err);

	if (result == 0 && p.ok) {
		(void)snprintf(etag, ETAG_MAX + 1, "%s", p.etag);
		result = 1;
	} else if (result == 0) {
		fail_by(t, CHECK_MULTIPART, &p);
	}
	probe_release(&p);
	return result;
}

static int complete(struct trial *t, const char *id, const char *etag, struct err *err)
{
	struct s3_complete_part part = {.number = 1, .etag = etag};
	struct probe p;
	int result;

	t->left_parts = true;
	result = ask(t,
	             &(struct s3_request){.op = S3_COMPLETE,
	                                  .key = t->parts_key,
	                                  .upload_id = id,
	                                  .parts = &part,
	                                  .part_count = 1},
	             &p, err);
	if (result == 0 && p.ok) {
		t->left_upload = false;
		result = 1;
	} else if (result == 0) {
		fail_by(t, CHECK_MULTIPART, &p);
	}
	probe_release(&p);
	return result;
}

static int check_multipart(struct trial *t, struct err *err)
{
	char id[UPLOAD_ID_MAX + 1], etag[ETAG_MAX + 1];
	int result = create_upload(t, CHECK_MULTIPART, id, err);

	if (result > 0)
		result = put_part(t, id, etag, err);
	if (result > 0 && t->may_delete)
		result = complete(t, id, etag, err);
	if (result > 0)
		findings_add(t->findings, CHECK_MULTIPART, DOCTOR_PASS, REMEDY_NONE,
		             t->may_delete ? "an upload was made, got a part, and was completed"
		                           : "an upload was made, and got a part");
	if (result > 0 && !t->left_upload)
		result = create_upload(t, CHECK_ABORT, id, err);
	if (result > 0)
		result = abort_upload(t, CHECK_ABORT, id, err);
	else if (result == 0)
		findings_skip(t->findings, CHECK_ABORT, CHECK_ABORT, "there is no upload to abort");
	if (result > 0)
		findings_add(t->findings, CHECK_ABORT, DOCTOR_PASS, REMEDY_NONE, "allowed");
	return result < 0 ? -1 : 0;
}

/* ---- and removes it again */

static bool remove_key(struct trial *t, const char *key, struct probe *p)
{
	struct err ignored = ERR_INIT;

	return probe_send(t->session, &(struct s3_request){.op = S3_DELETE, .key = key},
	                  PROBE_AFTER_SIGNAL, p, &ignored) == 0 &&
	       (p->ok || p->status == 404);
}

static bool abort_one(struct trial *t, const struct s3_upload *upload)
{
	struct s3_request r = {.op = S3_ABORT, .key = t->parts_key, .upload_id = upload->id};
	struct err ignored = ERR_INIT;
	struct probe p;
	bool gone = probe_send(t->session, &r, PROBE_AFTER_SIGNAL, &p, &ignored) == 0 &&
	            (p.ok || p.status == 404);

	probe_release(&p);
	return gone;
}

/* Of an upload whose id never arrived only the bucket knows. */
static bool abort_all(struct trial *t)
{
	struct s3_request r = {.op = S3_LIST_UPLOADS, .prefix = t->parts_key};
	struct err ignored = ERR_INIT;
	struct probe p;
	bool gone = probe_send(t->session, &r, PROBE_AFTER_SIGNAL, &p, &ignored) == 0 && p.ok;

	for (size_t i = 0; p.uploads && i < p.uploads->count; i++)
		gone = abort_one(t, &p.uploads->uploads[i]) && gone;
	probe_release(&p);
	return gone;
}

/* `told`: there was a finding on deleting already, or a signal came. */
static void clean_up(struct trial *t, bool told)
{
	const char *keys[] = {t->left_object ? t->key : NULL, t->left_parts ? t->parts_key : NULL};
	bool wrote = keys[0] || keys[1];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct probe p;

		if (!keys[i])
			continue;
		if (!remove_key(t, keys[i], &p)) {
			findings_fail(t->findings, CHECK_DELETE, ERR_AUTH, REMEDY_LEFTOVER,
			              "%s stays in the bucket: %s", keys[i], p.err.message);
			told = true;
		}
		probe_release(&p);
	}
	if (t->left_upload && !abort_all(t))
		findings_fail(t->findings, CHECK_ABORT, ERR_AUTH, REMEDY_LEFTOVER,
		              "an upload of %s stays in the bucket", t->parts_key);
	if (!told)
		findings_add(t->findings, CHECK_DELETE, DOCTOR_PASS, REMEDY_NONE,
		             wrote ? "allowed; what the doctor wrote is gone" : "allowed");
}

static int write_all(struct trial *t, struct err *err)
{
	int there = check_may_delete(t, err) < 0 ? -1 : check_put(t, err);

	if (there > 0 && (check_get(t, err) < 0 || check_conditions(t, err) < 0))
		there = -1;
	if (there == 0)
		findings_skip(t->findings, CHECK_GET, CHECK_CONDITIONS, "nothing was written");
	return there < 0 ? -1 : check_multipart(t, err);
}

static int make_names(struct trial *t, struct err *err)
{
	uint8_t random[NAME_BYTES];
	char hex[2 * NAME_BYTES + 1];

	if (random_bytes(random, sizeof(random), err) < 0 ||
	    hash_once(HASH_MD5, PROBE_BODY, strlen(PROBE_BODY), t->md5, err) < 0 ||
	    hash_once(HASH_SHA256, PROBE_BODY, strlen(PROBE_BODY), t->sha256, err) < 0)
		return -1;
	(void)hex_text(random, sizeof(random), hex);
	(void)snprintf(t->key, sizeof(t->key), TRIAL_FOLDER "%s/put", hex);
	(void)snprintf(t->parts_key, sizeof(t->parts_key), TRIAL_FOLDER "%s/parts", hex);
	return 0;
}

int trial_run(struct session *session, const struct sync_options *options,
              struct findings *findings, struct err *err)
{
	struct trial t = {.session = session,
	                  .findings = findings,
	                  .attributes = {.content_type = PROBE_TYPE, .cache_control = "no-store"}};
	int result = make_names(&t, err);

	object_headers_chosen(&t.attributes, options);
	if (result < 0)
		return -1;
	result = write_all(&t, err);
	clean_up(&t, !t.may_delete || result < 0);
	return result;
}
