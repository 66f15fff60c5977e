/*
 * The DHCPv4 client of an interface, until it has a lease: RFC 2131 section 4.4.1, RFC 6842; and what its way past
 * routes and addresses is closed to.  What it does with the lease: test_dhcp_lease.c.
 */
#include "stack/dhcp.h"

#include <limits.h>

#include "tests/stack/dhcp_host.h"
#include "tests/stack/packet.h"

/* ---- getting a lease ------------------------------------------------------------------------- */

START_TEST(a_host_without_an_address_is_given_one)
{
	server->is_broadcast = _i != 0;
	dhcp_run(&net, SETTLED_US);
	const struct dhcp_heard *discover = dhcp_heard_nth(&net, DHCP_DISCOVER, 0);
	const struct dhcp_heard *request = dhcp_heard_nth(&net, DHCP_REQUEST, 0);
	ck_assert_uint_eq(net.heard_count, 2);
	ck_assert(discover != NULL && request != NULL);
	ck_assert_uint_le(discover->at_us, HOST_START_US + SECOND_US);
	for (const struct dhcp_heard *heard = discover; heard != NULL;
	     heard = heard == discover ? request : NULL) {
		assert_addr(&heard->source, "0.0.0.0");
		assert_addr(&heard->destination, "255.255.255.255");
		ck_assert_mem_eq(&heard->to_mac, &ether_broadcast, sizeof ether_broadcast);
		assert_addr(&heard->ciaddr, "0.0.0.0");
		ck_assert_uint_eq(heard->client_id_bytes, 15); /* RFC 4361 */
		ck_assert(heard->asks_for_routes);
	}
	assert_addr(&discover->requested, "-");
	assert_addr(&discover->server_id, "-");
	assert_addr(&request->requested, "192.0.2.77");
	assert_addr(&request->server_id, "192.0.2.1");
	ck_assert_uint_eq(request->xid, discover->xid);
	ck_assert_uint_eq(request->secs, discover->secs);

	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_ge(net.arp_count, 4); /* it has been probed for and announced */
	ck_assert_str_eq(next_hop(OUTSIDE), "192.0.2.1");
	ck_assert_str_eq(next_hop("192.0.2.200"), "192.0.2.200");
	ck_assert(lan_ping(&net.lan, 0, "192.0.2.1"));
	ck_assert_uint_eq(drops(DROP_DHCP_IGNORED) + drops(DROP_DHCP_MALFORMED), 0);
}
END_TEST

START_TEST(an_address_is_not_used_before_it_was_probed_for)
{
	dhcp_run(&net, 2 * SECOND_US);
	ck_assert_int_eq(client()->state, DHCP_BOUND);
	ck_assert(!has_addr("192.0.2.77"));
	ck_assert_str_eq(next_hop(OUTSIDE), "-"); /* no source to send from */
	dhcp_run(&net, SETTLED_US);
	ck_assert_str_eq(next_hop(OUTSIDE), "192.0.2.1");
}
END_TEST

START_TEST(an_unanswered_discover_is_repeated_after_4_8_16_32_and_64_seconds)
{
	static const unsigned waits_s[] = { 4, 8, 16, 32, 64, 64, 64, 64 };
	server->is_mute = true;
	dhcp_run(&net, 340 * SECOND_US);
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DISCOVER), net.heard_count);
	ck_assert_uint_gt(net.heard_count, 6);
	bool is_jittered = false;
	for (unsigned i = 1; i < net.heard_count; i++) {
		const struct dhcp_heard *heard = &net.heard[i];
		const uint64_t waited_us = heard->at_us - net.heard[i - 1].at_us;
		const uint64_t wait_us = waits_s[i - 1] * SECOND_US;
		ck_assert_uint_ge(waited_us, wait_us - SECOND_US);
		ck_assert_uint_le(waited_us, wait_us + SECOND_US + WHEEL_TICK_US);
		is_jittered =
			is_jittered || waited_us + 10000 < wait_us || waited_us > wait_us + 10000;
		ck_assert_uint_eq(heard->xid, net.heard[0].xid);
		ck_assert_uint_eq(heard->secs, (heard->at_us - net.heard[0].at_us) / SECOND_US);
	}
	ck_assert(is_jittered);
}
END_TEST

