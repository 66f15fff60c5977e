/* ICMP errors heard (RFC 792, RFC 4443, RFC 5927): whose they are, whether they are believed, and path MTUs (RFC 1191, RFC 8201). */
#include "tests/stack/icmp_host.h"

/* ---- errors heard ---------------------------------------------------------------------------- */

static udp_flow flow;
static uint8_t quote[2048];
static size_t quote_bytes;

/* Opens a flow, sends `size` octets and keeps the packet for quoting. */
static void
flow_sends(int family, size_t size)
{
	static uint8_t payload[1472];
	struct ip_addr peer = addr_of(peers[family]);

	ck_assert_int_eq(udp_open(host.stack, &peer, 53, NULL, 0, 42, &flow), 0);
	ck_assert_int_eq(udp_send(host.stack, flow, payload, size, host.now_us), 0);
	host_expect(&host, STACK_TRANSMIT, &action);
	quote_bytes = action.size;
	memcpy(quote, action.bytes, quote_bytes);
}

static const struct {
	int family;
	uint8_t type, code;
	enum stack_error error; /* 0: it is no news for a flow */
} verdicts[] = {
	{ V4, 3, 0, STACK_ERROR_NET_UNREACHABLE },
	{ V4, 3, 1, STACK_ERROR_HOST_UNREACHABLE },
	{ V4, 3, 2, STACK_ERROR_PORT_UNREACHABLE },
	{ V4, 3, 3, STACK_ERROR_PORT_UNREACHABLE },
	{ V4, 3, 9, STACK_ERROR_PROHIBITED },
	{ V4, 3, 10, STACK_ERROR_PROHIBITED },
	{ V4, 3, 13, STACK_ERROR_PROHIBITED },
	{ V4, 3, 16, 0 },
	{ V4, 11, 0, STACK_ERROR_TIME_EXCEEDED },
	{ V4, 4, 0, 0 },
	{ V4, 5, 1, 0 },
	{ V4, 12, 0, 0 },
	{ V6, 1, 0, STACK_ERROR_NET_UNREACHABLE },
	{ V6, 1, 1, STACK_ERROR_PROHIBITED },
	{ V6, 1, 3, STACK_ERROR_HOST_UNREACHABLE },
	{ V6, 1, 4, STACK_ERROR_PORT_UNREACHABLE },
	{ V6, 1, 5, STACK_ERROR_PROHIBITED },
	{ V6, 1, 7, 0 },
	{ V6, 3, 0, STACK_ERROR_TIME_EXCEEDED },
	{ V6, 4, 1, STACK_ERROR_PORT_UNREACHABLE },
	{ V6, 4, 0, 0 },
};

START_TEST(an_error_about_a_datagram_reaches_its_flow)
{
	const int family = verdicts[_i].family;
	struct ip_addr router = addr_of(routers[family]);

	flow_sends(family, 100);
	icmp_from(family, routers[family], us[family], verdicts[_i].type, verdicts[_i].code, 0,
		  quote, quote_bytes);
	if (verdicts[_i].error == 0) {
		host_expect_nothing(&host);
		return;
	}
	host_expect(&host, STACK_ERROR, &action);
	ck_assert_int_eq(action.error, verdicts[_i].error);
	ck_assert_uint_eq(action.flow, flow);
	ck_assert_uint_eq(action.user, 42);
	ck_assert(addr_equal(&action.router, &router));
	ck_assert_uint_eq(action.remote_port, 53);
}
END_TEST

START_TEST(the_first_eight_octets_of_udp_are_quote_enough)
{
	const int family = _i;

	flow_sends(family, 100);
	const size_t least =
		packet_header_bytes(quote) + 4; /* RFC 792 gives eight; the ports are in four */
	for (size_t size = 0; size < quote_bytes; size++) {
		icmp_from(family, routers[family], us[family], family == V4 ? 3 : 1, 1, 0, quote,
			  size);
		if (size < least)
			host_expect_nothing(&host);
		else
			host_expect(&host, STACK_ERROR, &action);
	}
}
END_TEST

/* One octet of the quote is changed: it is no longer ours (RFC 5927, section 4.1). */
static const struct {
	const char *behaviour;
	uint8_t at[FAMILIES];
} forgeries[] = {
	{ "our address", { 15, 23 } },
	{ "the remote address", { 19, 39 } },
	{ "our port", { 21, 41 } },
	{ "the remote port", { 23, 43 } },
	{ "the protocol", { 9, 6 } },
	{ "the version", { 0, 0 } },
	{ "a size that was not sent", { 2, 4 } },
};

