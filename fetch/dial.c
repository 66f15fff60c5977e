#include "fetch/dial_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/override.h"
#include "fetch/source.h"
#include "fetch/stream_tcp.h"
#include "fetch/tunnel.h"

#define HTTPS_PORT 443u

/* ---- the end ------------------------------------------------------------------------------------------- */

static void
forget_attempts(struct dial *dial)
{
	if (dial->ask != NULL)
		names_cancel(dial->ask);
	dial->ask = NULL;
	for (unsigned i = 0; i < EYEBALLS_ADDRS_MAX; i++) {
		if (dial->attempts[i].stream != NULL)
			stream_close(dial->attempts[i].stream);
		dial->attempts[i].stream = NULL;
	}
	net_timer_stop(dial->net, &dial->timer);
}

static void
note_progress(const struct dial *dial)
{
	if (dial->seen == NULL)
		return;
	*dial->seen = dial->stream != NULL ? *dial->stream->facts
					   : (struct stream_facts){ .started_us = dial->started_us,
								    .named_us = dial->named_us,
								    .is_name_secure = dial->is_name_secure };
	dial->seen->tls_chain = NULL; /* it goes with the stream */
}

void
dial_cancel(struct dial *dial)
{
	note_progress(dial);
	forget_attempts(dial);
	if (dial->stream != NULL)
		stream_close(dial->stream);
	net_timer_stop(dial->net, &dial->limit);
	free(dial->tunnel);
	free(dial);
}

static void
finish(struct dial *dial, struct stream *stream, const struct failure *failure)
{
	const dial_done_cb on_done = dial->on_done;
	void *data = dial->data;
	const struct failure copy = failure != NULL ? *failure : (struct failure){ 0 };

	dial_cancel(dial);
	on_done(data, stream, failure != NULL ? &copy : NULL);
}

void
dial__succeed(struct dial *dial)
{
	struct stream *stream = dial->stream;

	dial->stream = NULL;
	dial->seen = NULL;
	stream_set_ready(stream, NULL, NULL);
	stream->facts->use_count = 1;
	finish(dial, stream, NULL);
}

void
dial__fail(struct dial *dial, const struct failure *failure)
{
	finish(dial, NULL, failure);
}

/* Each attempt's words behind each other: all causes alike is the cause, else no connection. */
static void
note_failure(struct dial *dial, const struct failure *failure)
{
	const struct failure before = dial->failure;

	if (dial->failed_count++ == 0) {
		dial->failure = *failure;
		return;
	}
	failure_set(&dial->failure, before.cause == failure->cause ? before.cause : FAILURE_CONNECT,
		    "%s; %s", before.text, failure->text);
	failure_detail(&dial->failure, before.detail == failure->detail ? before.detail : NULL);
}

static void find_addrs(struct dial *dial);

/* Another name to connect to, from the beginning; what has failed so far is not forgotten. */
static void
go_to(struct dial *dial, const char *host, unsigned kinds)
{
	const struct eyeballs before = dial->eyeballs;

	if (dial->ask != NULL)
		names_cancel(dial->ask);
	dial->ask = NULL;
	(void)snprintf(dial->host, sizeof dial->host, "%s", host);
	dial->kinds = kinds;
	eyeballs_init(&dial->eyeballs, before.attempt_delay_us, before.resolution_delay_us);
	memset(dial->runners, 0, sizeof dial->runners);
	find_addrs(dial);
}

/* Nothing was connected and nothing is left to be tried, but for the host itself when HTTPS records led elsewhere. */
static void
fail(struct dial *dial)
{
	if (dial->service_count > 0) {
		dial->service_count = 0;
		dial->port = dial->name_port;
		failure_clear(&dial->names_failure);
		go_to(dial, dial->name, dial->wanted & ~NAMES_HTTPS);
		return;
	}
	if (dial->failed_count == 0 && dial->names_failure.cause == FAILURE_NONE)
		failure_set(&dial->names_failure, FAILURE_RESOLVE, "%s has no address", dial->host);
	finish(dial, NULL, dial->failed_count > 0 ? &dial->failure : &dial->names_failure);
}

