#include "resolver/zone/refresh.h"

#include <assert.h>

#include "stack/base/rng.h"

#define SECOND_US UINT64_C(1000000)

void
refresh_stats_add(struct refresh_stats *sum, const struct refresh_stats *stats)
{
	sum->checks += stats->checks;
	sum->current += stats->current;
	sum->whole += stats->whole;
	sum->changes += stats->changes;
	sum->failures += stats->failures;
	sum->refused += stats->refused;
	sum->malformed += stats->malformed;
	sum->too_big += stats->too_big;
	sum->notifies += stats->notifies;
	sum->expired += stats->expired;
	sum->octets += stats->octets;
	sum->untrusted += stats->untrusted;
	sum->waited += stats->waited;
}

/* ---- what comes out ------------------------------------------------------------------------------------- */

static void
act(struct refresh *refresh, enum refresh_action_kind kind)
{
	assert(refresh->action_count < sizeof refresh->actions / sizeof refresh->actions[0]);
	refresh->actions[refresh->action_count++] = kind;
}

bool
refresh_next(struct refresh *refresh, struct refresh_action *action)
{
	if (refresh->action_count == 0)
		return false;
	*action = (struct refresh_action){
		.kind = refresh->actions[0],
		.primary = &refresh->primaries[refresh->primary],
		.bytes = refresh->query,
		.size = refresh->query_bytes,
		.zone = refresh->transfer.zone,
		.by = refresh->kind,
	};
	refresh->action_count--;
	for (unsigned i = 0; i < refresh->action_count; i++)
		refresh->actions[i] = refresh->actions[i + 1];
	return true;
}

/* ---- times ---------------------------------------------------------------------------------------------- */

static uint64_t
within(uint32_t seconds)
{
	if (seconds < REFRESH_S_MIN)
		seconds = REFRESH_S_MIN;
	return (seconds < REFRESH_S_MAX ? seconds : REFRESH_S_MAX) * SECOND_US;
}

/* Up to a tenth earlier, so that zones that began together do not stay together. */
static uint64_t
earlier(const struct refresh *refresh, uint64_t us)
{
	return us - rng_below(refresh->rng, (uint32_t)(us / SECOND_US) * 100u + 1u) * UINT64_C(1000);
}

bool
refresh_is_too_old(const struct soa *soa, uint64_t age_us)
{
	return age_us >= within(soa->expire_s);
}

static uint64_t
expires_us(const struct refresh *refresh)
{
	return refresh->has_held && !refresh->has_expired ? refresh->expires_us : REFRESH_NEVER;
}

uint64_t
refresh_deadline(const struct refresh *refresh)
{
	uint64_t at_us = expires_us(refresh);
	uint64_t next_us = REFRESH_NEVER; /* while others have to act */

	if (refresh->state == REFRESH_RESTS)
		next_us = refresh->due_us;
	else if (refresh->state == REFRESH_WAITS)
		next_us = refresh->silent_us < refresh->late_us ? refresh->silent_us : refresh->late_us;
	return next_us < at_us ? next_us : at_us;
}

/* When a round may begin that somebody asks for. */
static uint64_t
soonest(const struct refresh *refresh, uint64_t due_us, uint64_t now_us)
{
	const uint64_t at_us = refresh->began_us + (refresh->has_failed ? REFRESH_NOTIFY_FAILED_US : REFRESH_NOTIFY_US);
	const uint64_t allowed_us = at_us > now_us ? at_us : now_us;
	return allowed_us < due_us ? allowed_us : due_us;
}

static void
rest(struct refresh *refresh, uint64_t due_us, uint64_t now_us)
{
	if (refresh->state != REFRESH_RESTS)
		act(refresh, REFRESH_CLOSE);
	refresh->state = REFRESH_RESTS;
	refresh->due_us = refresh->is_wanted_again ? soonest(refresh, due_us, now_us) : due_us;
	refresh->is_wanted_again = false;
}

/* A primary has spoken for what is held. */
static void
settle(struct refresh *refresh, uint64_t now_us)
{
	refresh->expires_us = now_us + within(refresh->soa.expire_s);
	refresh->again_s = REFRESH_AGAIN_S_MIN;
	refresh->has_failed = false;
	rest(refresh, now_us + earlier(refresh, within(refresh->soa.refresh_s)), now_us);
}

