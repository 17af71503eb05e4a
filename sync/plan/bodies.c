#include "sync/plan/bodies.h"

#include <stdlib.h>
#include <string.h>

const char PLAN_BODY_TABLE[] =
	"CREATE TABLE plan_body (id INTEGER PRIMARY KEY, body BLOB NOT NULL)";

int plan_body_put(struct plan *plan, int64_t id, const void *data, size_t len, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "INSERT OR REPLACE INTO plan_body (id, body) VALUES (?1, ?2)",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, id);
	query_bind_bytes(&q, 2, data, len);
	return query_run(&q, err);
}

int plan_body_get(struct plan *plan, int64_t id, char **data, size_t *len, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	const void *bytes;
	int got;

	if (query_start(&q, plan->db, "SELECT body FROM plan_body WHERE id = ?1", err) < 0)
		return -1;
	query_bind_int(&q, 1, id);
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	bytes = query_bytes(&q, 0, len);
	*data = malloc(*len + 1);
	if (!*data)
		return err_memory(err);
	if (*len > 0)
		memcpy(*data, bytes, *len);
	(*data)[*len] = '\0';
	return 1;
}
