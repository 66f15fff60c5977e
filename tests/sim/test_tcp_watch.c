/* The watch of the TCP simulation objects to what must not be sent, and to nothing else. */
#include <string.h>

#include "stack/checksum.h"
#include "tests/sim/tcp_watch.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define MSS    1000u
#define WSCALE 2u
#define ISS    0xfffffff0u /* both: streams cross the wrap */
#define WINDOW 1000u       /* scaled: 4000 octets */

static const char *const addresses[] = { "192.0.2.1", "192.0.2.2" };
static const uint16_t ports[] = { 40000, 80 };

static struct net net;
static struct net_node *hosts[2];
static struct watch watch;

static void
ignore(struct net_node *node, unsigned port, const struct link_frame *frame)
{
	(void)node, (void)port, (void)frame;
}

/* A segment; seq and ack count from the ISS. */
struct said {
	uint16_t flags;
	uint32_t seq, ack;
	uint16_t window;
	uint32_t data_bytes;
	struct tcp_options options;
	bool is_damaged, is_lost;
};

/* Trailing arguments: further members. */
#define SAID(flags_, seq_, ack_, ...)                                                              \
	(struct said)                                                                              \
	{                                                                                          \
		.flags = flags_, .seq = seq_, .ack = ack_, .window = __VA_ARGS__                   \
	}

static size_t
build(uint8_t *packet, unsigned side, const struct said *said)
{
	static const uint8_t zeros[2000];
	uint8_t segment[TCP_HEADER_BYTES_MAX + sizeof zeros];
	struct writer w = writer_over(segment, sizeof segment);
	struct tcp_header header = {
		.source_port = ports[side],
		.destination_port = ports[!side],
		.seq = ISS + said->seq,
		.ack = ISS + said->ack,
		.flags = said->flags,
		.window = said->window,
	};
	const struct ip_addr source = net_ip(addresses[side]),
			     destination = net_ip(addresses[!side]);

	tcp_header_write(&w, &header, &said->options);
	writer_bytes(&w, zeros, said->data_bytes);
	const uint64_t sum =
		checksum_pseudo(&source, &destination, IP_PROTOCOL_TCP, (uint32_t)w.pos);
	const uint16_t checksum = checksum_finish(checksum_add(sum, segment, w.pos));
	writer_patch_u16(&w, TCP_AT_CHECKSUM, said->is_damaged ? checksum ^ 1 : checksum);
	return packet_build(packet, &(struct packet_spec){
					    .source = addresses[side],
					    .destination = addresses[!side],
					    .protocol = IP_PROTOCOL_TCP,
					    .payload = segment,
					    .payload_bytes = w.pos,
				    });
}

static void
say(unsigned side, struct said said)
{
	static uint8_t packet[PACKET_BYTES_MAX];
	struct link *from = hosts[side]->links[0], *to = hosts[!side]->links[0];
	struct link_frame frames[LINK_BATCH_MAX];
	const struct link_frame frame = { .bytes = packet, .size = build(packet, side, &said) };

	net.now_us++;
	from->ops->send(from, &frame, net.now_us);
	if (said.is_lost) {
		wire_cut(net.wires[0], !side, true); /* what is under way is gone */
		wire_cut(net.wires[0], !side, false);
	}
	while (to->ops->receive(to, frames, LINK_BATCH_MAX, net.now_us) != 0)
		continue;
}

static void
hosts_make(void)
{
	net_init(&net, 1);
	net_wire(&net, &(struct wire_config){ .kind = STACK_IF_IP, .mtu = 1500, .end_count = 2 });
	for (unsigned side = 0; side < 2; side++) {
		hosts[side] = net_node(&net, addresses[side], ignore);
		(void)net_attach(hosts[side], net.wires[0], side);
	}
	watch_init(&watch, &net, hosts);
	watch.is_patient = true;
}

