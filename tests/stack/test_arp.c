/* ARP and IPv4 neighbours between hosts on a wire: RFC 826, RFC 5227, RFC 4861 section 7.3. */
#include "stack/arp.h"

#include <string.h>

#include "stack/arp_wire.h"
#include "stack/stack_priv.h"
#include "tests/stack/lan.h"
#include "tests/suite.h"

#define SECOND_US 1000000u
#define ARP       ETHER_TYPE_ARP

static struct lan lan;

static void
setup(void)
{
	lan_init(&lan);
	lan_host(&lan, "192.0.2.1/24", NULL, 0);
	lan_host(&lan, "192.0.2.2/24", NULL, 0);
}

static void
teardown(void)
{
	lan_fini(&lan);
}

static struct arp_packet
arp_of(const struct lan_frame *frame)
{
	struct arp_packet packet;
	ck_assert_ptr_nonnull(frame);
	struct cursor c = cursor_over(frame->bytes + ETHER_HEADER_BYTES, frame->size - ETHER_HEADER_BYTES);
	ck_assert_int_eq(arp_read(&c, &packet), 0);
	return packet;
}

static void
send_arp(const struct mac_addr *to, enum arp_operation operation, const char *sender, const char *target)
{
	const struct arp_packet packet = {
		.operation = (uint16_t)operation,
		.sender_mac = lan_stranger,
		.sender = addr_of(sender),
		.target = addr_of(target),
	};
	uint8_t bytes[ARP_PACKET_BYTES];
	struct writer w = writer_over(bytes, sizeof bytes);
	arp_write(&w, &packet);
	lan_frame(&lan, to, ARP, bytes, sizeof bytes);
}

static const struct neigh *
neighbour(unsigned host, const char *text)
{
	const struct ip_addr addr = addr_of(text);
	return neigh_table_find(&lan.hosts[host].stack->neighs, lan.hosts[host].ifindex, &addr);
}

static bool
is_ours(unsigned host, const char *text)
{
	const struct ip_addr addr = addr_of(text);
	return ifaddr_is_ours(lan.hosts[host].stack, lan.hosts[host].ifindex, &addr);
}

/* ---- resolution -------------------------------------------------------------------------------- */

START_TEST(hosts_find_each_other_with_one_question_and_one_answer)
{
	ck_assert(lan_ping(&lan, 0, "192.0.2.2"));
	const struct arp_packet request = arp_of(lan_sent(&lan, 0, ARP, 0)), reply = arp_of(lan_sent(&lan, 1, ARP, 0));
	const struct ip_addr a = addr_of("192.0.2.1"), b = addr_of("192.0.2.2");
	const struct mac_addr mac_a = lan_mac(0), mac_b = lan_mac(1);
	ck_assert_uint_eq(request.operation, ARP_REQUEST);
	ck_assert(addr_equal(&request.sender, &a) && addr_equal(&request.target, &b));
	ck_assert(mac_equal(&request.sender_mac, &mac_a));
	ck_assert_mem_eq(lan_sent(&lan, 0, ARP, 0)->bytes, ether_broadcast.octets, MAC_BYTES);
	ck_assert_uint_eq(reply.operation, ARP_REPLY);
	ck_assert(mac_equal(&reply.sender_mac, &mac_b) && mac_equal(&reply.target_mac, &mac_a));
	ck_assert_mem_eq(lan_sent(&lan, 1, ARP, 0)->bytes, mac_a.octets, MAC_BYTES);
	ck_assert_uint_eq(lan_sent_count(&lan, 0, ARP), 1);
	ck_assert_uint_eq(lan_sent_count(&lan, 1, ARP), 1); /* who asked is known, and need not be asked for */
	ck_assert(lan_ping(&lan, 1, "192.0.2.1"));
}
END_TEST

START_TEST(short_frames_are_filled_up_with_zeros)
{
	ck_assert(lan_ping(&lan, 0, "192.0.2.2"));
	const struct lan_frame *frame = lan_sent(&lan, 0, ARP, 0);
	ck_assert_uint_eq(frame->size, ETHER_FRAME_BYTES_MIN);
	for (size_t i = ETHER_HEADER_BYTES + ARP_PACKET_BYTES; i < frame->size; i++)
		ck_assert_uint_eq(frame->bytes[i], 0);
	ck_assert_uint_eq(lan_sent(&lan, 0, ETHER_TYPE_IPV4, 0)->size, ETHER_FRAME_BYTES_MIN);
}
END_TEST

