/* transfer_pace.c - how fast content may come, and how slow it must not (transfer_priv.h). */
#include "fetch/transfer_priv.h"

#define SPEED_PERIOD_US       1000000u
#define SPEED_TIME_DEFAULT_US 30000000u /* as curl: -Y without -y */

/* ---- --limit-rate -------------------------------------------------------------------------------- */

void
transfer__pace_begin(struct transfer *transfer)
{
	transfer->pace_start_us = net_now_us(transfer->client->net);
	transfer->pace_bytes = 0;
}

size_t
transfer__allowed(struct transfer *transfer, size_t wanted, void (*again)(void *transfer))
{
	uint64_t rate = transfer->settings->rate_limit;
	struct net *net = transfer->client->net;
	if (rate == 0)
		return wanted;

	uint64_t now_us = net_now_us(net), past_us = now_us - transfer->pace_start_us;
	uint64_t due = past_us / 1000000 * rate + past_us % 1000000 * rate / 1000000;
	uint64_t step = rate / 20 != 0 ? rate / 20
				       : 1; /* what 50 ms bring, so that no octet costs a turn */
	if (due >= transfer->pace_bytes + step || due > transfer->pace_bytes + wanted) {
		uint64_t allowed = due - transfer->pace_bytes;
		if (transfer->held_since_us != 0)
			transfer->facts.limit_us += now_us - transfer->held_since_us;
		transfer->held_since_us = 0;
		return allowed < wanted ? (size_t)allowed : wanted;
	}
	uint64_t missing = transfer->pace_bytes + step - due;
	if (transfer->held_since_us == 0)
		transfer->held_since_us = now_us;
	net_timer_start(net, &transfer->turn, now_us + missing * 1000000 / rate + 1, again,
			transfer);
	return 0;
}

/* A pause is no credit: what the server did not send in time is not caught up beyond a second. */
void
transfer__paced(struct transfer *transfer, size_t bytes)
{
	uint64_t rate = transfer->settings->rate_limit;
	transfer->pace_bytes += bytes;
	if (rate == 0)
		return;
	uint64_t past_us = net_now_us(transfer->client->net) - transfer->pace_start_us;
	uint64_t spent_us = transfer->pace_bytes / rate * 1000000;
	if (past_us > spent_us + 1000000) {
		transfer->pace_start_us += past_us;
		transfer->pace_bytes = 0;
	}
}

/* ---- -Y and -y ----------------------------------------------------------------------------------- */

static uint64_t
moved_bytes(const struct transfer *transfer)
{
	return transfer->facts.content_bytes + transfer->facts.uploaded_bytes + transfer->compared_bytes;
}

static void
on_speed(void *data)
{
	struct transfer *transfer = data;
	const struct settings *settings = transfer->settings;
	uint64_t moved = moved_bytes(transfer);
	uint64_t limit_us =
		settings->speed_time_us != 0 ? settings->speed_time_us : SPEED_TIME_DEFAULT_US;
	uint64_t limit = settings->speed_limit != 0 ? settings->speed_limit : 1; /* -y alone */
	uint64_t now_us = net_now_us(transfer->client->net);

	if (moved - transfer->speed_bytes >= limit)
		transfer->slow_since_us = now_us;
	transfer->speed_bytes = moved;
	if (now_us - transfer->slow_since_us < limit_us) {
		net_timer_start(transfer->client->net, &transfer->speed, now_us + SPEED_PERIOD_US,
				on_speed, transfer);
		return;
	}
	struct failure failure;
	failure_set(&failure, FAILURE_TIMEOUT,
		    "slower than %llu octets a second for %.0f s, after %llu octets",
		    (unsigned long long)limit, (double)limit_us / 1e6, (unsigned long long)moved);
	transfer__fail(transfer, &failure);
}

void
transfer__watch_speed(struct transfer *transfer)
{
	struct net *net = transfer->client->net;
	uint64_t now_us = net_now_us(net);
	if (transfer->settings->speed_limit == 0 && transfer->settings->speed_time_us == 0)
		return;
	transfer->slow_since_us = now_us;
	transfer->speed_bytes = moved_bytes(transfer);
	net_timer_start(net, &transfer->speed, now_us + SPEED_PERIOD_US, on_speed, transfer);
}
