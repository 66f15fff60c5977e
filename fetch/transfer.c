#include "fetch/transfer_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/http2.h"
#include "fetch/retry.h"
#include "fetch/stream_dry.h"

#define PORTS_WAIT_US     10000u    /* until a connection is tried for again */
#define PORTS_PATIENCE_US 500000u   /* then idle connections to other places go */
#define PORTS_WAIT_MAX_US 60000000u /* longer than TIME-WAIT holds a port */

static void attempt(struct transfer *transfer);
static void take_connection(struct transfer *transfer);

/* ---- the end ------------------------------------------------------------------------------------- */

static void
tell_done(void *data)
{
	struct transfer *transfer = data;
	net_now_again(transfer->client->net); /* what comes next begins now, not when the turn did */
	transfer->on_done(transfer->data, transfer);
}

static void
stop_timers(struct transfer *transfer)
{
	net_timer_stop(transfer->client->net, &transfer->turn);
	soon_cancel(&transfer->soon);
	net_timer_stop(transfer->client->net, &transfer->deadline);
	net_timer_stop(transfer->client->net, &transfer->speed);
	net_timer_stop(transfer->client->net, &transfer->body_due);
}

/* Told in a turn of its own, because the transfer may be freed there. */
static void
end(struct transfer *transfer)
{
	struct client *client = transfer->client;
	stop_timers(transfer);
	if (transfer->has_output)
		output_fini(&transfer->output);
	transfer->has_output = false;
	transfer->state = TRANSFER_OVER;
	transfer->facts.failure = transfer->failure;
	transfer->facts.end_us = net_now_us(client->net);
	transfer->facts.is_over = true;
	transfer__tell_end(transfer);
	soon_do_early(&client->soon, &transfer->soon, tell_done, transfer);
}

static void succeed(struct transfer *transfer);

static void
on_hash_turn(void *data)
{
	succeed(data);
}

static void
succeed(struct transfer *transfer)
{
	struct failure failed = transfer->failure; /* of --fail-with-body */
	const int more = transfer->has_output ? transfer__catch_up_checksum(transfer) : 0;
	if (more > 0) {
		transfer->state = TRANSFER_WAITING;
		net_timer_stop(transfer->client->net, &transfer->speed);
		soon_do(&transfer->client->soon, &transfer->soon, on_hash_turn, transfer);
		return;
	}
	if (transfer->has_output && (more < 0 || transfer__finish_output(transfer) != 0))
		failed = transfer->failure;
	transfer->failure = failed;
	end(transfer);
}

void
transfer__local_over(struct transfer *transfer, bool is_whole)
{
	if (transfer->local >= 0)
		close(transfer->local);
	transfer->local = -1;
	if (is_whole)
		succeed(transfer);
	else
		end(transfer);
}

/* ---- retries ------------------------------------------------------------------------------------- */

static bool
is_idempotent(struct span method) /* RFC 9110, section 9.2.2; RETR is FTP's GET */
{
	static const char *const methods[] = { "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "RETR" };
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		if (span_is(method, methods[i]))
			return true;
	}
	return false;
}

/* What may be otherwise in a moment. A request that may have been acted upon is not repeated unasked. */
static bool
may_pass(const struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;
	if (settings->retries_all)
		return transfer->failure.cause != FAILURE_USAGE &&
		       transfer->failure.cause != FAILURE_URL;
	switch (transfer->failure.cause) {
	case FAILURE_RESOLVE:
	case FAILURE_TIMEOUT: return true;
	case FAILURE_STATUS: return transfer->next == NEXT_RETRY;
	case FAILURE_CONNECT:
	case FAILURE_NO_NEIGHBOUR:
	case FAILURE_NO_ROUTE: return settings->retries_refused;
	case FAILURE_PARTIAL:
	case FAILURE_EMPTY:
	case FAILURE_SEND:
	case FAILURE_RECEIVE: return is_idempotent(transfer->method);
	default: return false;
	}
}

/* Without the part that is left to chance when no rng is given. */
static uint64_t
wait_us_of(const struct transfer *transfer, struct rng *rng)
{
	return retry_wait_us(transfer->facts.retry_count + 1, transfer->settings->retry_delay_us,
			     transfer->retry_after_us, rng);
}

bool
transfer__can_retry(const struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;
	uint64_t past_us = net_now_us(transfer->client->net) - transfer->facts.start_us;
	return transfer->facts.retry_count < settings->retries_max &&
	       (settings->retry_time_max_us == 0 ||
		past_us + wait_us_of(transfer, NULL) <= settings->retry_time_max_us);
}

static void
on_retry_due(void *data)
{
	attempt(data);
}