START_TEST(packets_wait_for_the_answer_and_leave_in_order)
{
	const struct ip_addr remote = addr_of("192.0.2.2");
	for (uint16_t i = 0; i < 4; i++)
		ck_assert_int_eq(stack_echo_send(lan.hosts[0].stack, NULL, &remote, 1, i, 0, NULL, 0, lan.now_us), 0);
	lan_run(&lan, SECOND_US);
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_NEIGH_QUEUE_FULL), 1); /* three may wait: the first went */
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(lan_heard(&lan, 0, STACK_ECHO, i)->user, 1u << 16 | (i + 1));
	ck_assert_ptr_null(lan_heard(&lan, 0, STACK_ECHO, 3));
}
END_TEST

START_TEST(a_flow_to_a_silent_neighbour_learns_that_the_host_is_unreachable)
{
	const struct ip_addr remote = addr_of("192.0.2.77");
	udp_flow flow;
	ck_assert_int_eq(udp_open(lan.hosts[0].stack, &remote, 53, NULL, 0, 42, &flow), 0);
	ck_assert_int_eq(udp_send(lan.hosts[0].stack, flow, "query", 5, lan.now_us), 0);
	const uint64_t start_us = lan.now_us;
	lan_run(&lan, 2900000);
	ck_assert_ptr_null(lan_heard(&lan, 0, STACK_ERROR, 0));
	lan_run(&lan, 200000);
	const struct stack_action *error = lan_heard(&lan, 0, STACK_ERROR, 0);
	ck_assert_ptr_nonnull(error);
	ck_assert_int_eq(error->error, STACK_ERROR_HOST_UNREACHABLE);
	ck_assert_uint_eq(error->flow, flow);
	ck_assert_uint_eq(error->user, 42);
	ck_assert_uint_eq(lan_sent_count(&lan, 0, ARP), NEIGH_MAX_MULTICAST_SOLICIT);
	for (unsigned i = 0; i < NEIGH_MAX_MULTICAST_SOLICIT; i++) {
		const uint64_t due_us = start_us + i * NEIGH_RETRANS_TIMER_US;
		const uint64_t at_us = lan_sent(&lan, 0, ARP, i)->at_us;
		ck_assert(at_us >= due_us && at_us <= due_us + (i + 1) * WHEEL_TICK_US);
	}
	ck_assert_int_lt(udp_send(lan.hosts[0].stack, flow, "query", 5, lan.now_us), 0); /* known for a moment */
	lan_run(&lan, 2 * SECOND_US);
	ck_assert_int_eq(udp_send(lan.hosts[0].stack, flow, "query", 5, lan.now_us), 0); /* asked for anew */
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_NEIGH_FAILED), 2);
}
END_TEST

START_TEST(a_neighbour_in_use_is_probed_by_unicast_and_found_at_its_new_place)
{
	const struct mac_addr mac_b = lan_mac(1);
	ck_assert(lan_ping(&lan, 0, "192.0.2.2"));
	lan_run(&lan, 60 * SECOND_US); /* no longer confirmed */
	lan_clear(&lan);
	ck_assert(lan_ping(&lan, 0, "192.0.2.2")); /* at once, by what is known */
	ck_assert_uint_eq(lan_sent_count(&lan, 0, ARP), 0);
	lan_run(&lan, 2 * SECOND_US);
	const struct lan_frame *probe = lan_sent(&lan, 0, ARP, 0);
	ck_assert_ptr_nonnull(probe);
	ck_assert_mem_eq(probe->bytes, mac_b.octets, MAC_BYTES);
	ck_assert_uint_eq(neighbour(0, "192.0.2.2")->state, NEIGH_REACHABLE);

	lan.is_cut[1] = true; /* silent from now on, while somebody else takes over its address */
	lan_run(&lan, 60 * SECOND_US);
	ck_assert(!lan_ping(&lan, 0, "192.0.2.2"));
	lan_run(&lan, 10 * SECOND_US);
	ck_assert_ptr_null(neighbour(0, "192.0.2.2"));
	struct host *heir = lan_host(&lan, "192.0.2.2/24", NULL, 0);
	ck_assert_ptr_nonnull(heir);
	ck_assert(lan_ping(&lan, 0, "192.0.2.2"));
}
END_TEST

