/*
 * transition: the life of one multipart upload as a pure transition function (M1 to M4). The state
 * is what the table `upload` records, always before the request that may change it; so after a kill
 * the recorded state and what the server says decide how to go on.
 *
 *              CREATED, FOUND_ONE           ALL_SENT                  COMPLETED
 *   CREATING ───────────────────► OPEN ───────────────► COMPLETING ───────────────► DONE
 *    ▲  ▲ │ LOST: list uploads    │ │ ▲ PARTS_OURS,       │ │ │    HEAD_MATCH        ▲
 *    │  └─┘ FOUND_NONE: create    │ │ └── some missing ───┘ │ │                      │
 *    │                            │ │                       │ │                      │
 *    │     GONE                   │ │ ABANDON,              │ │ ABANDON,             │
 *    ├────────────────────────────┘ │ PARTS_FOREIGN         │ │ PARTS_FOREIGN,       │
 *    │                              ▼                       │ ▼ PARTS_REFUSED        │
 *    │ ABORTED, GONE: wanted   ┌────────────────────────────│───┐ ABORTED, GONE:     │
 *    ├─────────────────────────┤           ABORTING         │   ├────────────────────┘
 *    │                         └────────────────────────────│───┘ not wanted
 *    └──────────────────────────────────────────────────────┘ GONE and HEAD_OTHER
 *
 * So an upload that is of no use is aborted before the next is created, unless the server says that
 * it is gone, or it may be another's. An object is begun anew like this once; the second time its
 * upload ends with DO_FORGET instead, and the object has failed.
 *
 * Every loop is driven by answers of the server, and the caller bounds them with its count of
 * failures per object (retry.h).
 */
#ifndef DRYDOCK_SYNC_MULTIPART_TRANSITION_H
#define DRYDOCK_SYNC_MULTIPART_TRANSITION_H

#include <stdbool.h>

enum multipart_state {                           /* stored: never reuse a number */
	               MULTIPART_CREATING = 1,   /* Create was, or is about to be, sent */
	               MULTIPART_OPEN = 2,       /* the upload id is known; parts go */
	               MULTIPART_COMPLETING = 3, /* Complete was, or is about to be, sent */
	               MULTIPART_DONE = 4,       /* nothing is left to do: the row goes */
	               MULTIPART_ABORTING = 5,   /* Abort was, or is about to be, sent */
};

enum multipart_event {
	MULTIPART_BEGIN,         /* a new upload, its intent is recorded */
	MULTIPART_RESUME,        /* found in the state by a later run */
	MULTIPART_CREATED,       /* Create answered with an upload id */
	MULTIPART_LOST,          /* no answer: Create or Complete may have had its effect */
	MULTIPART_FOUND_ONE,     /* exactly one upload of the key was initiated after the intent */
	MULTIPART_FOUND_NONE,    /* none, or several: none is certainly ours */
	MULTIPART_PARTS_OURS,    /* ListParts: all parts there have our MD5s; some are missing */
	MULTIPART_PARTS_ALL,     /* ListParts: as before, and all are there */
	MULTIPART_PARTS_FOREIGN, /* ListParts: parts that we never sent */
	MULTIPART_ALL_SENT,      /* the last missing part was accepted */
	MULTIPART_COMPLETED,     /* Complete answered with the expected ETag */
	MULTIPART_UNCERTAIN,     /* Complete answered 200 with no, or another, ETag */
	MULTIPART_REFUSED_TWICE, /* Complete answered 5xx for the second time */
	MULTIPART_PARTS_REFUSED, /* Complete: the parts are not what it lists, or too small */
	MULTIPART_HEAD_MATCH,    /* the key holds our bytes */
	MULTIPART_HEAD_OTHER,    /* it is missing, or holds something else */
	MULTIPART_GONE,          /* NoSuchUpload, or NoSuchKey where RGW means that */
	MULTIPART_ABANDON,       /* the object is not wanted any more */
	MULTIPART_ABORTED,       /* Abort succeeded */
};

enum multipart_action {
	MULTIPART_DO_NOTHING,
	MULTIPART_DO_CREATE,       /* record CREATING, then Create */
	MULTIPART_DO_LIST_UPLOADS, /* look for the upload of a lost answer */
	MULTIPART_DO_LIST_PARTS,
	MULTIPART_DO_SEND,     /* the parts that are missing */
	MULTIPART_DO_COMPLETE, /* record COMPLETING, then Complete */
	MULTIPART_DO_HEAD,     /* look whether Complete had its effect */
	MULTIPART_DO_ABORT,    /* record ABORTING, then Abort */
	MULTIPART_DO_FINISH,   /* the object is there: record it, drop the row */
	MULTIPART_DO_FORGET,   /* drop the row; the object is not there */
};

/* What the transition depends on beside state and event. */
struct multipart_facts {
	bool adopted; /* found after a lost answer, perhaps another's: it is never aborted (M3) */
	bool gone;    /* the server already said that there is no such upload */
	bool parts_known; /* the ETags of all parts are at hand, so Complete can be sent */
	bool wanted;      /* the object is to be sent: after Abort it is begun anew */
	bool anew;        /* that was done already */
};

struct multipart_step {
	enum multipart_state state; /* to record */
	enum multipart_action action;
};

/* An event that cannot happen in a state changes nothing and asks for nothing. */
struct multipart_step multipart_next(enum multipart_state state, enum multipart_event event,
                                     struct multipart_facts facts);

const char *multipart_state_name(enum multipart_state state); /* "open" */

#endif