/* A connection over which 1000 octets have come from host 0. */
static void
setup(void)
{
	const struct tcp_options options = { .mss = MSS, .has_wscale = true, .wscale = WSCALE };

	hosts_make();
	say(0, SAID(TCP_SYN, 0, 0, 4000, .options = options));
	say(1, SAID(TCP_SYN | TCP_ACK, 0, 1, 4000, .options = options));
	say(0, SAID(TCP_ACK, 1, 1, WINDOW));
	say(0, SAID(TCP_ACK, 1, 1, WINDOW, .data_bytes = 1000));
	say(1, SAID(TCP_ACK, 1, 1001, WINDOW));
	ck_assert_str_eq(watch.objection, "");
}

static void
teardown(void)
{
	net_fini(&net);
}

static const struct {
	const char *behaviour;
	unsigned side;
	struct said said;
	const char *objection; /* NULL: none */
} segments[] = {
	{ "data within the window", 0, SAID(TCP_ACK, 1001, 1, WINDOW, .data_bytes = 1000), NULL },
	{ "the last octets of the window", 0, SAID(TCP_ACK, 4001, 1, WINDOW, .data_bytes = 1000),
	  NULL },
	{ "one more", 0, SAID(TCP_ACK, 4002, 1, WINDOW, .data_bytes = 1000),
	  "1 octets beyond the window" },
	{ "a probe of the window", 0, SAID(TCP_ACK, 5001, 1, WINDOW, .data_bytes = 1), NULL },
	{ "a FIN behind the window", 0, SAID(TCP_ACK | TCP_FIN, 5001, 1, WINDOW), NULL },
	{ "a segment above the MSS", 0, SAID(TCP_ACK, 1001, 1, WINDOW, .data_bytes = 1001),
	  "larger than the peer's MSS" },
	{ "options count too", 0,
	  SAID(TCP_ACK, 1001, 1, WINDOW, .data_bytes = 1000, .options = { .has_timestamps = true }),
	  "larger than the peer's MSS" },
	{ "a wrong checksum", 0,
	  SAID(TCP_ACK, 1001, 1, WINDOW, .data_bytes = 10, .is_damaged = true),
	  "a wrong checksum" },
	{ "what has come again", 1, SAID(TCP_ACK, 1, 1001, WINDOW), NULL },
	{ "what has not come", 1, SAID(TCP_ACK, 1, 1002, WINDOW),
	  "acknowledges 1 octets that have not come" },
	{ "less than before", 1, SAID(TCP_ACK, 1, 1000, WINDOW + 1),
	  "the acknowledgment goes back by 1" },
	{ "a larger window", 1, SAID(TCP_ACK, 1, 1001, WINDOW + 1), NULL },
	{ "a smaller window", 1, SAID(TCP_ACK, 1, 1001, WINDOW - 1), "the window shrinks by 4" },
	{ "a duplicate", 1,
	  SAID(TCP_ACK, 1, 1001, WINDOW,
	       .options = { .sack_count = 1, .sacks = { { ISS + 1, ISS + 1001 } } }),
	  NULL },
	{ "SACK of nothing that has come", 1,
	  SAID(TCP_ACK, 1, 1001, WINDOW,
	       .options = { .sack_count = 1, .sacks = { { ISS + 1001, ISS + 1002 } } }),
	  "SACK of [1001, 1002), which has not come" },
	{ "SACK backwards", 1,
	  SAID(TCP_ACK, 1, 1001, WINDOW,
	       .options = { .sack_count = 1, .sacks = { { ISS + 500, ISS + 400 } } }),
	  "SACK of [500, 400), which has not come" },
	{ "SACK of what is acknowledged", 1,
	  SAID(TCP_ACK, 1, 1001, WINDOW,
	       .options = { .sack_count = 2,
			    .sacks = { { ISS + 1, ISS + 5 }, { ISS + 7, ISS + 9 } } }),
	  "SACK of what is acknowledged" },
	{ "a reset may say anything", 1, SAID(TCP_RST | TCP_ACK, 77777, 99999, 0), NULL },
};

START_TEST(what_must_not_be_sent_is_objected_to)
{
	say(segments[_i].side, segments[_i].said);
	if (segments[_i].objection == NULL)
		ck_assert_msg(watch.objection[0] == '\0', "%s: %s", segments[_i].behaviour,
			      watch.objection);
	else
		ck_assert_msg(strstr(watch.objection, segments[_i].objection) != NULL, "%s: %s",
			      segments[_i].behaviour, watch.objection);
}
END_TEST

