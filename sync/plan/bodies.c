#include "sync/plan/bodies.h"

#include <stdlib.h>
#include <string.h>

const char PLAN_BODY_TABLE[] =
	"CREATE TABLE plan_body (id INTEGER PRIMARY KEY, body BLOB NOT NULL)";

int plan_body_put(struct plan *plan, int64_t id, const void *data, size_t len, struct err *err)
{
	return db_run(plan->db, err, "INSERT OR REPLACE INTO plan_body (id, body) VALUES (?1, ?2)",
	              BIND_INT(id), BIND_BYTES(data, len));
}

int plan_body_get(struct plan *plan, int64_t id, char **data, size_t *len, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	const void *bytes;
	int got;

	if (query_start_with(&q, plan->db, err, "SELECT body FROM plan_body WHERE id = ?1",
	                     BIND_INT(id)) < 0)
		return -1;
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
