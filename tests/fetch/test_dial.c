/* From a host to a stream, and streams kept for later (fetch/dial.h, stream_tcp.h, pool.h), on a wire to a peer. */
#include "tests/suite.h"

#include <string.h>

#include "fetch/dial.h"
#include "fetch/override.h"
#include "fetch/pool.h"
#include "tests/fetch/peer.h"

static struct peer peer;
static struct names *names;
static struct overrides overrides;
static struct stream *stream;
static struct failure failure;
static bool is_done;

static void
on_done(void *data, struct stream *connected, const struct failure *why)
{
	(void)data;
	ck_assert((connected == NULL) != (why == NULL));
	stream = connected;
	failure = why != NULL ? *why : (struct failure){ .cause = FAILURE_NONE };
	is_done = true;
}

/* Dials, and says how long that took. */
static uint64_t
dial(const char *host, uint16_t port, const char *resolve, unsigned timeout_ms)
{
	const struct dial_target target = {
		.host = host,
		.port = port,
		.overrides = &overrides,
		.wants_service = port == 443,
		.timeout_ms = timeout_ms,
	};
	const uint64_t before_us = net_now_us(peer.net);

	overrides = (struct overrides){ 0 };
	if (resolve != NULL)
		ck_assert_int_eq(overrides_add_resolve(&overrides, resolve, &failure), 0);
	is_done = false;
	ck_assert_ptr_nonnull(dial_start(peer.net, names, &target, on_done, NULL));
	ck_assert(!is_done);
	peer_run(&peer, &is_done);
	return net_now_us(peer.net) - before_us;
}

static void
set_up(void)
{
	peer_open(&peer, true);
	names = peer_names(&peer);
}

static void
tear_down(void)
{
	names_close(names);
	peer_close(&peer);
}

static void
on_pause_over(void *data)
{
	net_stop(data);
}

static void
run_for(uint64_t time_us)
{
	struct net_timer timer = { .on_due = NULL };

	net_timer_start(peer.net, &timer, net_now_us(peer.net) + time_us, on_pause_over, peer.net);
	net_run(peer.net);
	net_timer_stop(peer.net, &timer);
}

static char received[64];
static size_t received_bytes;
static bool has_ended;

static void
on_ready(struct stream *from, void *data)
{
	ssize_t n;

	(void)data;
	while ((n = stream_read(from, received + received_bytes,
				sizeof received - received_bytes)) > 0)
		received_bytes += (size_t)n;
	has_ended = n == 0;
	ck_assert(n == 0 || n == -EAGAIN);
}

START_TEST(octets_go_there_and_come_back_and_the_end_is_clean)
{
	(void)dial("www.example", 7, NULL, 0);
	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(stream->facts->remote.family, ADDR_IPV6);
	ck_assert_uint_ge(stream->facts->connected_us, stream->facts->connect_us);
	ck_assert_uint_ge(stream->facts->connect_us, stream->facts->named_us);
	ck_assert(stream->facts->is_name_secure);
	stream_set_ready(stream, on_ready, NULL);
	ck_assert_int_eq(stream_write(stream, "hello", 5), 5);
	ck_assert_int_eq(stream_shutdown(stream), 0);
	peer_run(&peer, &has_ended);
	ck_assert_uint_eq(received_bytes, 5);
	ck_assert_int_eq(memcmp(received, "hello", 5), 0);
	ck_assert(stream->is_clean_end);
	stream_close(stream);
}
END_TEST

START_TEST(a_dead_address_costs_one_attempt_delay)
{
	const uint64_t took_us = dial("a", 7, "a:7:2001:db8::99,192.0.2.1", 0);
	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(stream->facts->remote.family, ADDR_IPV4);
	ck_assert_uint_ge(took_us, 1000 * DIAL_ATTEMPT_DELAY_MS);
	ck_assert_uint_lt(took_us, 3000 * DIAL_ATTEMPT_DELAY_MS);
	stream_close(stream);
}
END_TEST

START_TEST(a_refusal_costs_no_delay)
{
	const uint64_t took_us = dial("www.example", 8, NULL, 0);
	ck_assert_ptr_null(stream);
	ck_assert_int_eq(failure.cause, FAILURE_CONNECT);
	ck_assert_str_eq(
		failure.text,
		"2001:db8::1 port 8: connection refused; 192.0.2.1 port 8: connection refused");
	ck_assert_uint_lt(took_us, 1000 * DIAL_ATTEMPT_DELAY_MS);
}
END_TEST

START_TEST(without_a_route_that_is_said)
{
	(void)dial("203.0.113.1", 80, NULL, 0);
	ck_assert_int_eq(failure.cause, FAILURE_NO_ROUTE);
	ck_assert_str_eq(failure.text, "203.0.113.1 port 80: no route");
}
END_TEST

START_TEST(the_time_allowed_is_kept)
{
	const uint64_t took_us = dial("192.0.2.99", 80, NULL, 150); /* which has patience, but not for ever */
	ck_assert_int_eq(failure.cause, FAILURE_TIMEOUT);
	ck_assert_uint_ge(took_us, 150000);
}
END_TEST

START_TEST(what_the_resolver_says_is_the_failure)
{
	peer.rcode = RCODE_NXDOMAIN;
	(void)dial("www.example", 7, NULL, 0);
	ck_assert_int_eq(failure.cause, FAILURE_RESOLVE);
	ck_assert_ptr_nonnull(strstr(failure.text, "does not exist"));
}
END_TEST