START_TEST(a_server_that_comes_late_is_found)
{
	server->is_mute = true;
	dhcp_run(&net, 24 * HOUR_US / 50); /* 27 times 64 s */
	dhcp_clear(&net);
	server->is_mute = false;
	dhcp_run(&net, 66 * SECOND_US + SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
	const struct dhcp_heard *request = dhcp_heard_nth(&net, DHCP_REQUEST, 0);
	ck_assert_uint_eq(client()->times.expires_at_us,
			  request->at_us + HOUR_US); /* not from when it began */
}
END_TEST

START_TEST(what_is_lost_is_sent_again)
{
	server->lose_count = 1 + (unsigned)_i;
	dhcp_run(&net, 2 * MINUTE_US);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_eq(net.heard_count, 2 + server->lose_count + 1u + (unsigned)_i);
}
END_TEST

START_TEST(a_request_that_is_lost_is_repeated_as_it_was)
{
	server->is_deaf_to_requests = true;
	dhcp_run(&net, 20 * SECOND_US);
	server->is_deaf_to_requests = false;
	dhcp_run(&net, 20 * SECOND_US);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DISCOVER), 1);
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_REQUEST), 4);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(dhcp_heard_nth(&net, DHCP_REQUEST, i)->xid, net.heard[0].xid);
		ck_assert_uint_eq(dhcp_heard_nth(&net, DHCP_REQUEST, i)->secs, net.heard[0].secs);
	}
}
END_TEST

/* ---- several servers ------------------------------------------------------------------------- */

START_TEST(of_several_offers_the_first_is_taken_and_its_server_named)
{
	struct dhcp_server *second = dhcp_net_server(&net, "192.0.2.2", "192.0.2.88");
	dhcp_run(&net, SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
	assert_addr(&dhcp_heard_nth(&net, DHCP_REQUEST, 0)->server_id, "192.0.2.1");
	ck_assert_uint_eq(second->reply_count, 1); /* it saw that it was not chosen */
	ck_assert_uint_eq(drops(DROP_DHCP_IGNORED), 1);
}
END_TEST

START_TEST(only_the_chosen_server_acknowledges_or_refuses)
{
	struct dhcp_server *second = dhcp_net_server(&net, "192.0.2.2", "192.0.2.88");
	second->is_mute = server->is_deaf_to_requests = true;
	dhcp_run(&net, 2 * SECOND_US);
	ck_assert_int_eq(client()->state, DHCP_REQUESTING);
	dhcp_send(&net, second, DHCP_ACK);
	dhcp_send(&net, second, DHCP_NAK);
	ck_assert_int_eq(client()->state, DHCP_REQUESTING);
	ck_assert_uint_eq(drops(DROP_DHCP_IGNORED), 2);
	dhcp_send(&net, server, DHCP_ACK);
	ck_assert_int_eq(client()->state, DHCP_BOUND);
}
END_TEST

START_TEST(an_offer_that_comes_to_nothing_gives_way_to_another_server_s)
{
	struct dhcp_server *second = dhcp_net_server(&net, "192.0.2.2", "192.0.2.88");
	if (_i == 0)
		server->is_deaf_to_requests = true;
	else
		server->nak_count = 1;
	dhcp_run(&net, 2 * MINUTE_US);
	ck_assert(has_addr("192.0.2.88"));
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DISCOVER), 2);
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_REQUEST),
			  (_i == 0 ? DHCP_REQUESTS_MAX : 1u) + 1);
	ck_assert_uint_gt(second->reply_count, 2);
}
END_TEST

START_TEST(the_only_server_is_asked_again_whatever_it_did)
{
	server->is_deaf_to_requests = true;
	dhcp_run(&net, 70 * SECOND_US);
	server->is_deaf_to_requests = false;
	dhcp_run(&net, 30 * SECOND_US);
	ck_assert(has_addr("192.0.2.77"));
	/* Its offer was kept while others could have come, so one discover was enough. */
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DISCOVER), 2);
	/* And having kept its word it is trusted at once the next time. */
	dhcp_clear(&net);
	server->nak_count = 1;
	dhcp_run(&net, 31 * MINUTE_US);
	const struct dhcp_heard *discover = dhcp_heard_nth(&net, DHCP_DISCOVER, 0);
	ck_assert_ptr_nonnull(discover);
	ck_assert_uint_eq(net.heard[net.heard_count - 1].at_us, discover->at_us);
}
END_TEST