START_TEST(gratuitous_arp_moves_a_known_neighbour_and_creates_none)
{
	ck_assert(lan_ping(&lan, 0, "192.0.2.2"));
	lan.is_cut[1] = true;
	send_arp(&ether_broadcast, ARP_REQUEST, "192.0.2.2", "192.0.2.2");
	ck_assert(mac_equal(&neighbour(0, "192.0.2.2")->mac, &lan_stranger));
	ck_assert_uint_eq(neighbour(0, "192.0.2.2")->state, NEIGH_STALE); /* believed, not confirmed */
	send_arp(&ether_broadcast, ARP_REQUEST, "192.0.2.50", "192.0.2.50");
	send_arp(&ether_broadcast, ARP_REPLY, "192.0.2.51", "192.0.2.51");
	ck_assert_ptr_null(neighbour(0, "192.0.2.50"));
	ck_assert_ptr_null(neighbour(0, "192.0.2.51"));
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_ARP_IGNORED), 1);
}
END_TEST

START_TEST(an_unasked_reply_confirms_nothing)
{
	const struct mac_addr mac_a = lan_mac(0);
	send_arp(&mac_a, ARP_REPLY, "192.0.2.50", "192.0.2.1");
	ck_assert_ptr_null(neighbour(0, "192.0.2.50"));
	send_arp(&mac_a, ARP_REQUEST, "192.0.2.50", "192.0.2.1"); /* who asks us is entered */
	ck_assert_uint_eq(neighbour(0, "192.0.2.50")->state, NEIGH_STALE);
	send_arp(&mac_a, ARP_REPLY, "192.0.2.50", "192.0.2.1");
	ck_assert_uint_eq(neighbour(0, "192.0.2.50")->state, NEIGH_STALE);
	ck_assert_uint_eq(lan_sent_count(&lan, 0, ARP), 1);
}
END_TEST

START_TEST(questions_about_others_are_not_answered)
{
	send_arp(&ether_broadcast, ARP_REQUEST, "192.0.2.50", "192.0.2.60");
	send_arp(&ether_broadcast, ARP_REQUEST, "0.0.0.0", "192.0.2.60");
	ck_assert_uint_eq(lan_sent_count(&lan, 0, ARP), 0);
	ck_assert_ptr_null(neighbour(0, "192.0.2.50"));
}
END_TEST

START_TEST(frames_for_others_and_damaged_ones_are_counted)
{
	const struct mac_addr mac_a = lan_mac(0);
	const uint8_t bytes[ARP_PACKET_BYTES] = { 0, 1 };
	send_arp(&lan_stranger, ARP_REQUEST, "192.0.2.50", "192.0.2.1");
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_ETHER_NOT_OURS), 1);
	lan_frame(&lan, &mac_a, ARP, bytes, sizeof bytes);
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_ARP_MALFORMED), 1);
	lan_frame(&lan, &mac_a, ARP, bytes, 4);
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_ARP_MALFORMED), 2);
	lan_frame(&lan, &mac_a, 0x88cc, bytes, sizeof bytes);
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_ETHER_TYPE), 1);
	lan_frame(&lan, &mac_a, ETHER_TYPE_VLAN, "\x00\x07\x08\x06", 4);
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_ETHER_VLAN), 1);
	lan_frame(&lan, &mac_a, ETHER_TYPE_VLAN, "\x00", 1);
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_FRAME_SHORT), 1);
}
END_TEST

/* ---- conflict detection ------------------------------------------------------------------------ */

static struct host *
newcomer(const char *prefix)
{
	struct host *host = lan_host(&lan, NULL, NULL, 0);
	host->now_us = lan.now_us;
	host_addr(host, prefix, 0);
	return host;
}