/* ---- asking --------------------------------------------------------------------------------------------- */

static void
send(struct refresh *refresh, int query_bytes, uint64_t now_us)
{
	refresh->query_bytes = (size_t)query_bytes;
	refresh->state = REFRESH_WAITS;
	refresh->silent_us = now_us + REFRESH_SILENCE_US;
	act(refresh, REFRESH_SEND);
}

static void
ask_soa(struct refresh *refresh, uint64_t now_us)
{
	refresh->kind = TRANSFER_SOA;
	refresh->stats.checks++;
	send(refresh, transfer_begin(&refresh->transfer, TRANSFER_SOA, refresh->name, refresh->soa.serial, NULL, NULL,
				     rng_u16(refresh->rng), refresh->query), now_us);
}

static void
prepare(struct refresh *refresh, enum transfer_kind kind)
{
	refresh->kind = kind;
	refresh->state = REFRESH_WANTS_MEMORY;
	act(refresh, REFRESH_PREPARE);
}

/* What has expired is as if nothing were held: only the whole tells what the zone is. */
static void
ask_primary(struct refresh *refresh, uint64_t now_us)
{
	refresh->late_us = now_us + REFRESH_WHOLE_US;
	if (refresh->has_held && !refresh->has_expired)
		ask_soa(refresh, now_us);
	else
		prepare(refresh, TRANSFER_AXFR);
}

/* The next one, or rest: with a zone its own retry, without one for a while that doubles. */
static void
next_primary(struct refresh *refresh, uint64_t now_us)
{
	if (refresh->primary + 1 < refresh->primary_count) {
		act(refresh, REFRESH_CLOSE);
		refresh->primary++;
		ask_primary(refresh, now_us);
		return;
	}
	const bool holds = refresh->has_held && !refresh->has_expired;
	const uint64_t again_us = holds ? within(refresh->soa.retry_s) : refresh->again_s * SECOND_US;
	if (!holds && refresh->again_s < REFRESH_AGAIN_S_MAX / 2)
		refresh->again_s *= 2;
	refresh->has_failed = true;
	rest(refresh, now_us + earlier(refresh, again_us), now_us);
}

void
refresh_lend(struct refresh *refresh, struct arena *arena, const struct zone *held, uint64_t now_us)
{
	assert(refresh->state == REFRESH_WANTS_MEMORY);
	refresh->late_us = now_us + REFRESH_WHOLE_US;
	if (refresh->kind == TRANSFER_IXFR && held == NULL)
		refresh->kind = TRANSFER_AXFR;
	const int query_bytes = arena == NULL ? ERR_NO_MEMORY
					      : transfer_begin(&refresh->transfer, refresh->kind, refresh->name, 0, held, arena,
							       rng_u16(refresh->rng), refresh->query);
	if (query_bytes >= 0) {
		send(refresh, query_bytes, now_us);
		return;
	}
	refresh->stats.too_big++;
	next_primary(refresh, now_us);
}

/* ---- what comes in -------------------------------------------------------------------------------------- */

void
refresh_begin(struct refresh *refresh, const struct name *name, const struct refresh_primary *primaries,
	      unsigned primary_count, const struct soa *held, uint64_t age_us, struct rng *rng, uint64_t now_us)
{
	assert(primary_count > 0 && primary_count <= REFRESH_PRIMARIES_MAX);
	refresh->name = name;
	refresh->primaries = primaries;
	refresh->primary_count = primary_count;
	refresh->primary = 0;
	refresh->rng = rng;
	refresh->stats = (struct refresh_stats){ .checks = 0 };
	refresh->state = REFRESH_RESTS;
	refresh->kind = TRANSFER_SOA;
	refresh->has_held = held != NULL;
	refresh->has_expired = refresh->is_wanted_again = refresh->has_failed = false;
	refresh->began_us = now_us;
	refresh->soa = held != NULL ? *held : (struct soa){ .serial = 0 };
	refresh->again_s = REFRESH_AGAIN_S_MIN;
	const uint64_t expire_us = within(refresh->soa.expire_s);
	refresh->expires_us = now_us + (age_us < expire_us ? expire_us - age_us : 0);
	refresh->due_us = held != NULL ? now_us + REFRESH_FIRST_US : now_us;
	refresh->action_count = 0;
	refresh->transfer.zone = NULL;
}

