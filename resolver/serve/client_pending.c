/* The queries that pend: a table with its free places in a list. */
#include "resolver/serve/client_priv.h"

#include <assert.h>

struct client_pending *
client__pending_at(const struct clients *clients, uint64_t client)
{
	assert(client >= 1 && client <= clients->pending_max);
	struct client_pending *pending = &clients->pending[client - 1];
	assert(pending->is_used);
	return pending;
}

bool
client__pending_has_room(const struct clients *clients)
{
	return clients->first_free != CLIENT_NONE || clients->first_unused < clients->pending_max;
}

uint64_t
client__pending_add(struct clients *clients, const struct asking *asking)
{
	assert(client__pending_has_room(clients));
	uint32_t index = clients->first_free;
	if (index != CLIENT_NONE)
		clients->first_free = clients->pending[index].next_free;
	else
		index = clients->first_unused++;
	struct client_pending *pending = &clients->pending[index];
	clients->stats.pending++;
	pending->source = *asking->source;
	pending->form = asking->form;
	name_copy(&pending->question.qname, &clients->query.question.qname);
	pending->question.qtype = clients->query.question.qtype;
	pending->question.qclass = clients->query.question.qclass;
	pending->received_us = asking->now_us;
	pending->policies = asking->policies;
	pending->step = (uint8_t)asking->step;
	pending->dns64_ttl_s = asking->dns64_ttl_s;
	pending->claim = 0;
	pending->has_waited = false;
	pending->is_used = true;
	return (uint64_t)index + 1;
}

void
client__pending_remove(struct clients *clients, uint64_t client)
{
	struct client_pending *pending = client__pending_at(clients, client);
	client__unclaim(clients, pending);
	quota_give(&clients->quota, &pending->source.addr);
	pending->is_used = false;
	pending->next_free = clients->first_free;
	clients->first_free = (uint32_t)(client - 1);
	clients->stats.pending--;
}

const struct client_source *
client_source_of(const struct clients *clients, uint64_t client)
{
	return &client__pending_at(clients, client)->source;
}

void
clients_forget_listener(struct clients *clients, const struct listener *listener)
{
	for (uint32_t i = 0; i < clients->first_unused; i++)
		if (clients->pending[i].is_used && clients->pending[i].source.listener == listener)
			clients->pending[i].source.listener = NULL;
}

void
client_drop(struct clients *clients, uint64_t client)
{
	client__pending_remove(clients, client);
	clients->stats.dropped_gone++;
}