static void
on_limit(void *data)
{
	struct dial *dial = data;
	struct failure failure;

	if (dial->stream != NULL)
		failure_set(&failure, FAILURE_TIMEOUT, "%s port %u: no TLS handshake within %u ms",
			    dial->host, dial->port, dial->timeout_ms);
	else if (dial->eyeballs.started == 0)
		failure_set(&failure, FAILURE_TIMEOUT, "%s: no address within %u ms", dial->host,
			    dial->timeout_ms);
	else
		failure_set(&failure, FAILURE_TIMEOUT, "%s port %u: no connection within %u ms%s%s",
			    dial->host, dial->port, dial->timeout_ms,
			    dial->failed_count > 0 ? "; " : "", dial->failure.text);
	finish(dial, NULL, &failure);
}

static struct dial_race
race_of(const struct dial *dial)
{
	return (struct dial_race){ .net = dial->net, .host = dial->host, .port = dial->port, .request = dial->request,
		                   .eyeballs = &dial->eyeballs, .runners = dial->runners };
}

/* The first connection that is there is kept, the others and the questions are dropped. */
static void
keep(struct dial *dial, struct dial_attempt *attempt)
{
	const struct dial_race race = race_of(dial);

	dial_tell_winner(&race, (unsigned)(attempt - dial->attempts));
	dial->stream = attempt->stream;
	attempt->stream = NULL;
	forget_attempts(dial);
	dial->stream->facts->started_us = dial->started_us;
	dial->stream->facts->named_us = dial->named_us;
	dial->stream->facts->is_name_secure = dial->is_name_secure;
	dial__secure(dial);
}

/* ---- attempts ------------------------------------------------------------------------------------------ */

static void start_attempts(struct dial *dial);

static void
attempt_failed(struct dial_attempt *attempt, const struct failure *failure)
{
	struct dial *dial = attempt->dial;

	note_failure(dial, failure);
	dial->runners[attempt - dial->attempts].has_failed = true;
	eyeballs_failed(&dial->eyeballs, net_now_us(dial->net));
}

static void
on_attempt_ready(struct stream *stream, void *data)
{
	struct dial_attempt *attempt = data;
	struct dial *dial = attempt->dial;

	switch (stream_tcp_state(stream)) {
	case STREAM_TCP_CONNECTING: return;
	case STREAM_TCP_CONNECTED: keep(dial, attempt); return;
	case STREAM_TCP_FAILED: break;
	}
	attempt_failed(attempt, &stream->failure);
	attempt->stream = NULL;
	stream_close(stream);
	start_attempts(dial);
}

static void
start_attempt(struct dial *dial, unsigned index)
{
	struct dial_attempt *attempt = &dial->attempts[index];
	const struct ip_addr *remote = &dial->eyeballs.destinations[index].addr;
	const struct ip_addr *local = dial->source != NULL ? source_for(dial->source, remote) : NULL;
	const struct dial_race race = race_of(dial);
	struct failure failure;

	attempt->dial = dial;
	dial->runners[index].started_us = net_now_us(dial->net);
	dial_tell_attempt(&race, index);
	stack_cause(net_stack(dial->net), dial->request);
	if (dial->source != NULL && local == NULL) {
		failure_set(&failure, FAILURE_INTERFACE, "%s: --interface has no address of that family", dial->host);
		attempt_failed(attempt, &failure);
		return;
	}
	if (stream_tcp_open(dial->net, remote, dial->port, local, &attempt->stream, &failure) != 0) {
		if (local != NULL && failure.cause == FAILURE_NO_ROUTE)
			failure_set(&failure, FAILURE_INTERFACE, "%s: no route from the address of --interface", dial->host);
		attempt_failed(attempt, &failure);
		return;
	}
	stream_set_ready(attempt->stream, on_attempt_ready, attempt);
}

static void
on_timer(void *data)
{
	start_attempts(data);
}

