/* Reassembly: RFC 791, RFC 815, RFC 5722, RFC 6946, RFC 7112, RFC 8200, section 4.5. */
#include <stdio.h>
#include <string.h>

#include "stack/reass.h"
#include "tests/stack/host.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define DATAGRAM_MAX 65535u

static const char *const us[] = { "192.0.2.1", "2001:db8::1" };
static const char *const peers[] = { "192.0.2.2", "2001:db8::2" };
enum { V4, V6, FAMILIES };

static struct host host;
static uint8_t packet[PACKET_BYTES_MAX];
static uint8_t datagram[DATAGRAM_MAX]; /* a UDP datagram, to be cut */
static size_t datagram_bytes;
static uint8_t payload[DATAGRAM_MAX];

static void
datagram_make(int family, const char *source, size_t payload_bytes)
{
	for (size_t i = 0; i < payload_bytes; i++)
		payload[i] = (uint8_t)(i * 7 + i / 256);
	datagram_bytes = packet_udp(datagram, source, us[family], 1000, 53, payload, payload_bytes);
}

static void
setup(void)
{
	struct ip_addr any = { 0 };

	host_init(&host, &(struct host_config){ .ipv4 = "192.0.2.1/24", .ipv6 = "2001:db8::1/64" });
	host_route(&host, "0.0.0.0/0", NULL, 0);
	host_route(&host, "::/0", NULL, 0);
	ck_assert_int_eq(udp_listen(host.stack, &any, 53, 1), 0);
}

static void
teardown(void)
{
	host_fini(&host);
}

/* Octets [begin, end) of the datagram as a fragment. */
static void
fragment_from(int family, const char *source, uint32_t id, size_t begin, size_t end)
{
	const bool more = end < datagram_bytes;
	const struct packet_spec spec = {
		.source = source,
		.destination = us[family],
		.protocol = 17,
		.id = (uint16_t)id,
		.flags_offset = (uint16_t)(begin / 8 | (more ? 0x2000u : 0)),
		.payload = datagram + begin,
		.payload_bytes = end - begin,
	};
	const size_t size = family == V4
				    ? packet_build(packet, &spec)
				    : packet_fragment6(packet, source, us[family], 17, id, begin,
						       more, datagram + begin, end - begin);
	host_receive(&host, packet, size);
}

static void
fragment(int family, size_t begin, size_t end)
{
	fragment_from(family, peers[family], 77, begin, end);
}

static void
expect_whole(size_t payload_bytes)
{
	struct stack_action action;

	host_expect(&host, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.size, payload_bytes);
	ck_assert_mem_eq(action.bytes, payload, payload_bytes);
}

static uint32_t
bytes_held(void)
{
	struct stack_stats stats;
	stack_stats(host.stack, &stats);
	return stats.reass_bytes;
}

static uint64_t
drops(enum drop reason)
{
	return stack_drops(host.stack, reason);
}

START_TEST(fragments_in_any_order_make_the_datagram)
{
	static const size_t orders[][3] = {
		{ 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 }, { 2, 0, 1 }, { 0, 2, 1 }
	};
	const int family = _i;

	datagram_make(family, peers[family], 3000);
	for (size_t order = 0; order < COUNT(orders); order++) {
		for (size_t i = 0; i < 3; i++) {
			const size_t begin = orders[order][i] * 1200;
			const size_t end =
				begin + 1200 < datagram_bytes ? begin + 1200 : datagram_bytes;
			host_expect_nothing(&host);
			fragment(family, begin, end);
		}
		expect_whole(3000);
	}
	ck_assert_uint_eq(bytes_held(), 0);
}
END_TEST

