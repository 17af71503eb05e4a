#include "sync/doctor/ranges.h"

#include "sync/doctor/client_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SHORTEST = 4 }; /* of which bytes 0 and 3 can be asked for */

static int check_range(const struct manifests *m, struct err *err)
{
	struct findings *f = m->client->findings;
	char want[64], why[VISIT_MESSAGE_MAX];
	struct visit v;
	int result;

	(void)snprintf(want, sizeof(want), "bytes 1-1/%" PRIu64, m->blob_bytes);
	result = visit(&m->client->visitor, HTTP_GET, m->blob_key, "Range: bytes=1-1", &v, err);
	if (result < 0)
		;
	else if (v.status == 206 && v.body.len == 1 &&
	         strcmp(visit_header(&v, "content-range"), want) == 0)
		findings_add(f, CHECK_RANGE, DOCTOR_PASS, REMEDY_NONE, "206");
	else if (v.status == 206)
		findings_fail(f, CHECK_RANGE, ERR_INTEGRITY, REMEDY_RANGE,
		              "%s: 206 with Content-Range '%.64s', expected '%s'", m->blob_key,
		              visit_header(&v, "content-range"), want);
	else if (v.status == 200 || v.failure == HTTP_FAILED_LARGE)
		findings_add(f, CHECK_RANGE, DOCTOR_WARN, REMEDY_RANGE,
		             "%s: the whole blob comes instead of the range", m->blob_key);
	else {
		bool refused = v.status == 401 || v.status == 403;

		client_breaks(m->client, CLIENTS_ALL);
		findings_fail(f, CHECK_RANGE, refused ? ERR_AUTH : ERR_OTHER,
		              refused           ? REMEDY_PUBLIC_READ
		              : v.status == 404 ? REMEDY_PUBLISH
		                                : REMEDY_NONE,
		              "%s: %s", m->blob_key, visit_why(&v, why));
	}
	visit_release(&v);
	return result;
}

static int check_ranges(const struct manifests *m, struct err *err)
{
	struct findings *f = m->client->findings;
	struct visit v;
	char why[VISIT_MESSAGE_MAX];
	int result;

	result = visit(&m->client->visitor, HTTP_GET, m->blob_key, "Range: bytes=0-0,3-3", &v, err);
	if (result < 0)
		;
	else if (v.status == 206 &&
	         strncmp(visit_header(&v, "content-type"), "multipart/byteranges", 20) == 0)
		findings_add(f, CHECK_RANGES, DOCTOR_PASS, REMEDY_NONE,
		             "206, multipart/byteranges");
	else if (v.status == 206)
		findings_add(f, CHECK_RANGES, DOCTOR_WARN, REMEDY_ONE_RANGE,
		             "of two ranges the first one comes, as if it were all");
	else if (v.status == 200 || v.status == 416 || v.failure == HTTP_FAILED_LARGE)
		findings_add(f, CHECK_RANGES, DOCTOR_PASS, REMEDY_NONE,
		             "two are not honoured, and clients can tell that");
	else
		findings_add(f, CHECK_RANGES, DOCTOR_WARN, REMEDY_NONE, "%s", visit_why(&v, why));
	visit_release(&v);
	return result;
}

int ranges_check(const struct manifests *m, struct err *err)
{
	if (!m->blob_key[0] || m->blob_bytes < SHORTEST) {
		findings_skip(m->client->findings, CHECK_RANGE, CHECK_RANGES,
		              "no blob was found to ask for");
		return 0;
	}
	return check_range(m, err) < 0 ? -1 : check_ranges(m, err);
}
