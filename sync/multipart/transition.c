#include "sync/multipart/transition.h"

static struct multipart_step step(enum multipart_state state, enum multipart_action action)
{
	struct multipart_step s = {state, action};

	return s;
}

static struct multipart_step create(void)
{
	return step(MULTIPART_CREATING, MULTIPART_DO_CREATE);
}

/* The upload is not there any more. */
static struct multipart_step start_over(struct multipart_facts facts)
{
	return facts.anew ? step(MULTIPART_DONE, MULTIPART_DO_FORGET) : create();
}

/* It is there, and of no use. */
static struct multipart_step replace(struct multipart_facts facts)
{
	if (facts.gone || facts.adopted)
		return start_over(facts);
	return step(MULTIPART_ABORTING, MULTIPART_DO_ABORT);
}

static struct multipart_step give_up(struct multipart_facts facts)
{
	if (facts.adopted)
		return step(MULTIPART_DONE, MULTIPART_DO_FORGET);
	return step(MULTIPART_ABORTING, MULTIPART_DO_ABORT);
}

static struct multipart_step from_creating(enum multipart_event event)
{
	switch (event) {
	case MULTIPART_BEGIN:
	case MULTIPART_FOUND_NONE:
		return create();
	case MULTIPART_RESUME:
	case MULTIPART_LOST:
		return step(MULTIPART_CREATING, MULTIPART_DO_LIST_UPLOADS);
	case MULTIPART_CREATED:
		return step(MULTIPART_OPEN, MULTIPART_DO_SEND);
	case MULTIPART_FOUND_ONE:
		return step(MULTIPART_OPEN, MULTIPART_DO_LIST_PARTS);
	case MULTIPART_ABANDON:
		/* What a lost Create made could only be guessed, and a guess is never aborted. */
		return step(MULTIPART_DONE, MULTIPART_DO_FORGET);
	default:
		return step(MULTIPART_CREATING, MULTIPART_DO_NOTHING);
	}
}

static struct multipart_step from_open(enum multipart_event event, struct multipart_facts facts)
{
	switch (event) {
	case MULTIPART_RESUME:
		return step(MULTIPART_OPEN, MULTIPART_DO_LIST_PARTS);
	case MULTIPART_PARTS_OURS:
		return step(MULTIPART_OPEN, MULTIPART_DO_SEND);
	case MULTIPART_PARTS_ALL:
	case MULTIPART_ALL_SENT:
		return step(MULTIPART_COMPLETING, MULTIPART_DO_COMPLETE);
	case MULTIPART_PARTS_FOREIGN:
		/* An adopted one turns out to be another's: nothing was lost with it. */
		return facts.adopted ? create() : replace(facts);
	case MULTIPART_GONE:
		return start_over(facts);
	case MULTIPART_ABANDON:
		return give_up(facts);
	default:
		return step(MULTIPART_OPEN, MULTIPART_DO_NOTHING);
	}
}

/* The key does not hold our bytes although Complete may have been sent. */
static struct multipart_step complete_again(struct multipart_facts facts)
{
	if (facts.gone)
		return start_over(facts);
	if (!facts.parts_known)
		return step(MULTIPART_COMPLETING, MULTIPART_DO_LIST_PARTS);
	return step(MULTIPART_COMPLETING, MULTIPART_DO_COMPLETE);
}

static struct multipart_step from_completing(enum multipart_event event,
                                             struct multipart_facts facts)
{
	switch (event) {
	case MULTIPART_RESUME:
	case MULTIPART_LOST:
	case MULTIPART_UNCERTAIN:
	case MULTIPART_GONE:
		return step(MULTIPART_COMPLETING, MULTIPART_DO_HEAD);
	case MULTIPART_COMPLETED:
	case MULTIPART_HEAD_MATCH:
		return step(MULTIPART_DONE, MULTIPART_DO_FINISH);
	case MULTIPART_HEAD_OTHER:
		return complete_again(facts);
	case MULTIPART_REFUSED_TWICE:
		return step(MULTIPART_COMPLETING, MULTIPART_DO_LIST_PARTS);
	case MULTIPART_PARTS_ALL:
		return step(MULTIPART_COMPLETING, MULTIPART_DO_COMPLETE);
	case MULTIPART_PARTS_OURS:
		return step(MULTIPART_OPEN, MULTIPART_DO_SEND);
	case MULTIPART_PARTS_FOREIGN:
	case MULTIPART_PARTS_REFUSED:
		return replace(facts);
	case MULTIPART_ABANDON:
		return facts.gone ? step(MULTIPART_DONE, MULTIPART_DO_FORGET) : give_up(facts);
	default:
		return step(MULTIPART_COMPLETING, MULTIPART_DO_NOTHING);
	}
}

static struct multipart_step from_aborting(enum multipart_event event, struct multipart_facts facts)
{
	switch (event) {
	case MULTIPART_RESUME:
	case MULTIPART_ABANDON:
	case MULTIPART_LOST:
		return step(MULTIPART_ABORTING, MULTIPART_DO_ABORT);
	case MULTIPART_ABORTED:
	case MULTIPART_GONE:
		return facts.wanted ? start_over(facts) : step(MULTIPART_DONE, MULTIPART_DO_FORGET);
	default:
		return step(MULTIPART_ABORTING, MULTIPART_DO_NOTHING);
	}
}

struct multipart_step multipart_next(enum multipart_state state, enum multipart_event event,
                                     struct multipart_facts facts)
{
	switch (state) {
	case MULTIPART_CREATING:
		return from_creating(event);
	case MULTIPART_OPEN:
		return from_open(event, facts);
	case MULTIPART_COMPLETING:
		return from_completing(event, facts);
	case MULTIPART_ABORTING:
		return from_aborting(event, facts);
	case MULTIPART_DONE:
		break;
	}
	return step(MULTIPART_DONE, MULTIPART_DO_NOTHING);
}

const char *multipart_state_name(enum multipart_state state)
{
	switch (state) {
	case MULTIPART_CREATING:
		return "creating";
	case MULTIPART_OPEN:
		return "open";
	case MULTIPART_COMPLETING:
		return "completing";
	case MULTIPART_DONE:
		return "done";
	case MULTIPART_ABORTING:
		return "aborting";
	}
	return "unknown";
}
