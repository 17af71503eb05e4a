#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
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

int rate_parse(const char *text, uint64_t *bytes_per_s, struct err *err)
{
	size_t len = strlen(text);
	char size[UNITS_TEXT_MAX];
	struct err ignored;

	if (len > 2 && strcmp(text + len - 2, "/s") == 0)
		len -= 2;
	if (len < sizeof(size) && (len == 0 || text[len - 1] != 'b')) {
		memcpy(size, text, len);
		size[len] = '\0';
		if (size_parse(size, bytes_per_s, &ignored) == 0)
			return 0;
	}
	return err_set(err, ERR_USAGE,
	               "'%.80s' is not a rate in bytes per second (such as 300K, 2M or 1.5MiB)",
	               text);
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
	bool bare = true; /* nothing yet: a number alone has no unit, which only 0 needs not */

	do {
		size_t i, n;

		if (read_number(&p, &value) < 0)
			goto bad;
		n = strspn(p, "mshdw");
		if (n == 0 && *p == '\0' && bare && value <= 0)
			break;
		bare = false;
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
	enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
	int64_t seconds = ms < 60000 ? (ms + 500) / 1000 : ms / 1000;

	if (ms < 1000 && ms != 0)
		(void)snprintf(text, UNITS_TEXT_MAX, "%" PRId64 "ms", ms);
	else if (ms < 9950 && ms % 1000 != 0)
		(void)snprintf(text, UNITS_TEXT_MAX, "%.1fs", (double)ms / 1000);
	else if (seconds < MINUTE)
		(void)snprintf(text, UNITS_TEXT_MAX, "%" PRId64 "s", seconds);
	else if (seconds < HOUR)
		(void)snprintf(text, UNITS_TEXT_MAX, "%" PRId64 "m%02" PRId64 "s", seconds / MINUTE,
		               seconds % MINUTE);
	else if (seconds < DAY)
		(void)snprintf(text, UNITS_TEXT_MAX, "%" PRId64 "h%02" PRId64 "m", seconds / HOUR,
		               seconds % HOUR / MINUTE);
	else
		(void)snprintf(text, UNITS_TEXT_MAX, "%" PRId64 "d%02" PRId64 "h", seconds / DAY,
		               seconds % DAY / HOUR);
	return text;
}

const char *count_text(uint64_t count, const char *one, const char *many, char text[UNITS_TEXT_MAX])
{
	(void)snprintf(text, UNITS_TEXT_MAX, "%" PRIu64 " %s", count, count == 1 ? one : many);
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

/* `count` digits at *at, and no sign or space before them; -1 when there are fewer. */
static int read_digits(const char **at, int count)
{
	int value = 0;

	for (; count > 0; count--, ++*at) {
		if (!isdigit((unsigned char)**at))
			return -1;
		value = value * 10 + (**at - '0');
	}
	return value;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* ".123" and the like at *at, if there is one, in milliseconds; -1 for a point without digits. */
static int read_fraction(const char **at)
{
	int fraction = 0;

	if (**at != '.')
		return 0;
	++*at;
	if (!isdigit((unsigned char)**at))
		return -1;
	for (int scale = 100; isdigit((unsigned char)**at); ++*at, scale /= 10)
		fraction += (**at - '0') * scale;
	return fraction;
}

int time_parse(const char *text, int64_t *ms)
{
	/* year, month, day, hour, minute, second: digits, least, most, what follows */
	static const struct {
		int digits, least, most;
		char end;
	} fields[] = {{4, 1, 9999, '-'}, {2, 1, 12, '-'}, {2, 1, 31, 'T'},
	              {2, 0, 23, ':'},   {2, 0, 59, ':'}, {2, 0, 60, '\0'}};
	enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };
	int value[FIELDS], fraction;

	for (int i = 0; i < FIELDS; i++) {
		value[i] = read_digits(&text, fields[i].digits);
		if (value[i] < fields[i].least || value[i] > fields[i].most)
			return -1;
		if (fields[i].end && *text++ != fields[i].end)
			return -1;
	}
	fraction = read_fraction(&text);
	if (value[2] > days_in_month(value[0], value[1]) || fraction < 0 || strcmp(text, "Z") != 0)
		return -1;
	*ms = ((days_from_civil(value[0], value[1], value[2]) * 24 + value[3]) * 60 + value[4]) *
	              60000 +
	      value[5] * 1000 + fraction;
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
