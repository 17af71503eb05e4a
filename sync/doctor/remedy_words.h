/*
 * remedy_words: the words of remedies that are of one remote, made from its session. A command that
 * is pasted must mean the same bucket at the same service.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_REMEDY_WORDS_H
#define DRYDOCK_SYNC_DOCTOR_REMEDY_WORDS_H

#include "sync/doctor/remedy.h"
#include "sync/run/session.h"

struct remedy_words {
	/* Owned. */
	struct str object_url, host, service_host, remote, sync, aws, location, prefix, doctor_url,
		v2_url;
};

#define REMEDY_WORDS_INIT                                                                          \
	{                                                                                          \
		.object_url = STR_INIT(4096), .host = STR_INIT(1024),                              \
		.service_host = STR_INIT(1024), .remote = STR_INIT(16384),                         \
		.sync = STR_INIT(16384), .aws = STR_INIT(16384), .location = STR_INIT(256),        \
		.prefix = STR_INIT(16384), .doctor_url = STR_INIT(8192), .v2_url = STR_INIT(8192)  \
	}

/*
 * Fills `place` but for what is found out later (pull_*, front, image: ""), with texts that live as
 * long as `words` and `session` do. `remote`: words of a shell that mean this remote to drydock;
 * NULL: its URL.
 */
int remedy_words_make(struct remedy_words *words, struct remedy_place *place,
                      const struct session *session, const struct sync_options *options,
                      const char *remote, struct err *err) MUST_CHECK;
void remedy_words_release(struct remedy_words *words);

#endif