/* Of changes that do not come or do not fit, the same primary may give the whole. */
static void
on_no_help(struct refresh *refresh, uint64_t now_us)
{
	if (refresh->kind != TRANSFER_IXFR) {
		next_primary(refresh, now_us);
		return;
	}
	act(refresh, REFRESH_CLOSE);
	prepare(refresh, TRANSFER_AXFR);
}

/* A primary that has told a newer serial than its records have is behind itself. */
static void
on_complete(struct refresh *refresh, uint64_t now_us)
{
	if (refresh->has_held && !refresh->has_expired &&
	    !serial_is_newer(refresh->transfer.zone->soa.serial, refresh->soa.serial)) {
		refresh->stats.malformed++;
		next_primary(refresh, now_us);
		return;
	}
	refresh->state = REFRESH_HAS_ZONE;
	act(refresh, REFRESH_KEEP);
}

/* What has expired while the primary was asked is not at hand any more: it is given whole. */
static void
on_current(struct refresh *refresh, uint64_t now_us)
{
	refresh->stats.current++;
	if (!refresh->has_expired) {
		settle(refresh, now_us);
		act(refresh, REFRESH_CURRENT);
		return;
	}
	act(refresh, REFRESH_CLOSE);
	prepare(refresh, TRANSFER_AXFR);
}

void
refresh_receive(struct refresh *refresh, const uint8_t *bytes, size_t size, uint64_t now_us)
{
	if (refresh->state != REFRESH_WAITS)
		return;
	refresh->silent_us = now_us + REFRESH_SILENCE_US;
	refresh->stats.octets += size;
	switch (transfer_receive(&refresh->transfer, bytes, size)) {
	case TRANSFER_GOES_ON: break;
	case TRANSFER_CURRENT: on_current(refresh, now_us); break;
	case TRANSFER_NEWER: prepare(refresh, TRANSFER_IXFR); break;
	case TRANSFER_COMPLETE: on_complete(refresh, now_us); break;
	case TRANSFER_REFUSED: refresh->stats.refused++; on_no_help(refresh, now_us); break;
	case TRANSFER_MALFORMED: refresh->stats.malformed++; on_no_help(refresh, now_us); break;
	case TRANSFER_TOO_BIG: refresh->stats.too_big++; on_no_help(refresh, now_us); break;
	}
}

void
refresh_kept(struct refresh *refresh, bool is_kept, uint64_t now_us)
{
	assert(refresh->state == REFRESH_HAS_ZONE);
	if (!is_kept) {
		refresh->stats.failures++;
		next_primary(refresh, now_us);
		return;
	}
	refresh->stats.whole += refresh->kind == TRANSFER_AXFR;
	refresh->stats.changes += refresh->kind == TRANSFER_IXFR;
	refresh->soa = refresh->transfer.zone->soa;
	refresh->has_held = true;
	refresh->has_expired = false;
	settle(refresh, now_us);
}

void
refresh_failed(struct refresh *refresh, uint64_t now_us)
{
	if (refresh->state != REFRESH_WAITS)
		return;
	refresh->stats.failures++;
	on_no_help(refresh, now_us);
}

void
refresh_distrust(struct refresh *refresh, uint64_t now_us)
{
	if (refresh->state != REFRESH_WAITS)
		return;
	refresh->stats.untrusted++;
	next_primary(refresh, now_us);
}

/* RFC 1996, section 3.11: as if the refresh time were over. */
void
refresh_notify(struct refresh *refresh, uint64_t now_us)
{
	refresh->stats.notifies++;
	if (refresh->state == REFRESH_RESTS)
		refresh->due_us = soonest(refresh, refresh->due_us, now_us);
	else
		refresh->is_wanted_again = true;
}

void
refresh_timeout(struct refresh *refresh, uint64_t now_us)
{
	if (now_us >= expires_us(refresh)) {
		refresh->has_expired = true;
		refresh->stats.expired++;
		act(refresh, REFRESH_EXPIRE);
	}
	if (refresh->state == REFRESH_RESTS && now_us >= refresh->due_us) {
		refresh->primary = 0;
		refresh->began_us = now_us;
		ask_primary(refresh, now_us);
	} else if (refresh->state == REFRESH_WAITS && (now_us >= refresh->silent_us || now_us >= refresh->late_us)) {
		refresh->stats.failures++;
		next_primary(refresh, now_us);
	}
}