START_TEST(a_server_that_refuses_what_it_offers_is_not_asked_in_a_rush)
{
	server->nak_count = UINT_MAX;
	dhcp_run(&net, 20 * MINUTE_US);
	ck_assert(!has_addr("192.0.2.77"));
	ck_assert_uint_ge(net.heard_count, 20);
	ck_assert_uint_le(net.heard_count, 50);
	const unsigned last = dhcp_heard_count(&net, DHCP_REQUEST) - 1;
	const uint64_t apart_us = dhcp_heard_nth(&net, DHCP_REQUEST, last)->at_us -
				  dhcp_heard_nth(&net, DHCP_REQUEST, last - 1)->at_us;
	ck_assert_uint_ge(apart_us, 63 * SECOND_US);
	server->nak_count = 0;
	dhcp_run(&net, 2 * MINUTE_US);
	ck_assert(has_addr("192.0.2.77"));
	dhcp_clear(&net);
	server->nak_count = 1; /* the next refusal is the first again */
	dhcp_run(&net, 31 * MINUTE_US);
	const struct dhcp_heard *discover = dhcp_heard_nth(&net, DHCP_DISCOVER, 0);
	ck_assert_ptr_nonnull(discover);
	ck_assert_uint_le(discover->at_us - net.heard[0].at_us, DHCP_START_US_MAX + WHEEL_TICK_US);
}
END_TEST

/* ---- replies that do not count --------------------------------------------------------------- */

START_TEST(a_reply_to_somebody_else_does_not_count)
{
	uint8_t other_id[17] = { 61, 15, 255 };
	switch (_i) {
	case 0: server->bend = 1; break; /* the xid */
	case 1:                          /* RFC 6842, section 3 */
		server->keeps_quiet_about_client_id = true;
		server->more = other_id;
		server->more_bytes = sizeof other_id;
		break;
	default: /* chaddr: broadcast to another station, which draws the same xid by chance */
		server->is_mute = server->is_broadcast = true;
		dhcp_run(&net, 2 * SECOND_US);
		net.client = 1;
		dhcp_send(&net, server, DHCP_OFFER);
		net.client = 0;
		break;
	}
	dhcp_run(&net, 10 * SECOND_US);
	ck_assert_int_eq(client()->state, DHCP_SELECTING);
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_REQUEST), 0);
	ck_assert_uint_ge(drops(DROP_DHCP_IGNORED), _i == 2 ? 1 : 2);
}
END_TEST