START_TEST(the_largest_datagram_in_random_pieces_and_order)
{
	const int family = _i;
	const size_t largest = family == V4 ? 65507 : 65527;
	const uint64_t seed = suite_seed(41);
	static size_t cuts[64];
	struct rng rng;

	rng_init_number(&rng, seed);
	for (unsigned round = 0; round < 20; round++) {
		size_t count = 0;
		datagram_make(family, peers[family],
			      round == 0 ? largest : 8 + rng_below(&rng, (uint32_t)largest - 8));
		for (size_t at = 0; at < datagram_bytes; count++) {
			cuts[count] = at;
			at += 8 * (200 + rng_below(&rng, 1200));
		}
		cuts[count] = datagram_bytes;
		static size_t order[64];
		for (size_t i = 0; i < count; i++) {
			const size_t j = rng_below(&rng, (uint32_t)i + 1);
			order[i] = order[j];
			order[j] = i;
		}
		for (size_t i = 0; i < count; i++)
			if (count > 1)
				fragment(family, cuts[order[i]], cuts[order[i] + 1]);
		if (count > 1)
			expect_whole(datagram_bytes - 8);
		ck_assert_msg(bytes_held() == 0, "round %u, seed %llu", round,
			      (unsigned long long)seed);
	}
}
END_TEST

START_TEST(a_fragment_that_comes_twice_is_ignored)
{
	const int family = _i;

	datagram_make(family, peers[family], 3000);
	fragment(family, 1200, 2400);
	fragment(family, 1200, 2400);
	fragment(family, 2400, datagram_bytes);
	fragment(family, 2400, datagram_bytes);
	fragment(family, 0, 1200);
	expect_whole(3000);
	ck_assert_uint_eq(drops(DROP_FRAGMENT_DUPLICATE), 2);
	ck_assert_uint_eq(drops(DROP_FRAGMENT_OVERLAP), 0);
}
END_TEST

/* What comes second, after octets 800 to 1600; all of them differ from what is there. */
static const struct {
	const char *behaviour;
	size_t begin, end;
} overlaps[] = {
	{ "its begin", 0, 808 },
	{ "its end", 1592, 2400 },
	{ "its middle", 1000, 1200 },
	{ "the whole of it, and more", 400, 2000 },
	{ "exactly it, with other octets", 800, 1600 },
};

START_TEST(an_overlap_kills_the_datagram_and_what_still_comes_of_it)
{
	const int family = _i % FAMILIES;
	const size_t begin = overlaps[_i / FAMILIES].begin, end = overlaps[_i / FAMILIES].end;

	datagram_make(family, peers[family], 3000);
	fragment(family, 800, 1600);
	memset(datagram + begin, 'x', end - begin);
	fragment(family, begin, end);
	ck_assert_msg(drops(DROP_FRAGMENT_OVERLAP) == 1, "%s", overlaps[_i / FAMILIES].behaviour);
	ck_assert_uint_eq(bytes_held(), 0);
	datagram_make(family, peers[family], 3000);
	fragment(family, 0, 800);
	fragment(family, 800, 1600);
	fragment(family, 1600, datagram_bytes);
	host_expect_nothing(&host);
	ck_assert_uint_eq(drops(DROP_FRAGMENT_OVERLAP), 4);
	/* Another datagram of the same peer is another matter. */
	fragment_from(family, peers[family], 78, 0, 1200);
	fragment_from(family, peers[family], 78, 1200, datagram_bytes);
	expect_whole(3000);
}
END_TEST

