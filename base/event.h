/*
 * event: what stage and sync have to say while they work, as typed values.
 *
 * The sink is called from one thread only (the one that called stage or sync) and must not call
 * back. All pointers in an event are borrowed for the duration of the call. cli renders events as
 * text, progress lines or JSON Lines; no other folder prints.
 */
#ifndef DRYDOCK_BASE_EVENT_H
#define DRYDOCK_BASE_EVENT_H

#include "base/digest.h"
#include "base/err.h"

#include <stdint.h>

enum event_type {
	EVENT_LOG,      /* detail for -v (level 1) and -vv (level 2: each request) */
	EVENT_NOTE,     /* said unless -q: a host was dropped, a root was made */
	EVENT_WARNING,  /* said always */
	EVENT_ERROR,    /* one object or source failed, the run goes on */
	EVENT_PLAN,     /* one action that a dry run would do, or that a sync is about to do */
	EVENT_OBJECT,   /* one action that is done */
	EVENT_PROGRESS, /* bytes that moved; frequent, may be dropped */
	EVENT_LINK,     /* nothing moves, and why; again and again while it lasts, and once when it
	                 * is over */
	EVENT_RETRY,    /* something is tried again */
	EVENT_STAGED,   /* one tag is published in the root */
	EVENT_IMAGE,    /* sync: a tag and what is sent for it */
	EVENT_SUMMARY,  /* last of a sync or diff, however it ended */
	EVENT_STAGE,    /* one tag that a dry run of stage would publish */
	EVENT_STAGE_SUMMARY, /* last of a dry run of stage */
};

/* What a sync does, or would do, with a key. */
enum action_verb {
	ACTION_UPLOAD, /* send the object */
	ACTION_RESUME, /* go on with a multipart upload */
	ACTION_COPY,   /* copy on the server from another repository */
	ACTION_TAG,    /* send a tag that is new or moves */
	ACTION_UPDATE, /* send a derived document (list, catalogue, referrers) that changed */
	ACTION_DELETE, /* remove the key */
	ACTION_REPAIR, /* rewrite metadata on the server */
	ACTION_KEPT,   /* not sent: the bucket's tag is newer than ours (W1) */
	ACTION_HELD,   /* not sent: changed on both sides, or something it needs has failed */
};

enum { REQUEST_KINDS = 7 };
/* For "requests" in the summary; the names are S3's price classes as people know them. */
enum request_kind {
	REQUEST_LIST,
	REQUEST_HEAD,
	REQUEST_GET,
	REQUEST_PUT, /* objects and parts */
	REQUEST_COPY,
	REQUEST_POST, /* create, complete */
	REQUEST_DELETE,
};
const char *request_kind_name(enum request_kind kind); /* "LIST" */
const char *action_verb_name(enum action_verb verb);   /* "upload" */

struct event_action { /* EVENT_PLAN, EVENT_OBJECT */
	enum action_verb verb;
	const char *key;
	uint64_t size_bytes;
	uint64_t sent_bytes;      /* EVENT_OBJECT: body bytes sent for it, retries included */
	const char *why;          /* "missing", "etag differs", … */
	const char *copy_from;    /* ACTION_COPY: repository; else NULL */
	bool news;                /* ACTION_KEPT: no sync has told of it yet */
	uint64_t parts_there;     /* ACTION_RESUME */
	uint64_t parts_total;     /* multipart objects, else 0 */
	struct digest old_digest; /* ACTION_TAG: what the bucket had, if known */
	struct digest new_digest; /* ACTION_TAG */
	int64_t duration_ms;      /* EVENT_OBJECT */
};

/* What a command does at the moment, for people: "35% read". */
enum progress_phase {
	PHASE_SENDING,     /* sync */
	PHASE_COMPARING,   /* what the bucket has with what the root has: sync, diff */
	PHASE_READING,     /* sources: stage; the tree: rescan */
	PHASE_COMPRESSING, /* stage, the layers that are read */
	PHASE_CHECKING,    /* verify */
	PHASE_PUBLISHING,  /* stage, what was read */
	PHASE_COLLECTING,  /* gc: what no tag reaches */
	PHASE_EXPORTING,   /* export */
	PHASE_COUNT,
};
const char *progress_phase_name(enum progress_phase phase); /* "sending" */

struct event_progress {
	enum progress_phase phase; /* another one than the last: the figures begin anew */
	const char *what;          /* which source or bucket; NULL: there is but one */
	const char *key;           /* the transfer that moved, or NULL: only the totals */
	uint64_t done_bytes;       /* of this key */
	uint64_t size_bytes;       /* of this key; 0 when not known */
	uint64_t total_done_bytes; /* of the run */
	uint64_t total_bytes;      /* of the run; 0 when not known */
	uint64_t objects_done, objects_total; /* of the run */
};

enum link_state {
	LINK_MOVES,
	LINK_STALLED, /* connections stand, and carry nothing */
	LINK_DOWN,    /* no answer: one request at a time probes */
	LINK_BUSY,    /* the server asks for a pause (429, 503) */
};

