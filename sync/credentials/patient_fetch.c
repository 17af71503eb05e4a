#include "sync/credentials/patient_fetch.h"

#include "base/stop.h"

#include <poll.h>

enum { ATTEMPTS = 3, PAUSE_MS = 500 };

static int pause_for(int ms, struct err *err)
{
	struct pollfd fd = {.fd = stop_fd(), .events = POLLIN};

	(void)poll(&fd, 1, ms);
	return stop_check(err);
}

int patient_fetch(const struct http_fetch *fetch, struct str *out, struct err *err)
{
	for (int attempt = 1;; attempt++) {
		struct err failure = ERR_INIT;
		int status = http_fetch(fetch, out, &failure);
		bool passing = status == 429 || status >= 500 ||
		               (status < 0 && failure.code == ERR_TEMPORARY);

		if (!passing || attempt == ATTEMPTS) {
			if (status < 0)
				*err = failure;
			return status;
		}
		if (pause_for(attempt * PAUSE_MS, err) < 0)
			return -1;
		str_clear(out);
	}
}