/* HTTPS records as they stand in a set: length, priority, target, keys (RFC 9460, section 2.2). */
static const uint8_t other_port[] = { 0, 9, 0, 1, 0, 0, 3, 0, 2, 0, 7 };
static const uint8_t other_target[] = { 0, 11, 0, 1, 1, 'b', 0, 0, 3, 0, 2, 0, 7 };
static const uint8_t alias[] = { 0, 5, 0, 0, 1, 'b', 0 };
static const uint8_t alias_to_nowhere[] = { 0, 3, 0, 0, 0 };
static const uint8_t unknown_mandatory[] = { 0, 15, 0, 1, 0, 0, 0, 0, 2, 0, 99, 0, 99, 0, 2, 1, 2 };
static const uint8_t not_ours[] = { 0, 14, 0, 1, 0, 0, 1, 0, 3, 2, 'h', '3', 0, 2, 0, 0 };
static const uint8_t closed_port[] = { 0, 9, 0, 1, 0, 0, 3, 0, 2, 0, 9 };

static const struct {
	const char *behaviour;
	const uint8_t *https;
	size_t https_bytes;
	bool is_connected; /* to port 7 of the peer, who refuses 443 */
	unsigned udp_count;
} services[] = {
	{ "without a record the host itself is tried", NULL, 0, false, 3 },
	{ "another port is connected to", other_port, sizeof other_port, true, 3 },
	{ "another target is asked for and connected to", other_target, sizeof other_target, true,
	  5 },
	{ "aliases are followed, but not for ever, then the host itself is tried", alias,
	  sizeof alias, false, 3 + 3 },
	{ "an alias to the root is none", alias_to_nowhere, sizeof alias_to_nowhere, false, 3 },
	{ "a record with a mandatory key that is unknown is none", unknown_mandatory,
	  sizeof unknown_mandatory, false, 3 },
	{ "a record without a protocol of ours is none", not_ours, sizeof not_ours, false, 3 },
	{ "when the other port is closed the host itself is tried", closed_port, sizeof closed_port,
	  false, 5 },
};

START_TEST(https_records_say_where_to_connect_to)
{
	peer.https = services[_i].https;
	peer.https_bytes = services[_i].https_bytes;
	(void)dial("a", 443, NULL, 0);
	ck_assert_msg((stream != NULL) == services[_i].is_connected, "%s: %s",
		      services[_i].behaviour, failure.text);
	ck_assert_msg(peer.udp_count >= services[_i].udp_count, "%s: %u questions",
		      services[_i].behaviour, peer.udp_count);
	ck_assert_uint_lt(peer.udp_count, 3 * (DIAL_ALIASES_MAX + 2));
	if (stream == NULL)
		ck_assert_ptr_nonnull(strstr(failure.text, "port 443: connection refused"));
	else
		stream_close(stream);
}
END_TEST

START_TEST(a_dial_may_be_cancelled_at_any_time)
{
	const struct dial_target target = { .host = "www.example", .port = 7 };

	is_done = false;
	for (unsigned i = 0; i < 8; i++) {
		struct dial *dial = dial_start(peer.net, names, &target, on_done, NULL);
		ck_assert_ptr_nonnull(dial);
		run_for(500 * i);
		if (!is_done)
			dial_cancel(dial);
		else
			stream_close(stream);
		is_done = false;
	}
}
END_TEST

START_TEST(a_kept_connection_is_given_to_its_place_alone_and_once)
{
	struct pool *pool = pool_new(peer.net);

	(void)dial("www.example", 7, NULL, 0);
	struct stream *kept = stream;
	pool_put(pool, "http://www.example:7", kept, 0);
	ck_assert_ptr_null(pool_get(pool, "http://www.example:8"));
	ck_assert_ptr_eq(pool_get(pool, "http://www.example:7"), kept);
	ck_assert_uint_eq(kept->facts->use_count, 2);
	ck_assert_ptr_null(pool_get(pool, "http://www.example:7"));
	stream_close(kept);
	pool_free(pool);
}
END_TEST

START_TEST(a_connection_on_which_something_comes_is_dropped)
{
	struct pool *pool = pool_new(peer.net);

	(void)dial("www.example", 7, NULL, 0);
	ck_assert_int_eq(stream_write(stream, "stray", 5), 5); /* and the peer echoes it */
	pool_put(pool, "place", stream, 0);
	run_for(50000);
	ck_assert_ptr_null(pool_get(pool, "place"));
	pool_free(pool);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dial");
	TCase *tcase = tcase_create("wire");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, octets_go_there_and_come_back_and_the_end_is_clean);
	tcase_add_test(tcase, a_dead_address_costs_one_attempt_delay);
	tcase_add_test(tcase, a_refusal_costs_no_delay);
	tcase_add_test(tcase, without_a_route_that_is_said);
	tcase_add_test(tcase, the_time_allowed_is_kept);
	tcase_add_test(tcase, what_the_resolver_says_is_the_failure);
	tcase_add_loop_test(tcase, https_records_say_where_to_connect_to, 0, COUNT(services));
	tcase_add_test(tcase, a_dial_may_be_cancelled_at_any_time);
	tcase_add_test(tcase, a_kept_connection_is_given_to_its_place_alone_and_once);
	tcase_add_test(tcase, a_connection_on_which_something_comes_is_dropped);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
