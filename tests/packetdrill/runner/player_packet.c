/*
 * Packets between script and wire: numbers there and back, and the comparison.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack/tcp_wire.h"
#include "tests/packetdrill/runner/player.h"
#include "tests/packetdrill/runner/text.h"

/* ---- flows ------------------------------------------------------------------------------------- */

struct flow *
player_flow_new(struct player *player, uint16_t local_port, uint16_t remote_port)
{
	if (player->flow_count == PLAYER_FLOWS_MAX)
		player_fail(player, "more than %u connections", PLAYER_FLOWS_MAX);
	player->flow = &player->flows[player->flow_count++];
	*player->flow = (struct flow){ .local_port = local_port, .remote_port = remote_port };
	return player->flow;
}

static struct flow *
flow_of_ports(struct player *player, uint16_t local_port, uint16_t remote_port)
{
	for (size_t i = player->flow_count; i-- > 0;) {
		struct flow *flow = &player->flows[i];
		if (!flow->is_listening && flow->local_port == local_port &&
		    flow->remote_port == remote_port)
			return flow;
	}
	return NULL;
}

/* A peer that has not been heard yet has a port of its own. */
static struct flow *
inbound_flow(struct player *player, const struct packet_spec *spec)
{
	struct flow *flow = player->flow;

	if (spec->source_port != 0) {
		flow = flow_of_ports(player, spec->destination_port, spec->source_port);
		player->flow = flow != NULL ? flow
					    : player_flow_new(player, spec->destination_port,
							      spec->source_port);
		return player->flow;
	}
	if (flow != NULL && !flow->is_listening)
		return flow;
	const uint16_t local_port = flow != NULL ? flow->local_port : PLAYER_PORT;
	return player_flow_new(player, local_port,
			       (uint16_t)(PLAYER_PORT_REMOTE + player->flow_count));
}

/* ---- in ---------------------------------------------------------------------------------------- */