struct event_link {
	enum link_state state;
	int64_t for_ms;         /* that nothing has moved */
	int64_t gives_up_in_ms; /* unless something moves */
	int64_t again_in_ms;    /* LINK_BUSY: until the next request */
};

struct event_retry {
	const char *what; /* "PUT v2/app/blobs/sha256:…" */
	const char *why;  /* "503 SlowDown" */
	unsigned attempt; /* the one that failed, from 1 */
	int64_t delay_ms; /* until it is sent again */
};

enum image_step {
	IMAGE_PLANNED,  /* comes before the actions for it */
	IMAGE_COMPLETE, /* the tag is in the bucket, and so is all that it needs */
};

struct event_image {
	enum image_step step;
	const char *name; /* repository; NULL: what no tag that is sent needs, with counts alone */
	const char *tag;
	struct digest digest;
	struct digest old_digest; /* what the bucket's tag pointed to, if it did and is known */
	uint64_t layers;          /* those of all platforms, also where they share */
	uint64_t objects;         /* of the plan that no tag before it needs, itself included */
	uint64_t bytes;           /* of those: to send, or that were sent */
	const char *pull_host;    /* where it can be pulled from; NULL: not known */
};

struct event_staged {
	const char *name; /* repository */
	const char *tag;
	struct digest digest;
	const char *media_type;
	uint64_t bytes;     /* of the image: all present manifests, configs and layers, each once */
	uint64_t new_blobs; /* that the root did not have */
	uint64_t new_bytes; /* written to the root for it */
};

/* What a stage would do with a tag. */
enum stage_verb {
	STAGE_ADD,  /* it is new */
	STAGE_MOVE, /* it names another digest now */
	STAGE_SAME, /* it names this digest already */
};
const char *stage_verb_name(enum stage_verb verb); /* "add" */

struct event_stage {
	enum stage_verb verb;
	const char *name; /* repository */
	const char *tag;  /* "": none, it is published beside what it refers to */
	struct digest digest;
	struct digest old_digest; /* STAGE_MOVE: what the tag names now */
	const char *media_type;
	const char *platforms; /* "linux/amd64 linux/arm64", of those present; "": not said */
	uint64_t bytes;        /* of the image, as in event_staged */
	uint64_t new_blobs,
		new_bytes; /* that would be added; of an image, told with its first tag */
	uint64_t old_blobs, old_bytes; /* that the root has already, or would have by then */
};

struct event_stage_summary {
	uint64_t images; /* that would get a tag */
	uint64_t tags_new, tags_moved, tags_same;
	uint64_t new_blobs, new_bytes;
	uint64_t old_blobs, old_bytes;
	uint64_t sources_failed;
	int new_root;         /* 1: the root would be made */
	enum err_code result; /* what the run ends with */
};

struct event_summary {
	int dry_run; /* 1: nothing was changed */
	int planned; /* it was known what there is to do; else the counts say nothing */
	uint64_t uploaded, resumed, copied, unchanged, failed, deleted, kept, held; /* objects */
	uint64_t repaired;                /* objects whose headers were mended on the server */
	uint64_t tags_moved;              /* that pointed to something else in the bucket */
	uint64_t bytes_sent;              /* body bytes of requests, first attempts and retries */
	uint64_t bytes_total;             /* that had to be sent, by the plan */
	uint64_t retries;                 /* requests sent again */
	uint64_t requests[REQUEST_KINDS]; /* sent, retries included */
	int64_t duration_ms;              /* of the run */
	enum err_code result;             /* what the run ends with */
	int64_t remote_id;                /* row of table remote; 0 when it was not reached */
};

struct event {
	enum event_type type;
	int level;           /* EVENT_LOG: 1 or 2 */
	const char *message; /* LOG, NOTE, WARNING, ERROR: one line */
	enum err_code code;  /* EVENT_ERROR */
	union {
		struct event_action action;
		struct event_progress progress;
		struct event_link link;
		struct event_retry retry;
		struct event_staged staged;
		struct event_image image;
		struct event_summary summary;
		struct event_stage stage;
		struct event_stage_summary stage_summary;
	} u;
};

struct event_sink {
	void (*emit)(void *context, const struct event *event);
	void *context; /* borrowed */
	int log_level; /* events EVENT_LOG above this level need not be made */
};

/* A sink that drops everything. */
extern const struct event_sink EVENT_SINK_NONE;

void event_emit(const struct event_sink *sink, const struct event *event);
void event_log(const struct event_sink *sink, int level, const char *fmt, ...) PRINTF_LIKE(3, 4);
void event_note(const struct event_sink *sink, const char *fmt, ...) PRINTF_LIKE(2, 3);
void event_warning(const struct event_sink *sink, const char *fmt, ...) PRINTF_LIKE(2, 3);
void event_error(const struct event_sink *sink, const struct err *err);

#endif