START_TEST(a_new_address_is_probed_for_three_times_and_announced_twice)
{
	const struct ip_addr nobody = addr_of("0.0.0.0"), addr = addr_of("192.0.2.3");
	const uint64_t start_us = lan.now_us;
	uint64_t last_us = start_us;
	newcomer("192.0.2.3/24");
	lan_run(&lan, 20 * SECOND_US);
	ck_assert_uint_eq(lan_sent_count(&lan, 2, ARP), ARP_PROBE_NUM + ARP_ANNOUNCE_NUM);
	for (unsigned i = 0; i < ARP_PROBE_NUM + ARP_ANNOUNCE_NUM; i++) {
		const struct lan_frame *frame = lan_sent(&lan, 2, ARP, i);
		const struct arp_packet packet = arp_of(frame);
		const bool is_probe = i < ARP_PROBE_NUM;
		const uint64_t waited_us = frame->at_us - last_us;
		ck_assert(addr_equal(&packet.sender, is_probe ? &nobody : &addr));
		ck_assert(addr_equal(&packet.target, &addr));
		ck_assert_uint_eq(packet.operation, ARP_REQUEST);
		if (i == 0)
			ck_assert_uint_le(waited_us, ARP_PROBE_WAIT_US + WHEEL_TICK_US);
		else if (is_probe)
			ck_assert(waited_us >= ARP_PROBE_MIN_US && waited_us <= ARP_PROBE_MAX_US + WHEEL_TICK_US);
		else
			ck_assert(waited_us >= ARP_ANNOUNCE_WAIT_US && waited_us <= ARP_ANNOUNCE_WAIT_US + WHEEL_TICK_US);
		last_us = frame->at_us;
	}
	ck_assert(is_ours(2, "192.0.2.3"));
	ck_assert(lan_ping(&lan, 0, "192.0.2.3"));
}
END_TEST

START_TEST(a_tentative_address_neither_answers_nor_sends)
{
	struct host *host = newcomer("192.0.2.3/24");
	const struct ip_addr remote = addr_of("192.0.2.1");
	lan_run(&lan, 2 * SECOND_US);
	lan_clear(&lan);
	send_arp(&ether_broadcast, ARP_REQUEST, "192.0.2.50", "192.0.2.3");
	ck_assert_uint_eq(lan_sent_count(&lan, 2, ARP), 0);
	ck_assert_int_eq(stack_echo_send(host->stack, NULL, &remote, 1, 1, 0, NULL, 0, lan.now_us), ERR_NO_ROUTE);
}
END_TEST

START_TEST(an_address_in_use_is_not_taken_until_it_is_free)
{
	newcomer("192.0.2.2/24");
	lan_run(&lan, 20 * SECOND_US);
	ck_assert(!is_ours(2, "192.0.2.2"));
	ck_assert_uint_eq(lan_drops(&lan, 2, DROP_ADDR_CONFLICT), 1);
	ck_assert(lan_ping(&lan, 0, "192.0.2.2"));
	const struct mac_addr mac_b = lan_mac(1);
	ck_assert(mac_equal(&neighbour(0, "192.0.2.2")->mac, &mac_b)); /* the owner keeps it */
	lan.is_cut[1] = true;
	lan_run(&lan, 70 * SECOND_US);
	ck_assert(is_ours(2, "192.0.2.2"));
}
END_TEST

START_TEST(of_two_that_probe_at_once_neither_takes_it)
{
	newcomer("192.0.2.3/24");
	lan_run(&lan, 2 * SECOND_US);
	send_arp(&ether_broadcast, ARP_REQUEST, "0.0.0.0", "192.0.2.3");
	lan_run(&lan, 20 * SECOND_US);
	ck_assert(!is_ours(2, "192.0.2.3"));
	ck_assert_uint_eq(lan_drops(&lan, 2, DROP_ADDR_CONFLICT), 1);
}
END_TEST

START_TEST(our_own_probe_coming_back_is_no_conflict)
{
	lan.is_loop = true;
	newcomer("192.0.2.3/24");
	lan_run(&lan, 20 * SECOND_US);
	ck_assert(is_ours(2, "192.0.2.3"));
	ck_assert_uint_eq(lan_drops(&lan, 2, DROP_ADDR_CONFLICT), 0);
}
END_TEST