START_TEST(an_error_that_quotes_nothing_of_ours_does_nothing)
{
	const int family = _i % FAMILIES;

	flow_sends(family, 100);
	quote[forgeries[_i / FAMILIES].at[family]] ^= 0x11;
	icmp_from(family, routers[family], us[family], family == V4 ? 3 : 1, 1, 0, quote,
		  quote_bytes);
	ck_assert_msg(!stack_next(host.stack, &action), "%s", forgeries[_i / FAMILIES].behaviour);
	ck_assert_uint_eq(stack_drops(host.stack, DROP_ICMP_UNMATCHED), 1);
}
END_TEST

START_TEST(an_error_sent_to_another_of_our_addresses_does_nothing)
{
	const int family = _i;
	const char *const other = family == V4 ? "192.0.2.9" : "2001:db8::9";

	host_addr(&host, family == V4 ? "192.0.2.9/24" : "2001:db8::9/64", STACK_ADDR_NO_DAD);
	flow_sends(family, 100);
	struct ip_addr sender = family == V4 ? addr_ipv4(quote + 12) : addr_ipv6(quote + 8);
	struct ip_addr second = addr_of(other);
	ck_assert(!addr_equal(&sender, &second));
	icmp_from(family, routers[family], other, family == V4 ? 3 : 1, 1, 0, quote, quote_bytes);
	host_expect_nothing(&host);
	ck_assert_uint_eq(stack_drops(host.stack, DROP_ICMP_UNMATCHED), 1);
}
END_TEST

