#include "sync/plan/parts.h"

const char PLAN_PART_TABLE[] =
	"CREATE TABLE plan_part (item INTEGER NOT NULL, number INTEGER NOT NULL,"
	" etag TEXT NOT NULL, PRIMARY KEY (item, number)) WITHOUT ROWID";

int plan_part_put(struct plan *plan, int64_t item, uint32_t number, const char *etag,
                  struct err *err)
{
	return db_run(plan->db, err,
	              "INSERT OR REPLACE INTO plan_part (item, number, etag) VALUES (?1, ?2, ?3)",
	              BIND_INT(item), BIND_INT(number), BIND_TEXT(etag));
}

int plan_parts_each(struct plan *plan, int64_t item, plan_part_fn *fn, void *context,
                    struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got, result = 0;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT number, etag FROM plan_part WHERE item = ?1 ORDER BY number",
	                     BIND_INT(item)) < 0)
		return -1;
	while (result == 0 && (got = query_step(&q, err)) > 0)
		result = fn(context, (uint32_t)query_int(&q, 0), query_text(&q, 1), err);
	return result != 0 ? result : got;
}