static bool
retry(struct transfer *transfer)
{
	struct client *client = transfer->client;
	uint64_t wait_us = wait_us_of(transfer, net_rng(client->net));
	if (!may_pass(transfer) || !transfer__can_retry(transfer) || !transfer__can_go_on(transfer))
		return false;

	transfer->facts.retry_count++;
	transfer->range = RANGE_NONE; /* chosen anew */
	transfer->authorization_bytes = transfer->login_count = 0; /* its nonce has had its use */
	verbose_warn(&client->verbose, "%s; retry %u of %llu in %.1f s",
		     transfer->failure.text[0] != '\0' ? transfer->failure.text
						       : failure_summary(transfer->failure.cause),
		     transfer->facts.retry_count,
		     (unsigned long long)transfer->settings->retries_max, (double)wait_us / 1e6);
	transfer__tell_retry(transfer,
			     transfer->failure.text[0] != '\0' ? transfer->failure.text
							       : failure_summary(transfer->failure.cause),
			     wait_us);
	stop_timers(transfer);
	transfer->state = TRANSFER_WAITING;
	transfer->is_timed = false;
	net_timer_start(client->net, &transfer->turn, net_now_us(client->net) + wait_us,
			on_retry_due, transfer);
	return true;
}

/* ---- attempts ------------------------------------------------------------------------------------ */

static void
close_stream(struct transfer *transfer)
{
	if (transfer->dial != NULL) {
		dial_cancel(transfer->dial);
		transfer->client->dial_count--;
	}
	transfer->dial = NULL;
	net_timer_stop(transfer->client->net, &transfer->turn);
	soon_cancel(&transfer->soon);
	net_timer_stop(transfer->client->net, &transfer->body_due);
	transfer__close_ftp(transfer);
	if (transfer->stream != NULL)
		stream_close(transfer->stream);
	transfer->stream = NULL;
}

/* How long the server keeps an idle connection, when it says so: Keep-Alive: timeout=5. */
static unsigned
idle_ms(const struct head *head)
{
	struct span value = fields_value(&head->fields, "Keep-Alive"), element;
	uint64_t seconds;
	while (field_list_next(&value, &element)) {
		if (span_starts_nocase(element, SPAN("timeout=")) &&
		    span_to_number(span_from(element, sizeof "timeout=" - 1), 3600, &seconds) &&
		    seconds > 0)
			return (unsigned)seconds * 1000;
	}
	return 0;
}

static void
release_stream(struct transfer *transfer)
{
	bool is_reusable = transfer->is_complete && !transfer->is_attempt_over &&
			   transfer->settings->is_kept_alive && transfer->place[0] != '\0' &&
			   transfer__is_sent(transfer) && response_is_reusable(transfer->response);
	if (transfer->stream != NULL && is_reusable) {
		verbose_note(&transfer->client->verbose, "Connection %u is kept",
			     transfer->facts.stream.number);
		pool_put(transfer->client->pool, transfer->place, transfer->stream,
			 idle_ms(transfer->facts.head));
		transfer->stream = NULL;
	}
	close_stream(transfer);
}

/*
 * A kept connection may have been closed by its server just as the request went out (RFC 9112, section
 * 9.3.1): that says nothing about the request, which goes once more over a new one.
 */
static bool
is_stale_connection(const struct transfer *transfer)
{
	return transfer->is_reused && !transfer->has_received && is_idempotent(transfer->method) &&
	       (transfer->failure.cause == FAILURE_EMPTY ||
		transfer->failure.cause == FAILURE_RECEIVE ||
		transfer->failure.cause == FAILURE_SEND);
}

void
transfer__fail(struct transfer *transfer, const struct failure *failure)
{
	assert(failure->cause != FAILURE_NONE);
	if (failure != &transfer->failure)
		transfer->failure = *failure;
	if (is_stale_connection(transfer)) {
		verbose_note(&transfer->client->verbose,
			     "The kept connection was closed; a new one is opened");
		close_stream(transfer);
		transfer__tell_retry(transfer, "the kept connection was closed", 0);
		transfer->wants_new_connection = true;
		attempt(transfer);
		return;
	}
	close_stream(transfer);
	if (transfer->state == TRANSFER_DIALING)
		transfer__tell_dial(transfer);
	if (transfer->has_output) { /* what came is kept for the next attempt */
		transfer->is_given_out |= output_is_given_out(&transfer->output);
		transfer->output.target.removes_on_error |= failure_is_damage(failure->cause);
		output_fini(&transfer->output);
	}
	transfer->has_output = false;
	if (!retry(transfer))
		end(transfer);
}