START_TEST(a_claim_is_defended_against_once_in_ten_seconds)
{
	send_arp(&ether_broadcast, ARP_REQUEST, "192.0.2.1", "192.0.2.1");
	ck_assert_uint_eq(lan_sent_count(&lan, 0, ARP), 1);
	const struct arp_packet packet = arp_of(lan_sent(&lan, 0, ARP, 0));
	ck_assert(addr_equal(&packet.sender, &packet.target));
	lan_run(&lan, 5 * SECOND_US);
	send_arp(&ether_broadcast, ARP_REPLY, "192.0.2.1", "192.0.2.2");
	ck_assert_uint_eq(lan_sent_count(&lan, 0, ARP), 1);
	ck_assert(is_ours(0, "192.0.2.1")); /* the operator said so */
	lan_run(&lan, 6 * SECOND_US);
	send_arp(&ether_broadcast, ARP_REQUEST, "192.0.2.1", "192.0.2.1");
	ck_assert_uint_eq(lan_sent_count(&lan, 0, ARP), 2);
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_ADDR_CONFLICT), 3);
	ck_assert_ptr_null(neighbour(0, "192.0.2.1"));
}
END_TEST

START_TEST(a_leased_address_is_given_up_at_the_second_claim)
{
	struct host *host = newcomer("192.0.2.3/24");
	const struct stack_addr addr = { .addr = addr_of("192.0.2.4"), .prefix_len = 24, .flags = STACK_ADDR_NO_DAD };
	ck_assert_int_eq(ifaddr_put(host->stack, host->ifindex, &addr, IFADDR_DHCP), 0);
	send_arp(&ether_broadcast, ARP_REQUEST, "192.0.2.4", "192.0.2.4");
	ck_assert(is_ours(2, "192.0.2.4"));
	send_arp(&ether_broadcast, ARP_REQUEST, "192.0.2.4", "192.0.2.4");
	ck_assert(!is_ours(2, "192.0.2.4"));
}
END_TEST

START_TEST(a_link_that_went_down_has_its_addresses_checked_again)
{
	struct host *host = newcomer("192.0.2.3/24");
	lan_run(&lan, 20 * SECOND_US);
	ck_assert(lan_ping(&lan, 2, "192.0.2.1"));
	stack_if_set_up(host->stack, host->ifindex, false, lan.now_us);
	ck_assert_ptr_null(neighbour(2, "192.0.2.1")); /* there may be another network */
	ck_assert(!is_ours(2, "192.0.2.3"));
	lan_run(&lan, 5 * SECOND_US);
	lan_clear(&lan);
	stack_if_set_up(host->stack, host->ifindex, true, lan.now_us);
	lan_run(&lan, 20 * SECOND_US);
	ck_assert_uint_eq(lan_sent_count(&lan, 2, ARP), ARP_PROBE_NUM + ARP_ANNOUNCE_NUM);
	ck_assert(lan_ping(&lan, 2, "192.0.2.1"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("arp");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, hosts_find_each_other_with_one_question_and_one_answer);
	tcase_add_test(tcase, short_frames_are_filled_up_with_zeros);
	tcase_add_test(tcase, packets_wait_for_the_answer_and_leave_in_order);
	tcase_add_test(tcase, a_flow_to_a_silent_neighbour_learns_that_the_host_is_unreachable);
	tcase_add_test(tcase, a_neighbour_in_use_is_probed_by_unicast_and_found_at_its_new_place);
	tcase_add_test(tcase, gratuitous_arp_moves_a_known_neighbour_and_creates_none);
	tcase_add_test(tcase, an_unasked_reply_confirms_nothing);
	tcase_add_test(tcase, questions_about_others_are_not_answered);
	tcase_add_test(tcase, frames_for_others_and_damaged_ones_are_counted);
	tcase_add_test(tcase, a_new_address_is_probed_for_three_times_and_announced_twice);
	tcase_add_test(tcase, a_tentative_address_neither_answers_nor_sends);
	tcase_add_test(tcase, an_address_in_use_is_not_taken_until_it_is_free);
	tcase_add_test(tcase, of_two_that_probe_at_once_neither_takes_it);
	tcase_add_test(tcase, our_own_probe_coming_back_is_no_conflict);
	tcase_add_test(tcase, a_claim_is_defended_against_once_in_ten_seconds);
	tcase_add_test(tcase, a_leased_address_is_given_up_at_the_second_claim);
	tcase_add_test(tcase, a_link_that_went_down_has_its_addresses_checked_again);
	Suite *suite = suite_create("arp");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