START_TEST(two_ends_of_one_datagram_kill_it)
{
	const int family = _i;

	datagram_make(family, peers[family], 3000);
	fragment(family, 2400, datagram_bytes);
	datagram_bytes = 2000;
	fragment(family, 1600, 2000);
	ck_assert_uint_eq(drops(DROP_FRAGMENT_OVERLAP), 1);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(octets_behind_the_end_kill_the_datagram)
{
	const int family = _i;

	datagram_make(family, peers[family], 1192);
	fragment(family, 800, 1200);
	datagram_make(family, peers[family], 3000);
	fragment(family, 1600, 2400);
	ck_assert_uint_eq(drops(DROP_FRAGMENT_OVERLAP), 1);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(a_datagram_waits_sixty_seconds_and_its_sender_is_told)
{
	const int family = _i;
	struct stack_action action;

	datagram_make(family, peers[family], 3000);
	fragment(family, 0, 1200);
	ck_assert_uint_eq(bytes_held() > 0, 1);
	const uint64_t deadline = stack_deadline(host.stack);
	ck_assert_uint_le(deadline, host.now_us + REASS_TIMEOUT_US + 2048);
	stack_timeout(host.stack, host.now_us + REASS_TIMEOUT_US - 1000000);
	ck_assert_uint_eq(bytes_held() > 0, 1);
	stack_timeout(host.stack, host.now_us + REASS_TIMEOUT_US + 2048);
	ck_assert_uint_eq(bytes_held(), 0);
	ck_assert_uint_eq(drops(DROP_FRAGMENT_TIMEOUT), 1);
	ck_assert_uint_eq(stack_deadline(host.stack), STACK_NEVER);
	host_expect(&host, STACK_TRANSMIT,
		    &action); /* RFC 1122, section 3.3.2; RFC 4443, section 3.3 */
	const size_t header_bytes = packet_header_bytes(action.bytes);
	ck_assert_uint_eq(action.bytes[header_bytes], family == V4 ? 11 : 3);
	ck_assert_uint_eq(action.bytes[header_bytes + 1], 1);
	ck_assert(packet_is_sound(action.bytes, action.size));
	host_expect_nothing(&host);
}
END_TEST

START_TEST(nobody_is_told_when_the_first_fragment_never_came)
{
	const int family = _i;

	datagram_make(family, peers[family], 3000);
	fragment(family, 1200, 2400);
	stack_timeout(host.stack, host.now_us + REASS_TIMEOUT_US + 2048);
	ck_assert_uint_eq(drops(DROP_FRAGMENT_TIMEOUT), 1);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(memory_is_bounded_and_the_oldest_goes_first)
{
	const int family = _i;
	char source[ADDR_TEXT_BYTES];

	datagram_make(family, peers[family], 3000);
	fragment(family, 0, 1200); /* the victim */
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(source, sizeof source, family == V4 ? "198.51.%u.%u" : "2001:db8:%x:%x::9",
			 i / 250 + 1, i % 250 + 1);
		fragment_from(family, source, i, 0, 1200);
		ck_assert_uint_le(bytes_held(), host_limits.reass_bytes);
	}
	ck_assert_uint_gt(drops(DROP_FRAGMENT_MEMORY), 0);
	fragment(family, 1200, datagram_bytes);
	host_expect_nothing(&host);
	/* The newest is still there. */
	datagram_make(family, source, 3000);
	fragment_from(family, source, 1000, 0, 1200);
	fragment_from(family, source, 1000, 1200, datagram_bytes);
	expect_whole(3000);
}
END_TEST

START_TEST(one_source_cannot_take_the_memory_of_others)
{
	const int family = _i;
	const char *const flooder = family == V4 ? "198.51.100.9" : "2001:db8:f::9";
	char source[ADDR_TEXT_BYTES];

	datagram_make(family, peers[family], 3000);
	fragment(family, 0, 1200);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(source, sizeof source, "2001:db8:f::%x",
			 i + 1); /* a whole /64 is one source */
		fragment_from(family, family == V4 ? flooder : source, i, 0, 1200);
	}
	ck_assert_uint_le(bytes_held(),
			  host_limits.reass_bytes / REASS_SHARE_OF_ALL + REASS_CHUNK_BYTES);
	datagram_make(family, peers[family], 3000);
	fragment(family, 1200, datagram_bytes);
	expect_whole(3000);
}
END_TEST

START_TEST(a_datagram_that_is_the_oldest_itself_gives_up_when_it_needs_more)
{
	const int family = _i;
	const uint32_t chunks = host_limits.reass_bytes / REASS_CHUNK_BYTES / REASS_SHARE_OF_ALL;
	const uint32_t entries = chunks / REASS_CHUNKS_PER_ENTRY;

	datagram_make(family, peers[family], 60000);
	fragment(family, 0, 1200);
	for (uint32_t id = 1; id < entries; id++) {
		fragment_from(family, peers[family], 100 + id, 0, 1200);
		fragment_from(family, peers[family], 100 + id, 2400, 3600);
	}
	fragment_from(family, peers[family], 101, 4800, 6000); /* the share is full now */
	ck_assert_uint_eq(bytes_held(), chunks * REASS_CHUNK_BYTES);
	ck_assert_uint_eq(drops(DROP_FRAGMENT_MEMORY), 0);
	fragment(family, 8000, 9200);
	ck_assert_uint_eq(drops(DROP_FRAGMENT_MEMORY), 1);
	ck_assert_uint_eq(bytes_held(), (chunks - 1) * REASS_CHUNK_BYTES);
	for (size_t at = 1200; at < datagram_bytes; at += 1200) /* the newest gets all it needs */
		if (at != 2400)
			fragment_from(family, peers[family], 100 + entries - 1, at,
				      at + 1200 < datagram_bytes ? at + 1200 : datagram_bytes);
	expect_whole(60000);
}
END_TEST

START_TEST(tiny_fragments_of_one_datagram_do_not_make_endless_lists)
{
	const int family = _i;

	datagram_make(family, peers[family], 60000);
	for (size_t at = 0; at < 8000; at += 16)
		fragment(family, at, at + 8);
	ck_assert_uint_ge(drops(DROP_FRAGMENT_MEMORY), 500 / (REASS_HOLES_MAX + 1));
	ck_assert_uint_le(bytes_held(), 8 * REASS_CHUNK_BYTES);
}
END_TEST

START_TEST(malformed_fragments_are_dropped)
{
	const int family = _i;
	uint64_t count = 0;

	datagram_make(family, peers[family], 3000);
	fragment(family, 0, 1201); /* not a multiple of eight, and more to come */
	ck_assert_uint_eq(drops(DROP_FRAGMENT_MALFORMED), ++count);
	datagram_bytes = 65535;
	memset(datagram, 0, sizeof datagram);
	const struct packet_spec past = { .source = peers[family],
					  .destination = us[family],
					  .protocol = 17,
					  .flags_offset = 65528 / 8,
					  .payload = datagram,
					  .payload_bytes = 100 };
	const size_t size = family == V4 ? packet_build(packet, &past)
					 : packet_fragment6(packet, peers[V6], us[V6], 17, 1, 65528,
							    false, datagram, 100);
	host_receive(&host, packet, size); /* ends behind octet 65535: the ping of death */
	ck_assert_uint_eq(drops(DROP_FRAGMENT_MALFORMED), ++count);
	ck_assert_uint_eq(bytes_held(), 0);
}
END_TEST

START_TEST(an_atomic_fragment_is_a_whole_packet)
{
	datagram_make(V6, peers[V6], 100);
	/* RFC 6946, section 4: also while fragments of the same identification wait. */
	const size_t size =
		packet_fragment6(packet, peers[V6], us[V6], 17, 77, 1200, true, datagram, 104);
	host_receive(&host, packet, size);
	fragment(V6, 0, datagram_bytes);
	expect_whole(100);
	ck_assert_uint_gt(bytes_held(), 0);
}
END_TEST

START_TEST(a_first_fragment_without_its_headers_is_refused)
{
	uint8_t chain[16] = { 17, 0, 1, 4 }; /* destination options, then nothing of UDP */
	const size_t size = packet_fragment6(packet, peers[V6], us[V6], 60, 5, 0, true, chain, 8);

	host_receive(&host, packet, size); /* RFC 7112, section 5 */
	ck_assert_uint_eq(drops(DROP_FRAGMENT_MALFORMED), 1);
	struct stack_action action;
	host_expect(&host, STACK_TRANSMIT, &action);
	ck_assert_uint_eq(action.bytes[40], 4); /* parameter problem, */
	ck_assert_uint_eq(action.bytes[41], 3); /* first fragment has incomplete header chain */
}
END_TEST

START_TEST(an_interface_may_refuse_all_fragments)
{
	const int family = _i;
	struct ip_addr any = { 0 };

	host_fini(&host);
	host_init(&host, &(struct host_config){ .ipv4 = "192.0.2.1/24",
						.ipv6 = "2001:db8::1/64",
						.if_flags = STACK_IF_SKIP_REASS });
	ck_assert_int_eq(udp_listen(host.stack, &any, 53, 1), 0);
	datagram_make(family, peers[family], 3000);
	fragment(family, 0, 1200);
	fragment(family, 1200, datagram_bytes);
	ck_assert_uint_eq(drops(DROP_FRAGMENT_REFUSED), 2);
	ck_assert_uint_eq(bytes_held(), 0);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(what_one_host_cuts_another_puts_together)
{
	static struct host peer;
	const int family = _i;
	struct ip_addr to = addr_of(us[family]);
	struct stack_action action;
	udp_flow flow;

	host_init(&peer, &(struct host_config){
				 .ipv4 = "192.0.2.2/24", .ipv6 = "2001:db8::2/64", .seed = 2 });
	ck_assert_int_eq(udp_open(peer.stack, &to, 53, NULL, 0, 0, &flow), 0);
	for (size_t size = 1400; size < 65507; size += 4999) {
		datagram_make(family, peers[family], size);
		ck_assert_int_eq(udp_send(peer.stack, flow, payload, size, peer.now_us), 0);
		ck_assert(!host_carry(&peer, &host, &action));
		expect_whole(size);
	}
	const uint64_t sent = stack_drops(peer.stack, DROP_TRANSMIT_FULL);
	ck_assert_uint_eq(sent, 0);
	host_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("reass");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, fragments_in_any_order_make_the_datagram, 0, FAMILIES);
	tcase_add_loop_test(tcase, the_largest_datagram_in_random_pieces_and_order, 0, FAMILIES);
	tcase_add_loop_test(tcase, a_fragment_that_comes_twice_is_ignored, 0, FAMILIES);
	tcase_add_loop_test(tcase, an_overlap_kills_the_datagram_and_what_still_comes_of_it, 0,
			    FAMILIES * COUNT(overlaps));
	tcase_add_loop_test(tcase, two_ends_of_one_datagram_kill_it, 0, FAMILIES);
	tcase_add_loop_test(tcase, octets_behind_the_end_kill_the_datagram, 0, FAMILIES);
	tcase_add_loop_test(tcase, a_datagram_waits_sixty_seconds_and_its_sender_is_told, 0,
			    FAMILIES);
	tcase_add_loop_test(tcase, nobody_is_told_when_the_first_fragment_never_came, 0, FAMILIES);
	tcase_add_loop_test(tcase, memory_is_bounded_and_the_oldest_goes_first, 0, FAMILIES);
	tcase_add_loop_test(tcase, one_source_cannot_take_the_memory_of_others, 0, FAMILIES);
	tcase_add_loop_test(
		tcase, a_datagram_that_is_the_oldest_itself_gives_up_when_it_needs_more, 0, FAMILIES);
	tcase_add_loop_test(tcase, tiny_fragments_of_one_datagram_do_not_make_endless_lists, 0,
			    FAMILIES);
	tcase_add_loop_test(tcase, malformed_fragments_are_dropped, 0, FAMILIES);
	tcase_add_test(tcase, an_atomic_fragment_is_a_whole_packet);
	tcase_add_test(tcase, a_first_fragment_without_its_headers_is_refused);
	tcase_add_loop_test(tcase, an_interface_may_refuse_all_fragments, 0, FAMILIES);
	tcase_add_loop_test(tcase, what_one_host_cuts_another_puts_together, 0, FAMILIES);
	Suite *suite = suite_create("reass");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
