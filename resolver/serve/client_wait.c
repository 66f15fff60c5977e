/*
 * What another worker's engine is at (underway.h): queries wait for it, refreshes are left to it. All queries wait for equally
 * long, so the list by the end of their waiting is the list by its beginning.
 */
#include "resolver/serve/client_priv.h"

void
clients_set_underway(struct clients *clients, struct underway *underway, unsigned worker, uint32_t waiting_max)
{
	clients->waiting_max = waiting_max;
	clients->underway = underway;
	clients->worker = worker;
}

uint64_t
clients_deadline(const struct clients *clients)
{
	return clients->first_waiting == CLIENT_NONE ? ENGINE_NEVER : clients->pending[clients->first_waiting].waits_until_us;
}

void
clients_told(struct clients *clients)
{
	clients->look_at_waiting = true;
	clients->looked_at = CLIENT_NONE;
}

uint64_t
clients_to_tell(struct clients *clients)
{
	const uint64_t workers = clients->to_tell;

	clients->to_tell = 0;
	return workers;
}

static void
enter(struct clients *clients, uint32_t at)
{
	clients->pending[at].next_waiting = CLIENT_NONE;
	if (clients->first_waiting == CLIENT_NONE)
		clients->first_waiting = at;
	else
		clients->pending[clients->last_waiting].next_waiting = at;
	clients->last_waiting = at;
	clients->waiting_count++;
}

/* `before` is CLIENT_NONE where it is the first. */
static void
leave(struct clients *clients, uint32_t before, uint32_t at)
{
	const uint32_t next = clients->pending[at].next_waiting;

	if (before == CLIENT_NONE)
		clients->first_waiting = next;
	else
		clients->pending[before].next_waiting = next;
	if (clients->last_waiting == at)
		clients->last_waiting = before;
	clients->waiting_count--;
}

bool
client__waits(struct clients *clients, struct client_pending *pending, const struct engine_question *question,
	      uint64_t now_us)
{
	if (clients->underway == NULL || pending->has_waited || pending->refers)
		return false;
	const uint64_t hash = underway_hash(clients->underway, &question->qname, question->qtype);
	switch (underway_claim(clients->underway, hash, clients->worker)) {
	case UNDERWAY_NOBODYS: return false;
	case UNDERWAY_MINE: pending->claim = hash; return false;
	case UNDERWAY_OTHERS: break;
	}
	if (clients->waiting_count == clients->waiting_max) {
		clients->stats.waited_full++;
		return false;
	}
	pending->has_waited = true;
	pending->waits_for = hash;
	pending->waits_until_us = now_us + CLIENT_WAITS_US;
	enter(clients, (uint32_t)(pending - clients->pending));
	clients->stats.waited++;
	return true;
}

/* The claim is the number that comes back. */
void
client__refresh(struct clients *clients, const struct engine_question *question, uint64_t now_us)
{
	uint64_t claim = 0;

	if (clients->underway != NULL) {
		const uint64_t hash = underway_hash(clients->underway, &question->qname, question->qtype);
		switch (underway_claim_or_leave(clients->underway, hash, clients->worker)) {
		case UNDERWAY_OTHERS: clients->stats.refreshes_left++; return;
		case UNDERWAY_MINE: claim = hash; break;
		case UNDERWAY_NOBODYS: break;
		}
	}
	if (!engine_refresh(clients->engine, question, claim, now_us))
		clients_refreshed(clients, claim);
}

void
clients_refreshed(struct clients *clients, uint64_t refresh)
{
	if (refresh != 0)
		clients->to_tell |= underway_release(clients->underway, refresh);
}

void
client__unclaim(struct clients *clients, struct client_pending *pending)
{
	if (pending->claim != 0)
		clients->to_tell |= underway_release(clients->underway, pending->claim);
	pending->claim = 0;
}

uint64_t
clients_due(struct clients *clients, uint64_t now_us)
{
	if (!clients->look_at_waiting && clients_deadline(clients) > now_us)
		return 0;
	uint32_t before = clients->looked_at;
	uint32_t at = before == CLIENT_NONE ? clients->first_waiting : clients->pending[before].next_waiting;
	for (; at != CLIENT_NONE; before = at, at = clients->pending[at].next_waiting) {
		const struct client_pending *pending = &clients->pending[at];
		const bool is_late = pending->waits_until_us <= now_us;
		if (!is_late && underway_stands(clients->underway, pending->waits_for, clients->worker))
			continue;
		clients->stats.waited_in_vain += is_late;
		leave(clients, before, at);
		clients->looked_at = before;
		return (uint64_t)at + 1;
	}
	clients->look_at_waiting = false;
	clients->looked_at = CLIENT_NONE;
	return 0;
}