/* Once the first segment of the peer is known, all its numbers are. */
static void
learn_inbound(struct flow *flow, const struct packet_spec *spec)
{
	const bool is_syn = (spec->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;

	if (!flow->has_remote) {
		flow->has_remote = true;
		flow->remote_offset = PLAYER_ISN_REMOTE - spec->seq;
		flow->syn_seq = spec->seq;
	} else if (is_syn && spec->seq != flow->syn_seq) {
		flow->expects_new_isn = true; /* another connection may begin here */
		flow->syn_seq = spec->seq;
	}
	if (!flow->has_local && spec->has_ack) {
		flow->has_local = flow->is_local_guessed = true;
		flow->local_offset = PLAYER_GUESS_LOCAL;
	}
}

static struct packet_spec
to_wire(struct flow *flow, const struct packet_spec *spec)
{
	struct packet_spec live = *spec;

	live.seq += flow->remote_offset;
	live.ack += flow->local_offset;
	live.echoed_seq += flow->local_offset;
	for (size_t i = 0; i < live.option_count; i++) {
		struct option *option = &live.options[i];
		if (option->kind == OPTION_TIMESTAMPS && option->values[1] != 0)
			option->values[1] += flow->timestamp_offset;
		for (size_t k = 0; option->kind == OPTION_SACK && k < option->value_count; k++)
			option->values[k] += flow->local_offset;
	}
	return live;
}

static size_t
write_icmp(struct player *player, const struct packet_spec *spec, const struct flow *flow,
	   const struct wire_ends *ends, uint8_t *out)
{
	const struct wire_ends quoted = { .source = player->local,
					  .destination = player->remote,
					  .source_port = flow->local_port,
					  .destination_port = flow->remote_port };

	return strncmp(spec->icmp_type, "echo_", 5) == 0
		       ? wire_write(spec, ends, out)
		       : wire_write_icmp_error(spec, ends, &quoted, out);
}

static void
show(const struct player *player, const struct packet_spec *spec, long long time_us)
{
	char text[TEXT_PACKET_BYTES];

	if (player->is_verbose)
		printf("%10.6f %s\n", (double)time_us / 1e6, text_of_packet(spec, text));
}

void
player_inject(struct player *player, const struct packet_spec *spec)
{
	static uint8_t bytes[WIRE_PACKET_BYTES_MAX + 64];
	struct flow *flow = spec->kind == PACKET_ICMP && player->flow != NULL
				    ? player->flow
				    : inbound_flow(player, spec);

	if (spec->kind == PACKET_TCP)
		learn_inbound(flow, spec);
	const struct packet_spec live = to_wire(flow, spec);
	const struct wire_ends ends = { .source = player->remote,
					.destination = player->local,
					.source_port = flow->remote_port,
					.destination_port = flow->local_port };
	const size_t size = spec->kind == PACKET_ICMP
				    ? write_icmp(player, &live, flow, &ends, bytes)
				    : wire_write(&live, &ends, bytes);
	if (size == 0)
		player_fail(player, "there is no such message in this family");
	show(player, spec, player_now_us(player));
	if (player->table.netdev_send(player->table.userdata, bytes, size) != 0)
		player_fail(player, "the stack does not take the packet");
}

/* ---- out --------------------------------------------------------------------------------------- */

/* What the stack's own numbers begin with: its SYN tells. */
static void
learn_outbound(struct flow *flow, const struct packet_spec *live, const struct packet_spec *spec)
{
	const bool is_syn = (live->flags & TCP_SYN) != 0 && (spec->flags & TCP_SYN) != 0;

	if (is_syn && (!flow->has_local || flow->is_local_guessed || flow->expects_new_isn)) {
		flow->has_local = true;
		flow->is_local_guessed = flow->expects_new_isn = false;
		flow->local_offset = live->seq - spec->seq;
		flow->has_timestamps = false;
	}
	for (size_t i = 0; i < live->option_count; i++) {
		const struct option *option = &live->options[i];
		if (option->kind != OPTION_TIMESTAMPS || flow->has_timestamps)
			continue;
		for (size_t k = 0; k < spec->option_count; k++) {
			if (spec->options[k].kind != OPTION_TIMESTAMPS)
				continue;
			flow->has_timestamps = true;
			flow->timestamp_offset = option->values[0] - spec->options[k].values[0];
		}
	}
}

/* The peer's timestamps are the script's own already. */
static void
to_script(const struct flow *flow, struct packet_spec *live)
{
	live->seq -= flow->local_offset;
	if (live->has_ack)
		live->ack -= flow->remote_offset;
	for (size_t i = 0; i < live->option_count; i++) {
		struct option *option = &live->options[i];
		if (option->kind == OPTION_TIMESTAMPS)
			option->values[0] -= flow->timestamp_offset;
		for (size_t k = 0; option->kind == OPTION_SACK && k < option->value_count; k++)
			option->values[k] -= flow->remote_offset;
	}
}

static void
check_ends(struct player *player, const struct wire_ends *ends, const struct packet_spec *live,
	   const struct packet_spec *spec)
{
	struct flow *flow = player->flow;

	if (spec->source_port != 0)
		flow = flow_of_ports(player, spec->source_port, spec->destination_port);
	if (flow == NULL)
		player_fail(player, "a packet of no connection is expected");
	player->flow = flow;
	if (!addr_equal(&ends->source, &player->local) ||
	    !addr_equal(&ends->destination, &player->remote))
		player_fail(player, "a packet between other addresses");
	if (live->kind == PACKET_ICMP)
		return;
	if (flow->local_port == 0)
		flow->local_port = ends->source_port; /* connect had it drawn */
	if (ends->source_port != flow->local_port || ends->destination_port != flow->remote_port)
		player_fail(player, "a packet of another connection: ports %u > %u, not %u > %u",
			    ends->source_port, ends->destination_port, flow->local_port,
			    flow->remote_port);
}

static bool
timestamp_fits(const struct player *player, uint32_t live, uint32_t spec)
{
	const int32_t apart = (int32_t)(live - spec);
	const int32_t allowed = (int32_t)(player->tolerance_us / 1000) + 1;

	return player->is_timestamp_loose || (apart >= -allowed && apart <= allowed);
}

static bool
option_fits(const struct player *player, const struct option *live, const struct option *spec)
{
	if (live->kind != spec->kind || live->value_count != spec->value_count)
		return false;
	for (size_t i = 0; i < live->value_count; i++) {
		const bool is_own_time = live->kind == OPTION_TIMESTAMPS && i == 0;
		if (is_own_time ? !timestamp_fits(player, live->values[i], spec->values[i])
				: live->values[i] != spec->values[i])
			return false;
	}
	return true;
}

static bool
options_fit(const struct player *player, const struct packet_spec *live,
	    const struct packet_spec *spec)
{
	if (spec->any_options)
		return true;
	if (live->option_count != spec->option_count)
		return false;
	for (size_t i = 0; i < live->option_count; i++) {
		if (!option_fits(player, &live->options[i], &spec->options[i]))
			return false;
	}
	return true;
}

static bool
tos_fits(const struct packet_spec *live, const struct packet_spec *spec)
{
	switch (spec->tos_check) {
	case TOS_ANY: return true;
	case TOS_ECN: return (live->tos & 3) == spec->tos;
	case TOS_ECT01: return (live->tos & 3) == 1 || (live->tos & 3) == 2;
	case TOS_WHOLE: return live->tos == spec->tos;
	}
	return false;
}

/* The first field that differs, or NULL. */
static const char *
difference(const struct player *player, const struct packet_spec *live,
	   const struct packet_spec *spec)
{
	if (live->kind != spec->kind)
		return "protocol";
	if (live->kind != PACKET_ICMP && live->payload_bytes != spec->payload_bytes)
		return "payload size";
	if (!tos_fits(live, spec))
		return "tos";
	if (spec->ttl != 0 && live->ttl != spec->ttl)
		return "ttl";
	if (spec->kind == PACKET_ICMP)
		return strcmp(live->icmp_type, spec->icmp_type) != 0 ||
				       (spec->icmp_code != NULL &&
					(live->icmp_code == NULL ||
					 strcmp(live->icmp_code, spec->icmp_code) != 0))
			       ? "ICMP type and code"
			       : NULL;
	if (spec->kind == PACKET_UDP)
		return NULL;
	if (((live->flags ^ spec->flags) & ~(player->is_lenient ? TCP_PSH : 0)) != 0)
		return "flags";
	if (live->seq != spec->seq)
		return "sequence number";
	if (spec->has_ack && live->ack != spec->ack)
		return "acknowledgment number";
	if (spec->window >= 0 && live->window != spec->window)
		return "window";
	return options_fit(player, live, spec) ? NULL : "options";
}

static _Noreturn void
fail_packet(const struct player *player, const char *field, struct packet_spec live,
	    const struct packet_spec *spec, long long sent_us, long long due_us)
{
	char expected[TEXT_PACKET_BYTES], actual[TEXT_PACKET_BYTES];

	/* Only what was asked for is shown of the IP header. */
	live.tos_check = spec->tos_check == TOS_ECT01 ? TOS_ECN : spec->tos_check;
	live.ttl = spec->ttl == 0 ? 0 : live.ttl;
	player_fail(player, "the %s differs\n    expected %.6f %s\n    actual   %.6f %s", field,
		    (double)due_us / 1e6, text_of_packet(spec, expected), (double)sent_us / 1e6,
		    text_of_packet(&live, actual));
}

/* The next packet of the stack; false: none comes. */
static bool
next_packet(struct player *player, struct packet_spec *live, struct wire_ends *ends,
	    long long *sent_us)
{
	static uint8_t bytes[WIRE_PACKET_BYTES_MAX + 1];
	size_t size = sizeof bytes;
	const char *reason;
	long long time_us;

	if (player->table.netdev_receive(player->table.userdata, bytes, &size, &time_us) != 0)
		player_fail(player, "netdev_receive fails");
	if (size == 0)
		return false;
	*sent_us = time_us - player->start_us;
	if (!wire_read(bytes, size, live, ends, &reason))
		player_fail(player, "at %.6f the stack sends a wrong packet: %s",
			    (double)*sent_us / 1e6, reason);
	return true;
}

static void
expect_one(struct player *player, struct packet_spec *live, const struct packet_spec *spec,
	   long long due_us, long long *sent_us)
{
	char text[TEXT_PACKET_BYTES];
	struct wire_ends ends;

	if (!next_packet(player, live, &ends, sent_us))
		player_fail(player, "nothing is sent\n    expected %.6f %s", (double)due_us / 1e6,
			    text_of_packet(spec, text));
	check_ends(player, &ends, live, spec);
	if (live->kind == PACKET_TCP) {
		if (spec->kind == PACKET_TCP)
			learn_outbound(player->flow, live, spec);
		to_script(player->flow, live);
	}
	show(player, live, *sent_us);
}

/* One segment of the burst that the script expects in one. */
static bool
is_part(const struct packet_spec *live, const struct packet_spec *spec, uint32_t done)
{
	return live->kind == PACKET_TCP && spec->kind == PACKET_TCP && live->payload_bytes > 0 &&
	       live->payload_bytes + done < spec->payload_bytes && live->seq == spec->seq + done &&
	       (live->flags & ~TCP_PSH) == (spec->flags & ~(TCP_PSH | TCP_FIN));
}

long long
player_expect(struct player *player, const struct packet_spec *spec, long long due_us)
{
	struct packet_spec live;
	uint32_t done = 0;
	long long sent_us;

	for (;;) {
		expect_one(player, &live, spec, due_us, &sent_us);
		if (player->is_strict_segments || !is_part(&live, spec, done))
			break;
		done += live.payload_bytes;
	}
	if (done > 0 && live.seq == spec->seq + done) {
		live.seq = spec->seq;
		live.payload_bytes += done;
	}
	const char *field = difference(player, &live, spec);
	if (field != NULL)
		fail_packet(player, field, live, spec, sent_us, due_us);
	return sent_us;
}

void
player_expect_no_more(struct player *player)
{
	const long long now_us = player_now_us(player);
	char text[TEXT_PACKET_BYTES];
	struct packet_spec live;
	struct wire_ends ends;
	long long sent_us;

	/* What timers send after the end is nobody's concern. */
	if (player->is_lenient || !next_packet(player, &live, &ends, &sent_us) || sent_us > now_us)
		return;
	if (player->flow != NULL && live.kind == PACKET_TCP)
		to_script(player->flow, &live);
	player->event = NULL;
	player_fail(player, "  one packet more than expected\n    actual   %.6f %s",
		    (double)sent_us / 1e6, text_of_packet(&live, text));
}