void
transfer__attempt_over(struct transfer *transfer)
{
	release_stream(transfer);
	switch (transfer->next) {
	case NEXT_CONTENT:
	case NEXT_KEPT:
	case NEXT_NOTHING: succeed(transfer); return;
	case NEXT_WHOLE:
		transfer->is_range_refused = true;
		transfer__tell_retry(transfer, "the whole instead of a range", 0);
		break;
	case NEXT_REST: transfer__tell_retry(transfer, "for what lies behind the part that came", 0); break;
	case NEXT_UNASKED:
		transfer->is_expect_refused = true;
		transfer__tell_retry(transfer, "without Expect", 0);
		break;
	case NEXT_LOGIN: transfer__tell_retry(transfer, "with the login that was asked for", 0); break;
	case NEXT_RETRY:
	case NEXT_FAILURE: transfer__fail(transfer, &transfer->failure); return;
	case NEXT_REDIRECT:
		if (transfer__follow(transfer) != 0) {
			transfer__fail(transfer, &transfer->failure);
			return;
		}
		transfer__tell_redirect(transfer);
		break;
	}
	attempt(transfer);
}

static void
on_port_due(void *data)
{
	take_connection(data);
}

static void
wait_for_turn(struct transfer *transfer)
{
	struct net *net = transfer->client->net;
	transfer->state = TRANSFER_WAITING;
	net_timer_start(net, &transfer->turn, net_now_us(net) + PORTS_WAIT_US, on_port_due,
			transfer);
}

/*
 * Every port is in use, by transfers beside this one: a connection of theirs may be free in a moment, to
 * be used again, and what is idle towards other places has to go if that does not help.
 */
static bool
wait_for_port(struct transfer *transfer)
{
	struct client *client = transfer->client;
	uint64_t now_us = net_now_us(client->net);

	if (transfer->ports_since_us == 0)
		transfer->ports_since_us = now_us;
	if (now_us - transfer->ports_since_us > PORTS_WAIT_MAX_US)
		return false;
	if (now_us - transfer->ports_since_us > PORTS_PATIENCE_US)
		pool_drop_oldest(client->pool);
	wait_for_turn(transfer);
	return true;
}

static void
on_dialed(void *data, struct stream *stream, const struct failure *failure)
{
	struct transfer *transfer = data;
	transfer->dial = NULL;
	transfer->client->dial_count--;
	if (stream == NULL && failure->cause == FAILURE_PORTS && wait_for_port(transfer))
		return;
	transfer->ports_since_us = 0;
	if (stream == NULL) {
		transfer->failure = *failure;
		if (failure->cause == FAILURE_RESOLVE && transfer->proxy.kind != PROXY_NONE)
			transfer->failure.cause = FAILURE_PROXY_RESOLVE;
		transfer__fail(transfer, &transfer->failure);
		return;
	}
	struct failure refusal;
	transfer->facts.connect_count++;
	if (strcmp(stream->facts->alpn, "h2") == 0 && http2_open(stream, &stream, &refusal) != 0) {
		transfer__fail(transfer, &refusal);
		return;
	}
	transfer->is_reused = false;
	if (transfer->url.special == URL_FTP)
		transfer__begin_ftp(transfer, stream);
	else
		transfer__exchange(transfer, stream);
}

static void
exchange_with_nobody(struct transfer *transfer)
{
	struct failure failure;
	struct stream *stream = NULL;
	failure_set(&failure, FAILURE_SCHEME, "--dry-run shows requests of HTTP only");
	if (transfer->url.special != URL_FTP) {
		failure_set(&failure, FAILURE_MEMORY, "no memory for what would be sent");
		stream = stream_dry_open();
	}
	if (stream != NULL)
		transfer__exchange(transfer, stream);
	else
		transfer__fail(transfer, &failure);
}

static void
take_connection(struct transfer *transfer)
{
	if (transfer__choose_proxy(transfer) != 0) {
		transfer__fail(transfer, &transfer->failure);
		return;
	}
	if (transfer->client->run->is_dry) {
		exchange_with_nobody(transfer);
		return;
	}
	struct stream *stream = transfer__kept_stream(transfer);
	transfer->wants_new_connection = false;
	if (stream == NULL && transfer->client->dial_count >= CLIENT_DIALS_MAX) {
		wait_for_turn(transfer);
		return;
	}
	if (stream == NULL) {
		transfer__tell_proxy(transfer);
		transfer__dial(transfer, on_dialed);
		return;
	}
	verbose_note(&transfer->client->verbose, "Connection %u is used again",
		     stream->facts->number);
	transfer->is_reused = true;
	transfer__exchange(transfer, stream);
}