START_TEST(an_error_long_after_the_datagram_is_not_believed)
{
	const int family = _i;

	flow_sends(family, 100);
	host.now_us += UDP_ICMP_RECENT_US + 1;
	icmp_from(family, routers[family], us[family], family == V4 ? 3 : 1, 1, 0, quote,
		  quote_bytes);
	ck_assert_uint_eq(stack_drops(host.stack, DROP_ICMP_STALE), 1);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(a_flow_that_has_sent_nothing_hears_nothing)
{
	const int family = _i;
	struct ip_addr peer = addr_of(peers[family]), local;
	uint16_t port;

	flow_sends(family, 100);
	udp_close(host.stack, flow);
	ck_assert_int_eq(udp_open(host.stack, &peer, 53, NULL,
				  packet_u16(quote, packet_header_bytes(quote)), 0, &flow),
			 0);
	ck_assert_int_eq(udp_local(host.stack, flow, &local, &port), 0);
	icmp_from(family, routers[family], us[family], family == V4 ? 3 : 1, 1, 0, quote,
		  quote_bytes);
	host_expect_nothing(&host);
}
END_TEST

/* ---- path MTU -------------------------------------------------------------------------------- */

static void
too_big(int family, uint32_t mtu)
{
	icmp_from(family, routers[family], us[family], family == V4 ? 3 : 2, family == V4 ? 4 : 0,
		  mtu, quote, quote_bytes);
}

static uint32_t
path_mtu(int family)
{
	struct ip_addr peer = addr_of(peers[family]);
	return stack_path_mtu(host.stack, &peer, host.now_us);
}

START_TEST(a_router_makes_the_path_smaller_for_ten_minutes)
{
	const int family = _i;

	flow_sends(family, 1400);
	ck_assert_uint_eq(path_mtu(family), 1500);
	too_big(family, 1300);
	host_expect(&host, STACK_ERROR, &action);
	ck_assert_int_eq(action.error, STACK_ERROR_TOO_BIG);
	ck_assert_uint_eq(action.mtu, 1300);
	ck_assert_uint_eq(path_mtu(family), 1300);
	host.now_us += PMTU_AGE_US - 1;
	ck_assert_uint_eq(path_mtu(family), 1300);
	host.now_us += 1;
	ck_assert_uint_eq(path_mtu(family),
			  1500); /* RFC 1191, section 6.3; RFC 8201, section 5.3 */
}
END_TEST

START_TEST(after_that_larger_datagrams_leave_in_fragments)
{
	const int family = _i;
	static uint8_t payload[1400];

	flow_sends(family, 1400);
	too_big(family, 1300);
	host_expect(&host, STACK_ERROR, &action);
	ck_assert_int_eq(udp_send(host.stack, flow, payload, sizeof payload, host.now_us), 0);
	for (unsigned i = 0; i < 2; i++) {
		host_expect(&host, STACK_TRANSMIT, &action);
		ck_assert_uint_le(action.size, 1300);
		if (family == V4)
			ck_assert_uint_eq(packet_u16(action.bytes, 6) & 0x4000,
					  0); /* RFC 791: no DF */
		else
			ck_assert_uint_eq(action.bytes[6], 44);
	}
	host_expect_nothing(&host);
}
END_TEST

START_TEST(the_path_mtu_never_grows_by_what_a_router_says)
{
	const int family = _i;

	flow_sends(family, 1400);
	too_big(family, 1300);
	host_expect(&host, STACK_ERROR, &action);
	too_big(family, 1350);
	ck_assert_uint_eq(path_mtu(family), 1300);
	too_big(family, 9000);
	ck_assert_uint_eq(path_mtu(family), 1300);
}
END_TEST

START_TEST(the_path_mtu_has_a_floor)
{
	const int family = _i;

	flow_sends(family, 1400);
	too_big(family, 68);
	host_expect(&host, STACK_ERROR, &action);
	ck_assert_uint_eq(action.mtu, family == V4 ? 552 : 1280);
	ck_assert_uint_eq(path_mtu(family), family == V4 ? 552 : 1280);
	if (family == V6)
		return;
	/* What a true router with less wants is done by fragmentation on the way. */
	ck_assert_int_eq(udp_send(host.stack, flow, "x", 1, host.now_us), 0);
	host_expect(&host, STACK_TRANSMIT, &action);
	ck_assert_uint_eq(packet_u16(action.bytes, 6), 0);
}
END_TEST

START_TEST(an_old_router_that_names_no_size_gets_the_next_plateau)
{
	flow_sends(V4, 1400); /* RFC 1191, section 7 */
	too_big(V4, 0);
	host_expect(&host, STACK_ERROR, &action);
	ck_assert_uint_eq(action.mtu, 1006);
}
END_TEST

START_TEST(too_big_about_what_would_have_fitted_is_forged)
{
	const int family = _i;

	flow_sends(family, 1000); /* RFC 5927, section 7.2 */
	too_big(family, 1400);
	host_expect_nothing(&host);
	ck_assert_uint_eq(path_mtu(family), 1500);
	ck_assert_uint_eq(stack_drops(host.stack, DROP_ICMP_UNMATCHED), 1);
}
END_TEST

START_TEST(too_big_about_nobodys_packet_changes_nothing)
{
	const int family = _i;

	flow_sends(family, 1400);
	udp_close(host.stack, flow);
	too_big(family, 1300);
	ck_assert_uint_eq(path_mtu(family), 1500);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(a_second_flow_whose_datagram_died_too_is_told_as_well)
{
	const int family = _i;

	flow_sends(family, 1400);
	too_big(family, 1300);
	host_expect(&host, STACK_ERROR, &action);
	too_big(family, 1300); /* the message about the next datagram that was under way */
	host_expect(&host, STACK_ERROR, &action);
	ck_assert_uint_eq(action.mtu, 1300);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("icmp_heard");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, an_error_about_a_datagram_reaches_its_flow, 0, COUNT(verdicts));
	tcase_add_loop_test(tcase, the_first_eight_octets_of_udp_are_quote_enough, 0, FAMILIES);
	tcase_add_loop_test(tcase, an_error_that_quotes_nothing_of_ours_does_nothing, 0,
			    FAMILIES * COUNT(forgeries));
	tcase_add_loop_test(tcase, an_error_sent_to_another_of_our_addresses_does_nothing, 0,
			    FAMILIES);
	tcase_add_loop_test(tcase, an_error_long_after_the_datagram_is_not_believed, 0, FAMILIES);
	tcase_add_loop_test(tcase, a_flow_that_has_sent_nothing_hears_nothing, 0, FAMILIES);
	tcase_add_loop_test(tcase, a_router_makes_the_path_smaller_for_ten_minutes, 0, FAMILIES);
	tcase_add_loop_test(tcase, after_that_larger_datagrams_leave_in_fragments, 0, FAMILIES);
	tcase_add_loop_test(tcase, the_path_mtu_never_grows_by_what_a_router_says, 0, FAMILIES);
	tcase_add_loop_test(tcase, the_path_mtu_has_a_floor, 0, FAMILIES);
	tcase_add_test(tcase, an_old_router_that_names_no_size_gets_the_next_plateau);
	tcase_add_loop_test(tcase, too_big_about_what_would_have_fitted_is_forged, 0, FAMILIES);
	tcase_add_loop_test(tcase, too_big_about_nobodys_packet_changes_nothing, 0, FAMILIES);
	tcase_add_loop_test(tcase, a_second_flow_whose_datagram_died_too_is_told_as_well, 0,
			    FAMILIES);
	Suite *suite = suite_create("icmp: heard");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
