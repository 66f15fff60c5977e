/* What a stack knows, as lines that an operator reads. */
#include <stdio.h>
#include <string.h>

#include "stack/icmp.h"
#include "stack/show.h"
#include "tests/stack/lan.h"
#include "tests/stack/pair.h"
#include "tests/suite.h"

#define SECOND_US 1000000u
#define TEXT_MAX  65536u

static char shown[TEXT_MAX];

/* All lines, each with a newline before and behind it. */
static const char *
show_all(const struct stack *stack)
{
	struct show_place place = { 0 };
	char line[SHOW_LINE_BYTES];
	size_t used = 1;
	memcpy(shown, "\n", 2);
	while (show_next(stack, &place, line, sizeof line)) {
		ck_assert_uint_lt(used + strlen(line) + 2, sizeof shown);
		used += (size_t)snprintf(shown + used, sizeof shown - used, "%s\n", line);
	}
	ck_assert(!show_next(stack, &place, line, sizeof line)); /* the end stays the end */
	return shown;
}

static void
expect(const char *text, const char *line)
{
	ck_assert_msg(strstr(text, line) != NULL, "there is no `%s` in:%s", line, text);
}

START_TEST(addresses_and_their_routes_are_shown)
{
	struct lan lan;
	lan_init(&lan);
	struct host *host = lan_host(&lan, "192.0.2.1/24", "2001:db8::1/64", 0);
	host_route(host, "0.0.0.0/0", "192.0.2.254", 100);
	const char *text = show_all(host->stack);
	expect(text, " 192.0.2.1/24 static\n");
	expect(text, " 2001:db8::1/64 static\n");
	expect(text, "\nroute unicast 0.0.0.0/0 via 192.0.2.254 dev ");
	expect(text, " metric 100\n");
	expect(text, "\nroute local 192.0.2.1/32 dev ");
	expect(text, "\nroute unicast 2001:db8::/64 dev ");
	lan_fini(&lan);
}
END_TEST

START_TEST(an_address_that_may_still_be_a_duplicate_is_tentative)
{
	struct lan lan;
	lan_init(&lan);
	struct host *host = lan_host(&lan, NULL, NULL, 0);
	host_addr(host, "192.0.2.7/24", 0);
	expect(show_all(host->stack), " 192.0.2.7/24 static tentative\n");
	lan_run(&lan, 20 * SECOND_US);
	expect(show_all(host->stack), " 192.0.2.7/24 static\n");
	lan_fini(&lan);
}
END_TEST

START_TEST(a_neighbour_is_shown_with_its_state)
{
	struct lan lan;
	udp_flow flow;
	lan_init(&lan);
	struct host *host = lan_host(&lan, "192.0.2.1/24", NULL, 0);
	lan_host(&lan, "192.0.2.2/24", NULL, 0);
	struct ip_addr peer = addr_of("192.0.2.2"), nobody = addr_of("192.0.2.9");
	ck_assert_int_eq(udp_open(host->stack, &peer, 7, NULL, 0, 1, &flow), 0);
	ck_assert_int_eq(udp_send(host->stack, flow, "x", 1, lan.now_us), 0);
	ck_assert_int_eq(udp_open(host->stack, &nobody, 7, NULL, 0, 2, &flow), 0);
	ck_assert_int_eq(udp_send(host->stack, flow, "x", 1, lan.now_us), 0);
	lan_run(&lan, SECOND_US / 2);
	const char *text = show_all(host->stack);
	expect(text, "\nneighbour 192.0.2.2 dev ");
	expect(text, " lladdr 02:00:00:00:00:02 REACHABLE\n");
	expect(text, "\nneighbour 192.0.2.9 dev ");
	expect(text, " INCOMPLETE held 1\n");
	lan_fini(&lan);
}
END_TEST

START_TEST(a_path_is_shown_with_what_it_takes)
{
	const struct ip_addr remote = addr_of("198.51.100.7");
	struct lan lan;
	lan_init(&lan);
	struct host *host = lan_host(&lan, "192.0.2.1/24", NULL, 0);
	ck_assert(icmp_mtu_learn(host->stack, &remote, host->ifindex, 1400, 1500));
	expect(show_all(host->stack), "\npath 198.51.100.7 mtu 1400 age 0s\n");
	lan_fini(&lan);
}
END_TEST

START_TEST(connections_are_shown_with_their_control_information)
{
	const struct pair_config config = { .delay_us = 10000, .seed = 1 };
	struct pair pair;
	tcp_conn conns[2];
	pair_init(&pair, &config);
	tcp_conn listener = pair_listen(&pair, NULL);
	pair_connect(&pair, ADDR_IPV6, NULL, listener, conns);
	ck_assert(pair_transfer(&pair, conns, 100000, 10 * SECOND_US));
	pair_run(&pair, SECOND_US); /* the last acknowledgment is delayed */

	const char *text = show_all(pair.hosts[PAIR_A].stack);
	expect(text, "\ntcp ESTABLISHED 0 0 [");
	expect(text, "]:80\n\t cubic ts sack wscale:");
	expect(text, " rtt:20");
	expect(text, " bytes_acked:100000 ");
	text = show_all(pair.hosts[PAIR_B].stack);
	expect(text, "\ntcp LISTEN 0 ");
	expect(text, " bytes_received:100000 ");

	tcp_close(pair.hosts[PAIR_A].stack, conns[PAIR_A], pair.now_us);
	tcp_close(pair.hosts[PAIR_B].stack, conns[PAIR_B], pair.now_us);
	pair_run(&pair, SECOND_US);
	expect(show_all(pair.hosts[PAIR_A].stack), "\ntcp TIME-WAIT 0 0 [");
	tcp_close(pair.hosts[PAIR_B].stack, listener, pair.now_us);
	pair_fini(&pair);
}
END_TEST

START_TEST(a_line_that_does_not_fit_is_cut_and_terminated)
{
	struct lan lan;
	char whole[SHOW_LINE_BYTES], cut[SHOW_LINE_BYTES];
	lan_init(&lan);
	struct host *host = lan_host(&lan, "192.0.2.1/24", NULL, 0);
	struct show_place place = { 0 };
	ck_assert(show_next(host->stack, &place, whole, sizeof whole));
	for (size_t size = 1; size <= strlen(whole) + 1; size++) {
		place = (struct show_place){ 0 };
		memset(cut, '#', sizeof cut);
		ck_assert(show_next(host->stack, &place, cut, size));
		ck_assert_uint_eq(strlen(cut), size - 1);
		ck_assert_int_eq(strncmp(cut, whole, size - 1), 0);
		ck_assert_int_eq(cut[size], '#');
	}
	lan_fini(&lan);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("show");
	tcase_add_test(tcase, addresses_and_their_routes_are_shown);
	tcase_add_test(tcase, an_address_that_may_still_be_a_duplicate_is_tentative);
	tcase_add_test(tcase, a_neighbour_is_shown_with_its_state);
	tcase_add_test(tcase, a_path_is_shown_with_what_it_takes);
	tcase_add_test(tcase, connections_are_shown_with_their_control_information);
	tcase_add_test(tcase, a_line_that_does_not_fit_is_cut_and_terminated);
	Suite *suite = suite_create("stack: show");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