/* Only from the loop: it may be the end. */
static void
start_attempts(struct dial *dial)
{
	const uint64_t now_us = net_now_us(dial->net);
	unsigned index;

	while (eyeballs_next(&dial->eyeballs, now_us, &index))
		start_attempt(dial, index);
	if (eyeballs_is_over(&dial->eyeballs)) {
		fail(dial);
		return;
	}
	const uint64_t at_us = eyeballs_deadline(&dial->eyeballs);
	if (at_us != EYEBALLS_NEVER)
		net_timer_start(dial->net, &dial->timer, at_us, on_timer, dial);
}

/* ---- addresses ----------------------------------------------------------------------------------------- */

static void
add_addrs(struct dial *dial, unsigned kind, const struct ip_addr *addrs, unsigned count)
{
	struct destination destinations[NAMES_ADDRS_MAX];

	assert(count <= NAMES_ADDRS_MAX);
	for (unsigned i = 0; i < count; i++) {
		destinations[i] = (struct destination){ .addr = addrs[i] };
		(void)stack_source_for(net_stack(dial->net), &addrs[i], &destinations[i].source);
	}
	if (count > 0 && dial->named_us == 0)
		dial->named_us = net_now_us(dial->net);
	eyeballs_answer(&dial->eyeballs, kind, destinations, count, net_now_us(dial->net));
}

/* False: the host's own addresses are used. */
static bool
follow_service(struct dial *dial, const struct names_answer *answer)
{
	const struct names_service *service = &answer->services[0];
	char target[NAME_TEXT_BYTES];

	if (answer->service_count == 0 || dial->eyeballs.started > 0 ||
	    dial->service_count == DIAL_ALIASES_MAX)
		return false;
	if (service->port != 0)
		dial->port = service->port;
	if (service->is_at_owner) {
		dial->service_count += service->port != 0;
		return false;
	}
	dial->service_count++;
	failure_clear(&dial->names_failure);
	go_to(dial, name_to_text(&service->target, target, sizeof target),
	      service->priority == 0 ? dial->wanted : dial->wanted & ~NAMES_HTTPS);
	return true;
}

static void
on_answer(void *data, const struct names_answer *answer)
{
	struct dial *dial = data;
	const bool is_worse = answer->failure.cause == FAILURE_BOGUS ||
			      dial->names_failure.cause == FAILURE_NONE;

	dial_tell_answer(dial->net, dial->request, dial->host, answer);
	dial->kinds &= ~answer->kind;
	if (dial->kinds == 0)
		dial->ask = NULL;
	if (answer->kind == NAMES_HTTPS && follow_service(dial, answer))
		return;
	if (answer->failure.cause != FAILURE_NONE && is_worse && answer->kind != NAMES_HTTPS)
		dial->names_failure = answer->failure;
	if (answer->addr_count > 0)
		dial->is_name_secure = answer->is_secure;
	add_addrs(dial, answer->kind, answer->addrs, answer->addr_count);
	start_attempts(dial);
}

/* Addresses that are given, in the families that are wanted. */
static void
use_given(struct dial *dial, const struct ip_addr *addrs, unsigned count)
{
	struct ip_addr wanted[NAMES_ADDRS_MAX];
	unsigned wanted_count = 0;

	for (unsigned i = 0; i < count && wanted_count < NAMES_ADDRS_MAX; i++)
		if ((dial->kinds & (addrs[i].family == ADDR_IPV6 ? NAMES_IPV6 : NAMES_IPV4)) != 0)
			wanted[wanted_count++] = addrs[i];
	if (count > 0 && wanted_count == 0)
		failure_set(&dial->names_failure, FAILURE_RESOLVE,
			    "%s has no address of the family asked for", dial->host);
	dial->kinds = 0;
	add_addrs(dial, 0, wanted, wanted_count);
	net_timer_start(dial->net, &dial->timer, 0, on_timer, dial);
}