static void
on_deadline(void *data)
{
	struct transfer *transfer = data;
	const struct transfer_facts *facts = &transfer->facts;
	struct failure failure;
	unsigned long long got = facts->content_bytes, want = facts->total_bytes;
	double after_s = (double)(net_now_us(transfer->client->net) - facts->start_us) / 1e6;
	if (want != 0)
		failure_set(&failure, FAILURE_TIMEOUT,
			    "the time allowed ran out after %.1f s with %llu of %llu octets",
			    after_s, got, want);
	else if (got == 0 && facts->first_us == 0)
		failure_set(&failure, FAILURE_TIMEOUT, "the time allowed ran out after %.1f s, before %s", after_s,
			    facts->connect_count == 0 ? "a connection was ready" : "the server had answered");
	else
		failure_set(&failure, FAILURE_TIMEOUT,
			    "the time allowed ran out after %.1f s with %llu octets received",
			    after_s, got);
	transfer__fail(transfer, &failure);
}

static void
attempt(struct transfer *transfer)
{
	struct client *client = transfer->client;
	uint64_t now_us = net_now_us(client->net), max_us = transfer->settings->time_max_us;

	transfer->next = NEXT_NOTHING;
	transfer->is_complete = transfer->is_attempt_over = transfer->has_received = false;
	transfer->retry_after_us = 0;
	transfer->facts.attempt_us = now_us;
	transfer->facts.setup_us = transfer->facts.sent_us = transfer->facts.first_us = 0;
	transfer->facts.limit_us = transfer->facts.write_us = transfer->facts.loss_us = 0;
	transfer->held_since_us = 0;
	transfer__forget_known(transfer);
	transfer->facts.head = NULL;
	failure_clear(&transfer->failure);
	if (max_us != 0 && !transfer->is_timed) /* redirects share their time, retries do not */
		net_timer_start(client->net, &transfer->deadline, now_us + max_us, on_deadline,
				transfer);
	transfer->is_timed = true;
	transfer__watch_speed(transfer);
	transfer__choose_range(transfer);
	take_connection(transfer);
}

/* ---- a transfer's life --------------------------------------------------------------------------- */

/* Nothing is to be done: the file is there, or only requests are shown and there is none. */
static bool
is_done_already(struct transfer *transfer)
{
	struct stat status;
	if (transfer->settings->skips_existing && transfer->path[0] != '\0' &&
	    lstat(transfer->path, &status) == 0) {
		verbose_note(&transfer->client->verbose, "%s exists: nothing is fetched", transfer->path);
		return true;
	}
	return transfer->client->run->is_dry && transfer__is_local(transfer);
}

static void
begin(void *data)
{
	struct transfer *transfer = data;
	if (transfer__open_body(transfer) != 0 || transfer__read_url(transfer) != 0 ||
	    transfer__name_file(transfer) != 0) {
		end(transfer);
		return;
	}
	transfer__tell_url(transfer);
	if (is_done_already(transfer))
		end(transfer);
	else if (transfer__is_local(transfer))
		transfer__read_local(transfer);
	else
		attempt(transfer);
}

static bool
take_memory(struct transfer *transfer)
{
	for (unsigned i = 0; i < 2; i++) {
		void *block = malloc(TRANSFER_URL_BYTES);
		if (block == NULL)
			return false;
		arena_init(&transfer->arenas[i], block, TRANSFER_URL_BYTES);
	}
	transfer->response = malloc(sizeof *transfer->response);
	transfer->head = malloc(TRANSFER_HEAD_BYTES);
	return transfer->response != NULL && transfer->head != NULL;
}

struct transfer *
transfer_start(struct client *client, const struct transfer_job *job, transfer_done_cb on_done,
	       void *data)
{
	struct transfer *transfer = calloc(1, sizeof *transfer);
	if (transfer == NULL)
		return NULL;
	transfer->client = client;
	transfer->job = *job;
	transfer->settings = job->group->settings;
	transfer->number = ++client->transfer_count;
	transfer->modified_s = -1;
	transfer->local = transfer->known = -1;
	transfer->on_done = on_done;
	transfer->data = data;
	if (!take_memory(transfer)) {
		transfer_free(transfer);
		return NULL;
	}
	transfer->facts.job = job;
	transfer->facts.start_us = net_now_us(client->net);
	soon_do_early(&client->soon, &transfer->soon, begin, transfer);
	return transfer;
}

void
transfer_free(struct transfer *transfer)
{
	if (transfer == NULL)
		return;
	close_stream(transfer);
	stop_timers(transfer);
	if (transfer->local >= 0)
		close(transfer->local);
	transfer__forget_known(transfer);
	if (transfer->has_output)
		output_fini(&transfer->output);
	if (transfer->has_response)
		response_fini(transfer->response);
	body_fini(&transfer->body);
	if (transfer->is_hashing)
		hasher_close(&transfer->hasher);
	free(transfer->response);
	free(transfer->head);
	free(transfer->tls_chain);
	free(transfer->arenas[0].block);
	free(transfer->arenas[1].block);
	free(transfer);
}

const struct transfer_facts *
transfer_facts(const struct transfer *transfer)
{
	return &transfer->facts;
}
