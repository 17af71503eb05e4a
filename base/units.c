#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Reads a non-negative decimal number with an optional fraction; no sign, no exponent, no hex. */
static int read_number(const char **at, double *value)
{
	const char *p = *at;
	double scale = 1;

	if (!isdigit((unsigned char)*p))
		return -1;
	*value = 0;
	for (; isdigit((unsigned char)*p); p++)
		*value = *value * 10 + (*p - '0');
	if (*p == '.') {
		p++;
		if (!isdigit((unsigned char)*p))
			return -1;
		for (; isdigit((unsigned char)*p); p++)
			*value += (*p - '0') * (scale /= 10);
	}
	*at = p;
	return 0;
}

int size_parse(const char *text, uint64_t *bytes, struct err *err)
{
	static const char letters[] = "KMGTP";
	const char *p = text, *letter;
	double value;

	if (read_number(&p, &value) < 0)
		goto bad;
	while (*p == ' ')
		p++;
	letter = *p ? strchr(letters, toupper((unsigned char)*p)) : NULL;
	if (letter) {
		value *= pow(1024, (double)(letter - letters) + 1);
		p++;
		if (*p == 'i')
			p++;
	}
	if (*p == 'B' || *p == 'b')
		p++;
	if (*p || value >= 9.2e18)
		goto bad;
	*bytes = (uint64_t)value;
	return 0;
bad:
	return err_set(err, ERR_USAGE, "'%.80s' is not a size (such as 512K, 5MiB or 1.5G)", text);
}

int duration_parse(const char *text, int64_t *ms, struct err *err)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
	             {"h", 3600000}, {"d", 86400000}, {"w", 604800000}};
	const char *p = text;
	double total = 0, value;

	do {
		size_t i, n;

		if (read_number(&p, &value) < 0)
			goto bad;
		n = strspn(p, "mshdw");
		if (n == 0 && *p == '\0' && total == 0) {
			total = value * 1000;
			break;
		}
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strlen(units[i].unit) == n && strncmp(units[i].unit, p, n) == 0)
				break;
		if (i == sizeof(units) / sizeof(units[0]))
			goto bad;
		total += value * units[i].ms;
		p += n;
	} while (*p);
	if (total >= 9.2e15)
		goto bad;
	*ms = (int64_t)total;
	return 0;
bad:
	return err_set(err, ERR_USAGE, "'%.80s' is not a duration (such as 30s, 10m or 24h)", text);
}

const char *size_text(uint64_t bytes, char text[UNITS_TEXT_MAX])
{
	static const char *const names[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		(void)snprintf(text, UNITS_TEXT_MAX, "%" PRIu64 " B", bytes);
		return text;
	}
	while (value >= 1023.95 && i < 5) {
		value /= 1024;
		i++;
	}
	(void)snprintf(text, UNITS_TEXT_MAX, "%.1f %s", value, names[i]);
	return text;
}

const char *duration_text(int64_t ms, char text[UNITS_TEXT_MAX])
{
	int64_t seconds = ms / 1000;

	if (ms < 1000)
		(void)snprintf(text, UNITS_TEXT_MAX, "%" PRId64 " ms", ms);
	else if (seconds < 60)
		(void)snprintf(text, UNITS_TEXT_MAX, "%.1f s", (double)ms / 1000);
	else if (seconds < 3600)
		(void)snprintf(text, UNITS_TEXT_MAX, "%" PRId64 "m%02" PRId64 "s", seconds / 60,
		               seconds % 60);
	else
		(void)snprintf(text, UNITS_TEXT_MAX, "%" PRId64 "h%02" PRId64 "m", seconds / 3600,
		               seconds / 60 % 60);
	return text;
}

const char *time_text(int64_t seconds, char text[UNITS_TEXT_MAX])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(text, UNITS_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(text, UNITS_TEXT_MAX, "?");
	return text;
}

const char *time_text_ms(int64_t ms, char text[UNITS_TEXT_MAX])
{
	size_t len = strlen(time_text(ms / 1000, text));

	if (len > 1)
		(void)snprintf(text + len - 1, UNITS_TEXT_MAX - len, ".%03dZ", (int)(ms % 1000));
	return text;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant, days_from_civil). */
static int64_t days_from_civil(int64_t year, int month, int day)
{
	int64_t era, year_of_era, day_of_year;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

int time_parse(const char *text, int64_t *ms)
{
	int year, month, day, hour, minute, second, used = 0;
	int fraction = 0, scale = 100;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second,
	           &used) != 6 ||
	    month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 ||
	    minute > 59 || second < 0 || second > 60)
		return -1;
	text += used;
	if (*text == '.')
		for (text++; isdigit((unsigned char)*text); text++, scale /= 10)
			fraction += (*text - '0') * scale;
	if (strcmp(text, "Z") != 0)
		return -1;
	*ms = ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60000 +
	      second * 1000 + fraction;
	return 0;
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t now_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t monotonic_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}
