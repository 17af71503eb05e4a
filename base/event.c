#include "base/event.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void drop(void *context, const struct event *event)
{
	(void)context;
	(void)event;
}

const struct event_sink EVENT_SINK_NONE = {drop, NULL, 0};

const char *request_kind_name(enum request_kind kind)
{
	static const char *const names[REQUEST_KINDS] = {"LIST", "HEAD", "GET",   "PUT",
	                                                 "COPY", "POST", "DELETE"};

	return names[kind];
}

const char *action_verb_name(enum action_verb verb)
{
	static const char *const names[] = {
		[ACTION_UPLOAD] = "upload", [ACTION_RESUME] = "resume", [ACTION_COPY] = "copy",
		[ACTION_TAG] = "tag",       [ACTION_UPDATE] = "update", [ACTION_DELETE] = "delete",
		[ACTION_REPAIR] = "repair", [ACTION_KEPT] = "kept",     [ACTION_HELD] = "held",
	};

	return names[verb];
}

const char *progress_phase_name(enum progress_phase phase)
{
	static const char *const names[PHASE_COUNT] = {
		[PHASE_SENDING] = "sending",       [PHASE_COMPARING] = "comparing",
		[PHASE_READING] = "reading",       [PHASE_COMPRESSING] = "compressing",
		[PHASE_CHECKING] = "checking",     [PHASE_PUBLISHING] = "publishing",
		[PHASE_COLLECTING] = "collecting", [PHASE_EXPORTING] = "exporting",
	};

	return names[phase];
}

const char *stage_verb_name(enum stage_verb verb)
{
	static const char *const names[] = {
		[STAGE_ADD] = "add", [STAGE_MOVE] = "move", [STAGE_SAME] = "same"};

	return names[verb];
}

void event_emit(const struct event_sink *sink, const struct event *event)
{
	sink->emit(sink->context, event);
}

PRINTF_LIKE(4, 0)
static void emit_message(const struct event_sink *sink, enum event_type type, int level,
                         const char *fmt, va_list args)
{
	char message[ERR_MESSAGE_MAX];
	struct event event;

	(void)vsnprintf(message, sizeof(message), fmt, args);
	memset(&event, 0, sizeof(event));
	event.type = type;
	event.level = level;
	event.message = message;
	event_emit(sink, &event);
}

void event_log(const struct event_sink *sink, int level, const char *fmt, ...)
{
	va_list args;

	if (level > sink->log_level)
		return;
	va_start(args, fmt);
	emit_message(sink, EVENT_LOG, level, fmt, args);
	va_end(args);
}

void event_note(const struct event_sink *sink, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	emit_message(sink, EVENT_NOTE, 0, fmt, args);
	va_end(args);
}

void event_warning(const struct event_sink *sink, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	emit_message(sink, EVENT_WARNING, 0, fmt, args);
	va_end(args);
}

void event_error(const struct event_sink *sink, const struct err *err)
{
	struct event event;

	memset(&event, 0, sizeof(event));
	event.type = EVENT_ERROR;
	event.message = err->message;
	event.code = err->code;
	event_emit(sink, &event);
}