/* The host's addresses: given, written as such, or asked for. */
static void
find_addrs(struct dial *dial)
{
	struct ip_addr addrs[OVERRIDE_ADDRS_MAX];
	unsigned count = 0;

	if (dial->overrides != NULL)
		count = overrides_resolve(dial->overrides, span_from_text(dial->host), dial->port, addrs);
	if (count == 0 && addr_from_text(&addrs[0], dial->host) == 0)
		count = 1;
	if (count > 0) {
		use_given(dial, addrs, count);
		return;
	}
	eyeballs_expect(&dial->eyeballs, dial->kinds);
	stack_cause(net_stack(dial->net), dial->request);
	dial->ask = names_ask(dial->names, dial->host, dial->kinds, on_answer, dial,
			      &dial->names_failure);
	if (dial->ask == NULL) {
		dial->eyeballs.expected = 0;
		use_given(dial, NULL, 0);
	}
}

static unsigned
or_default(unsigned value, unsigned standard)
{
	return value != 0 ? value : standard;
}

/* false: dial->failure says why not. */
static bool
make_tunnel(struct dial *dial, const struct dial_target *target)
{
	const struct tunnel_target through = { .proxy = target->proxy,
					       .host = target->host,
					       .port = target->port,
					       .user_agent = SPAN("cairn-fetch/" CAIRN_VERSION) };
	failure_set(&dial->failure, FAILURE_MEMORY, "no memory for a tunnel");
	dial->failed_count = 1;
	dial->tunnel = malloc(sizeof *dial->tunnel);
	if (dial->tunnel == NULL || tunnel_init(dial->tunnel, &through, &dial->failure) != 0)
		return false;
	failure_clear(&dial->failure);
	dial->failed_count = 0;
	return true;
}

struct dial *
dial_start(struct net *net, struct names *names, const struct dial_target *target, dial_done_cb on_done,
	   void *data)
{
	struct dial *dial = calloc(1, sizeof *dial);
	struct span host = span_from_text(target->host);

	if (dial == NULL)
		return NULL;
	dial->net = net;
	dial->names = names;
	dial->on_done = on_done;
	dial->data = data;
	dial->port = dial->name_port = target->port;
	dial->tls = target->tls;
	dial->proxy_tls = target->proxy_tls;
	(void)snprintf(dial->name, sizeof dial->name, "%s", target->host);
	(void)snprintf(dial->alpn, sizeof dial->alpn, "%s", target->alpn != NULL ? target->alpn : "");
	if (target->proxy != NULL) {
		host = span_from_text(target->proxy->host);
		dial->port = target->proxy->port;
	} else if (target->overrides != NULL) {
		overrides_connect(target->overrides, &host, &dial->port);
	}
	(void)snprintf(dial->host, sizeof dial->host, SPAN_FORMAT, SPAN_ARGUMENTS(host));
	dial->overrides = target->overrides;
	dial->source = target->source;
	dial->kinds = or_default(target->families, NAMES_IPV4 | NAMES_IPV6);
	/* The record of a port that is not 443 stands elsewhere (RFC 9460, section 9.1), and what the user says goes before it. */
	if (target->wants_service && target->proxy == NULL && target->port == HTTPS_PORT &&
	    span_equals(host, span_from_text(target->host)))
		dial->kinds |= NAMES_HTTPS;
	dial->wanted = dial->kinds;
	dial->timeout_ms = or_default(target->timeout_ms, DIAL_TIMEOUT_MS);
	dial->request = target->request;
	dial->seen = target->seen;
	dial->started_us = net_now_us(net);
	eyeballs_init(&dial->eyeballs,
		      1000 * (uint64_t)or_default(target->attempt_delay_ms, DIAL_ATTEMPT_DELAY_MS),
		      1000 * (uint64_t)DIAL_RESOLUTION_DELAY_MS);
	net_timer_start(net, &dial->limit, dial->started_us + 1000 * (uint64_t)dial->timeout_ms, on_limit,
			dial);
	if (target->needs_tunnel && !make_tunnel(dial, target))
		use_given(dial, NULL, 0);
	else
		find_addrs(dial);
	return dial;
}
