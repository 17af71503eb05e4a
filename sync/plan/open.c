#include "sync/plan/open.h"

#include "sync/plan/bodies.h"
#include "sync/plan/bucket_keys.h"
#include "sync/plan/edges.h"
#include "sync/plan/keepers.h"
#include "sync/plan/parts.h"
#include "sync/plan/tag_pages.h"

enum { PLAN_CACHE_KIB = 6144 };

int plan_open(struct plan *plan, struct err *err)
{
	const char *const tables[] = {PLAN_TABLE,      PLAN_EDGE_TABLE,    PLAN_BODY_TABLE,
	                              PLAN_PART_TABLE, BUCKET_KEYS_TABLES, KEEPERS_TABLE,
	                              TAG_PAGES_TABLE};

	plan_close(plan);
	plan->next_rank = 1;
	plan->db = db_open_scratch(PLAN_CACHE_KIB, err);
	if (!plan->db)
		return -1;
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (db_exec(plan->db, tables[i], err) < 0)
			return err_context(err, "tables of the plan");
	return 0;
}

void plan_close(struct plan *plan)
{
	db_close(plan->db);
	plan->db = NULL;
}
