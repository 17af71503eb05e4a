/*
 * doctor: whether a bucket can be written to by sync, and pulled from by container clients; for all
 * that cannot, what to do. Each check is told as soon as it is made.
 *
 * Nothing of the state changes, and nothing stays in the bucket.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_DOCTOR_H
#define DRYDOCK_SYNC_DOCTOR_DOCTOR_H

#include "sync/doctor/client.h"
#include "sync/doctor/writer.h"

#include "db/root/root.h"

struct doctor_settings {                    /* borrowed */
	const struct sync_options *options; /* where the bucket is, and what is put on objects */
	const char *remote; /* words of a shell that mean this bucket to drydock; NULL: its URL */
	const char *pull_host; /* [http[s]://]HOST[:PORT]; NULL: the bucket's own address */
	enum writer_reach reach;
	enum client_pull pull;
	struct root *root; /* where the bucket may not be listed: what to look for; NULL: none */
	const struct event_sink *sink; /* warnings about this machine's files */
	doctor_tell_fn *tell;
	void *context; /* of tell */
};

enum { DOCTOR_SENTENCE_MAX = PULL_ADDRESS_MAX + 200 };

struct doctor_result {
	unsigned counts[DOCTOR_VERDICTS];
	char pull_host[PULL_ADDRESS_MAX];   /* HOST[:PORT], from which people pull, or would */
	unsigned can_pull;                  /* enum client_bit */
	bool pulled;                        /* there was something to pull, and it was looked at */
	char sentence[DOCTOR_SENTENCE_MAX]; /* who can pull from where */
};

/*
 * -1 when a check failed, with the worst of their codes, or when the checks could not be made
 * (result->sentence is "" then: ERR_INTERRUPTED, ERR_USAGE, ERR_CONFIG).
 */
int doctor_run(const struct doctor_settings *settings, struct doctor_result *result,
               struct err *err) MUST_CHECK;

#endif