START_TEST(only_what_has_arrived_counts)
{
	say(0, SAID(TCP_ACK, 1001, 1, WINDOW, .data_bytes = 1000, .is_lost = true));
	say(1, SAID(TCP_ACK, 1, 1001, WINDOW + 500, .is_lost = true));
	say(0, SAID(TCP_ACK, 4001, 1, WINDOW, .data_bytes = 1000));
	ck_assert_str_eq(watch.objection, "");
	say(0, SAID(TCP_ACK, 5001, 1, WINDOW, .data_bytes = 1000));
	ck_assert(strstr(watch.objection, "1000 octets beyond the window") != NULL);
}
END_TEST

START_TEST(a_hole_may_not_be_acknowledged_away)
{
	say(0, SAID(TCP_ACK, 2001, 1, WINDOW, .data_bytes = 1000));
	say(1, SAID(TCP_ACK, 1, 1001, WINDOW,
		    .options = { .sack_count = 1, .sacks = { { ISS + 2001, ISS + 3001 } } }));
	ck_assert_str_eq(watch.objection, "");
	say(1, SAID(TCP_ACK, 1, 3002, WINDOW));
	ck_assert(strstr(watch.objection, "acknowledges 1 octets that have not come") != NULL);
}
END_TEST

START_TEST(timestamps_may_not_go_back)
{
	for (uint32_t i = 0; i < 3; i++)
		say(0, SAID(TCP_ACK, 1001, 1, WINDOW,
			    .options = { .has_timestamps = true, .ts_val = UINT32_MAX + i }));
	ck_assert_str_eq(watch.objection, "");
	say(0, SAID(TCP_ACK, 1001, 1, WINDOW,
		    .options = { .has_timestamps = true, .ts_val = UINT32_MAX }));
	ck_assert(strstr(watch.objection, "timestamps go back by 2") != NULL);
}
END_TEST

START_TEST(hosts_may_not_acknowledge_each_others_acknowledgments)
{
	for (unsigned i = 0; i < WATCH_IDLE_ACKS_MAX; i++) {
		say(0, SAID(TCP_ACK, 1001, 1, WINDOW));
		say(1, SAID(TCP_ACK, 1, 1001, WINDOW));
	}
	ck_assert_str_eq(watch.objection, "");
	say(0, SAID(TCP_ACK, 1001, 1, WINDOW));
	say(1, SAID(TCP_ACK, 1, 1001, WINDOW));
	ck_assert(strstr(watch.objection, "an acknowledgment storm") != NULL);
}
END_TEST

START_TEST(a_connection_with_the_same_ports_begins_anew)
{
	const struct tcp_options options = { .mss = MSS };

	say(0, SAID(TCP_SYN, 500000, 0, 4000, .options = options));
	say(1, SAID(TCP_ACK, 1, 1001, WINDOW)); /* a challenge (RFC 5961, section 4) */
	say(1, SAID(TCP_SYN | TCP_ACK, 700000, 500001, 4000, .options = options));
	say(0, SAID(TCP_ACK, 500001, 700001, 4000, .data_bytes = 1000));
	say(1, SAID(TCP_ACK, 700001, 501001, 3000));
	ck_assert_str_eq(watch.objection, "");
	say(1, SAID(TCP_ACK, 700001, 501001, 2999));
	ck_assert(strstr(watch.objection, "the window shrinks by 1") != NULL);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("tcp_watch");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, what_must_not_be_sent_is_objected_to, 0, COUNT(segments));
	tcase_add_test(tcase, only_what_has_arrived_counts);
	tcase_add_test(tcase, a_hole_may_not_be_acknowledged_away);
	tcase_add_test(tcase, timestamps_may_not_go_back);
	tcase_add_test(tcase, hosts_may_not_acknowledge_each_others_acknowledgments);
	tcase_add_test(tcase, a_connection_with_the_same_ports_begins_anew);
	Suite *suite = suite_create("tcp_watch");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
