/* transfer_dial.c - the connection of an attempt: a kept one, or a new one (transfer_priv.h). */
#include "fetch/transfer_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned
families(const struct settings *settings)
{
	return settings->family == 4 ? NAMES_IPV4 : settings->family == 6 ? NAMES_IPV6 : 0;
}

/* The host without the brackets of an IPv6 address, terminated. */
static const char *
dial_host(struct transfer *transfer)
{
	struct span host = transfer->url.host;
	if (transfer->url.host_kind == URL_HOST_IPV6)
		host = span_of(host.at + 1, host.bytes - 2);
	return arena_printf(&transfer->arenas[transfer->arena_at], SPAN_FORMAT,
			    SPAN_ARGUMENTS(host));
}

void
transfer__note_stream(struct transfer *transfer, const struct stream *stream)
{
	transfer->facts.stream = *stream->facts;
	free(transfer->tls_chain);
	transfer->tls_chain = stream->facts->tls_chain != NULL ? strdup(stream->facts->tls_chain) : NULL;
	transfer->facts.stream.tls_chain = transfer->tls_chain;
}

/* What must be alike for a kept connection to serve: where it leads, and for TLS whom it trusts. */
static bool
name_place(struct transfer *transfer)
{
	const struct url *url = &transfer->url;
	bool is_secure = url->special == URL_HTTPS || transfer->proxy.is_secure;
	unsigned trust = is_secure ? transfer->job.group->number : 0;
	int bytes = snprintf(transfer->place, sizeof transfer->place,
			     "%u " SPAN_FORMAT "://" SPAN_FORMAT ":%u via %u%s %s:%u from %s", trust,
			     SPAN_ARGUMENTS(url->scheme), SPAN_ARGUMENTS(url->host), url_port(url),
			     (unsigned)transfer->proxy.kind, transfer->proxy.is_secure ? "s" : "",
			     transfer->proxy.host != NULL ? transfer->proxy.host : "",
			     transfer->proxy.port,
			     transfer->settings->interface != NULL ? transfer->settings->interface : "");
	return bytes > 0 && (size_t)bytes < sizeof transfer->place;
}

struct stream *
transfer__kept_stream(struct transfer *transfer)
{
	if (!name_place(transfer)) {
		transfer->wants_new_connection = true; /* and it will not be kept either */
		transfer->place[0] = '\0';
		return NULL;
	}
	if (!transfer->settings->is_kept_alive || transfer->wants_new_connection)
		return NULL;
	return pool_get(transfer->client->pool, transfer->place);
}

/* TLS with the host and with the proxy, where they are wanted. The first time it takes as long as many a handshake. */
static bool
set_up_tls(struct transfer *transfer, struct dial_target *target, struct failure *failure)
{
	struct client_group *group = transfer->job.group;
	struct net *net = transfer->client->net;
	bool wants_tls = transfer->url.special == URL_HTTPS, wants_proxy_tls = transfer->proxy.is_secure;
	bool is_first = (wants_tls && group->tls == NULL) || (wants_proxy_tls && group->proxy_tls == NULL);

	if (wants_tls)
		target->tls = client_tls(transfer->client, group, failure);
	if (wants_proxy_tls && (!wants_tls || target->tls != NULL))
		target->proxy_tls = client_proxy_tls(transfer->client, group, failure);
	net_now_again(net);
	if (is_first)
		transfer->facts.setup_us = net_now_us(net);
	return (!wants_tls || target->tls != NULL) && (!wants_proxy_tls || target->proxy_tls != NULL);
}

void
transfer__dial(struct transfer *transfer, dial_done_cb on_dialed)
{
	struct client *client = transfer->client;
	const struct settings *settings = transfer->settings;
	struct failure failure;
	struct dial_target target = {
		.host = dial_host(transfer),
		.port = url_port(&transfer->url),
		.families = families(settings),
		.source = settings->interface != NULL ? &transfer->job.group->source : NULL,
		.overrides = &transfer->job.group->overrides,
		.wants_service = transfer->url.special == URL_HTTPS,
		.alpn = settings->is_http_1_0 || settings->is_http_1_1 ? "http/1.1" : "h2,http/1.1",
		.timeout_ms = (unsigned)(settings->connect_timeout_us / 1000),
		.attempt_delay_ms = (unsigned)(settings->attempt_delay_us / 1000),
		.seen = &transfer->facts.stream,
		.request = transfer->number,
		.proxy = transfer->proxy.kind != PROXY_NONE ? &transfer->proxy : NULL,
		.needs_tunnel =
			transfer->proxy.kind != PROXY_NONE && !transfer__asks_proxy(transfer),
	};

	transfer->state = TRANSFER_DIALING;
	transfer->is_reused = false;
	transfer->facts.stream = (struct stream_facts){ .number = 0 }; /* the last attempt's is not this one's */
	failure_set(&failure, FAILURE_MEMORY, "no memory for a connection");
	if (target.host != NULL && set_up_tls(transfer, &target, &failure))
		transfer->dial =
			dial_start(client->net, client->names, &target, on_dialed, transfer);
	if (transfer->dial != NULL)
		client->dial_count++;
	else
		transfer__fail(transfer, &failure);
}