START_TEST(a_server_may_keep_quiet_about_the_client_id)
{
	server->keeps_quiet_about_client_id = true;
	dhcp_run(&net, SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

static const struct {
	const char *behaviour, *offer;
	uint32_t mask, lease_s;
	enum drop drop;
} useless[] = {
	{ "no address", "0.0.0.0", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "this network", "0.1.2.3", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "loopback", "127.0.0.9", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "a group", "224.0.0.9", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "reserved", "240.0.0.9", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "everybody", "255.255.255.255", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "the network itself", "192.0.2.128", 0xffffff80, 3600, DROP_DHCP_MALFORMED },
	{ "its broadcast address", "192.0.2.127", 0xffffff80, 3600, DROP_DHCP_MALFORMED },
	{ "a mask with a hole", "192.0.2.77", 0xff00ff00, 3600, DROP_DHCP_MALFORMED },
	{ "no lease time", "192.0.2.77", 0xffffff00, 0, DROP_DHCP_IGNORED },
	{ "for a moment", "192.0.2.77", 0xffffff00, DHCP_LEASE_S_MIN - 1, DROP_DHCP_IGNORED },
};

START_TEST(an_offer_that_cannot_be_used_is_not_taken)
{
	server->is_broadcast = true;
	server->offer = useless[_i].offer;
	server->mask = useless[_i].mask;
	server->lease_s = useless[_i].lease_s;
	dhcp_run(&net, 15 * SECOND_US);
	ck_assert_msg(dhcp_heard_count(&net, DHCP_REQUEST) == 0, "%s", useless[_i].behaviour);
	ck_assert_uint_eq(drops(useless[_i].drop), server->reply_count);
	assert_bare();
	server->offer = "192.0.2.77";
	server->mask = 0xfffffffe; /* of two addresses both are hosts (RFC 3021) */
	server->lease_s = DHCP_LEASE_S_MIN;
	dhcp_run(&net, 18 * SECOND_US + SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

START_TEST(an_acknowledgement_that_cannot_be_used_is_as_if_lost)
{
	server->is_deaf_to_requests = true;
	dhcp_run(&net, 2 * SECOND_US);
	server->mask = 0xff00ff00;
	dhcp_send(&net, server, DHCP_ACK);
	ck_assert_int_eq(client()->state, DHCP_REQUESTING);
	ck_assert_uint_eq(drops(DROP_DHCP_MALFORMED), 1);
	server->mask = 0xffffff00;
	server->lease_s = DHCP_LEASE_S_MIN - 1;
	dhcp_send(&net, server, DHCP_ACK);
	ck_assert_int_eq(client()->state, DHCP_REQUESTING);
	ck_assert_uint_eq(drops(DROP_DHCP_IGNORED), 1);
	server->lease_s = 3600;
	server->is_deaf_to_requests = false;
	dhcp_run(&net, 6 * SECOND_US + SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

START_TEST(what_comes_when_nothing_was_asked_changes_nothing)
{
	bind_client();
	dhcp_run(&net, 29 * MINUTE_US +
			       50 * SECOND_US); /* it renews: there is a last message to answer */
	ck_assert_uint_eq(net.heard_count, 1);
	const uint32_t version = stack_network_version(stack());
	const uint64_t ignored = drops(DROP_DHCP_IGNORED);
	server->offer = "192.0.2.99";
	dhcp_send(&net, server, DHCP_NAK);
	dhcp_send(&net, server, DHCP_OFFER);
	dhcp_send(&net, server, DHCP_ACK);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_eq(stack_network_version(stack()), version);
	ck_assert_uint_eq(drops(DROP_DHCP_IGNORED), ignored + 3);
}
END_TEST

/* ---- what others may not do ------------------------------------------------------------------ */

static void
send_datagram(const struct mac_addr *to_mac, const char *to, uint16_t port)
{
	uint8_t packet[PACKET_BYTES_MAX];
	const size_t size = packet_datagram(packet, "192.0.2.1", to, 67, port, "hello", 5);
	lan_frame(&net.lan, to_mac, ETHER_TYPE_IPV4, packet, size);
}

START_TEST(no_other_packet_comes_in_before_there_is_an_address)
{
	static const struct ip_addr any = { .family = ADDR_NONE };
	const struct mac_addr own = lan_mac(0), other = { { 2, 0, 0, 0, 0, 0x55 } };
	uint8_t message[64], packet[PACKET_BYTES_MAX];
	server->is_mute = true;
	dhcp_run(&net, 2 * SECOND_US);
	ck_assert_int_eq(client()->state, DHCP_SELECTING);
	ck_assert_int_eq(udp_listen(stack(), &any, 53, 0), 0);
	ck_assert_int_eq(udp_listen(stack(), &any, 68, 0), 0); /* it is the client's all the same */
	dhcp_clear(&net);
	send_datagram(&own, "192.0.2.77", 53);
	ck_assert_uint_eq(drops(DROP_IP_NOT_OURS), 1);
	send_datagram(&own, "192.0.2.77", 69);
	ck_assert_uint_eq(drops(DROP_IP_NOT_OURS), 2);
	send_datagram(&ether_broadcast, "192.0.2.77", 68); /* RFC 1122, section 3.3.6 */
	ck_assert_uint_eq(drops(DROP_IP_NOT_OURS), 3);
	send_datagram(&other, "192.0.2.77", 68);
	ck_assert_uint_eq(drops(DROP_ETHER_NOT_OURS), 1);
	send_datagram(&own, "192.0.2.77", 68);
	ck_assert_uint_eq(drops(DROP_DHCP_MALFORMED), 1);
	send_datagram(&ether_broadcast, "255.255.255.255", 68);
	ck_assert_uint_eq(drops(DROP_DHCP_MALFORMED), 2);
	size_t size = packet_icmp(message, "192.0.2.1", "192.0.2.77", 8, 0, 0x00010001, "ping", 4);
	size = packet_build(packet, &(struct packet_spec){ .source = "192.0.2.1",
							   .destination = "192.0.2.77",
							   .protocol = 1,
							   .payload = message,
							   .payload_bytes = size });
	lan_frame(&net.lan, &own, ETHER_TYPE_IPV4, packet, size);
	ck_assert_uint_eq(drops(DROP_IP_NOT_OURS), 4);
	lan_run(&net.lan, 1000);
	ck_assert_uint_eq(net.lan.frame_count, 0); /* no ping, no ICMP error */
	ck_assert_ptr_null(lan_heard(&net.lan, 0, STACK_DATAGRAM, 0));
	send_datagram(&ether_broadcast, "255.255.255.255", 53); /* as ever */
	lan_run(&net.lan, 1000);
	ck_assert_ptr_nonnull(lan_heard(&net.lan, 0, STACK_DATAGRAM, 0));
}
END_TEST

START_TEST(once_there_is_an_address_packets_for_others_stay_outside)
{
	const struct mac_addr own = lan_mac(0);
	bind_client();
	send_datagram(&own, "192.0.2.99", 68);
	ck_assert_uint_eq(drops(DROP_IP_NOT_OURS), 1);
	send_datagram(&own, "192.0.2.77", 68); /* the client's, and no ICMP error */
	ck_assert_uint_eq(drops(DROP_DHCP_MALFORMED), 1);
	lan_run(&net.lan, 1000);
	ck_assert_uint_eq(net.lan.frame_count, 0);
}
END_TEST

START_TEST(an_interface_without_dhcp_neither_asks_nor_listens)
{
	static const struct ip_addr any = { .family = ADDR_NONE };
	const struct mac_addr own = lan_mac(server->host);
	struct stack *other = net.lan.hosts[server->host].stack;
	dhcp_run(&net, SETTLED_US);
	send_datagram(&own, "192.0.2.200", 68);
	ck_assert_uint_ge(lan_drops(&net.lan, server->host, DROP_IP_NOT_OURS), 1);
	ck_assert_int_eq(udp_listen(other, &any, 68, 5), 0);
	lan_clear(&net.lan);
	send_datagram(&own, "192.0.2.1", 68);
	ck_assert_uint_ge(lan_drops(&net.lan, server->host, DROP_IP_SOURCE),
			  1); /* its own address */
	ck_assert_uint_eq(lan_drops(&net.lan, server->host, DROP_DHCP_MALFORMED), 0);
	ck_assert_int_eq(other->dhcp.clients[0].state, DHCP_OFF);
}
END_TEST

START_TEST(no_program_speaks_as_nobody)
{
	const struct ip_addr nobody = addr_of("0.0.0.0"), everybody = addr_of("255.255.255.255"),
			     one = addr_of("192.0.2.1");
	udp_flow flow;
	dhcp_run(&net, 100);
	ck_assert_int_ne(udp_reply(stack(), &nobody, 68, &everybody, 67, "x", 1, net.lan.now_us),
			 0);
	ck_assert_int_ne(udp_open(stack(), &everybody, 67, &nobody, 68, 0, &flow), 0);
	ck_assert_int_ne(udp_open(stack(), &one, 67, NULL, 68, 0, &flow), 0);
	dhcp_run(&net, SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_int_ne(udp_reply(stack(), &nobody, 68, &one, 67, "x", 1, net.lan.now_us), 0);
	ck_assert_int_ne(udp_open(stack(), &one, 67, &nobody, 68, 0, &flow), 0);
}
END_TEST

START_TEST(checksums_are_not_left_to_the_device)
{
	/* dhcp_heard_read looks at them: a server on this host may read from a packet socket. */
	stack()->ifs[0].flags |= STACK_IF_CHECKSUM_TX;
	dhcp_run(&net, SETTLED_US);
	ck_assert_uint_eq(net.heard_count, 2);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

/* ---- everything at once ---------------------------------------------------------------------- */

/* Servers that lose, lie and die at random, a link that goes: what is in force is always a lease. */
static void
misbehave(struct rng *rng, struct dhcp_server *one)
{
	static const char *const offers[] = { "192.0.2.77", "192.0.2.78", "192.0.2.79",
					      "127.0.0.1" };
	one->is_mute = rng_below(rng, 4) == 0;
	one->nak_count = rng_below(rng, 8) == 0 ? 2 : 0;
	one->is_deaf_to_requests = rng_below(rng, 8) == 0;
	one->is_broadcast = rng_below(rng, 2) == 0;
	one->lose_count = rng_below(rng, 4);
	one->bend = rng_below(rng, 8) == 0;
	one->offer = offers[rng_below(rng, COUNT(offers))];
	one->lease_s = 10 + rng_below(rng, 600);
}

START_TEST(whatever_servers_and_links_do_the_client_recovers)
{
	struct dhcp_server *second = dhcp_net_server(&net, "192.0.2.2", "192.0.2.88");
	struct rng rng;
	bool is_up = true;
	rng_init_number(&rng, suite_seed(100 + (uint64_t)_i));
	for (unsigned i = 0; i < 150; i++) {
		misbehave(&rng, server);
		misbehave(&rng, second);
		if (rng_below(&rng, 10) == 0)
			set_link(is_up = !is_up);
		if (rng_below(&rng, 10) == 0)
			claim("192.0.2.77");
		dhcp_run(&net, rng_below(&rng, 100) * SECOND_US);
		net.heard_count = 0;
		struct stack_stats stats;
		stack_stats(stack(), &stats);
		ck_assert_uint_eq(stats.addrs, client()->is_in_force);
		ck_assert_uint_eq(stats.routes, client()->is_in_force);
		ck_assert(!client()->is_in_force || client()->times.expires_at_us > net.lan.now_us);
		ck_assert(is_up || !client()->is_in_force);
	}
	set_link(true);
	server->is_mute = server->is_deaf_to_requests = false;
	server->nak_count = 0;
	server->bend = 0;
	server->lose_count = 0;
	server->offer = "192.0.2.99";
	server->lease_s = 3600;
	second->is_mute = true;
	dhcp_run(&net, 30 * MINUTE_US);
	ck_assert(has_addr("192.0.2.99"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("dhcp");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_host_without_an_address_is_given_one, 0, 2);
	tcase_add_test(tcase, an_address_is_not_used_before_it_was_probed_for);
	tcase_add_test(tcase, an_unanswered_discover_is_repeated_after_4_8_16_32_and_64_seconds);
	tcase_add_test(tcase, a_server_that_comes_late_is_found);
	tcase_add_loop_test(tcase, what_is_lost_is_sent_again, 0, 4);
	tcase_add_test(tcase, a_request_that_is_lost_is_repeated_as_it_was);
	tcase_add_test(tcase, of_several_offers_the_first_is_taken_and_its_server_named);
	tcase_add_test(tcase, only_the_chosen_server_acknowledges_or_refuses);
	tcase_add_loop_test(tcase, an_offer_that_comes_to_nothing_gives_way_to_another_server_s, 0,
			    2);
	tcase_add_test(tcase, the_only_server_is_asked_again_whatever_it_did);
	tcase_add_test(tcase, a_server_that_refuses_what_it_offers_is_not_asked_in_a_rush);
	tcase_add_loop_test(tcase, a_reply_to_somebody_else_does_not_count, 0, 3);
	tcase_add_test(tcase, a_server_may_keep_quiet_about_the_client_id);
	tcase_add_loop_test(tcase, an_offer_that_cannot_be_used_is_not_taken, 0, COUNT(useless));
	tcase_add_test(tcase, an_acknowledgement_that_cannot_be_used_is_as_if_lost);
	tcase_add_test(tcase, what_comes_when_nothing_was_asked_changes_nothing);
	tcase_add_test(tcase, no_other_packet_comes_in_before_there_is_an_address);
	tcase_add_test(tcase, once_there_is_an_address_packets_for_others_stay_outside);
	tcase_add_test(tcase, an_interface_without_dhcp_neither_asks_nor_listens);
	tcase_add_test(tcase, no_program_speaks_as_nobody);
	tcase_add_test(tcase, checksums_are_not_left_to_the_device);
	tcase_add_loop_test(tcase, whatever_servers_and_links_do_the_client_recovers, 0, 10);
	Suite *suite = suite_create("dhcp");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
