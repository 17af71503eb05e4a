/*
 * report_json: events as JSON Lines. The names are stable: they are documented in the man page, and
 * scripts depend on them.
 */
#ifndef DRYDOCK_CLI_REPORT_JSON_H
#define DRYDOCK_CLI_REPORT_JSON_H

#include "base/event.h"
#include "base/str.h"

/* Appends the event's line. */
void report_json_event(struct str *out, const struct event *event);

/*
 * For the commands whose results are no events: prints the beginning that every line of JSON has,
 * {"event":"tag","time":"…". The rest is the caller's, and begins with a comma or ends the object.
 */
void report_json_begin(const char *event);
/* The same into *out. */
void report_json_add_begin(struct str *out, const char *event);
/* Prints a member of the line: ,"name":"text" with whatever the text holds. */
void report_json_text(const char *name, const char *text);

#endif
