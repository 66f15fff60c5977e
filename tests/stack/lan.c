#include "tests/stack/lan.h"

#include <string.h>

#include "tests/suite.h"

#define TURNS_MAX 100000u

const struct mac_addr lan_stranger = { { 0x02, 0, 0, 0, 0, 0x99 } };

void
lan_init(struct lan *lan)
{
	*lan = (struct lan){ .now_us = HOST_START_US };
	lan->frames = calloc(LAN_LOG, sizeof *lan->frames);
	lan->actions = calloc(LAN_LOG, sizeof *lan->actions);
	ck_assert(lan->frames != NULL && lan->actions != NULL);
}

void
lan_fini(struct lan *lan)
{
	for (unsigned i = 0; i < lan->host_count; i++)
		host_fini(&lan->hosts[i]);
	free(lan->frames);
	free(lan->actions);
}

struct mac_addr
lan_mac(unsigned host)
{
	return (struct mac_addr){ { 0x02, 0, 0, 0, 0, (uint8_t)(host + 1) } };
}

struct host *
lan_host(struct lan *lan, const char *ipv4, const char *ipv6, uint32_t if_flags)
{
	ck_assert_uint_lt(lan->host_count, LAN_HOSTS_MAX);
	struct host *host = &lan->hosts[lan->host_count];
	host_init(host, &(struct host_config){
	                        .ipv4 = ipv4,
	                        .ipv6 = ipv6,
	                        .if_flags = if_flags,
	                        .kind = STACK_IF_ETHER,
	                        .mac = lan_mac(lan->host_count),
	                        .seed = lan->host_count,
	                });
	lan->host_count++;
	return host;
}

void
lan_clear(struct lan *lan)
{
	lan->frame_count = lan->action_count = 0;
}

static void
deliver(struct lan *lan, unsigned to, const uint8_t *frame, size_t size)
{
	uint8_t *copy = malloc(size); /* exactly: the sanitizer sees a read beyond the frame */
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, frame, size);
	stack_receive(lan->hosts[to].stack, lan->hosts[to].ifindex, copy, size, 0, lan->now_us);
	free(copy);
}

static void
carry(struct lan *lan, unsigned from, const uint8_t *frame, size_t size)
{
	struct lan_frame *kept = &lan->frames[lan->frame_count++ % LAN_LOG];
	*kept = (struct lan_frame){ .at_us = lan->now_us, .host = from, .size = size };
	memcpy(kept->bytes, frame, size < LAN_FRAME_KEPT ? size : LAN_FRAME_KEPT);
	for (unsigned to = 0; to < lan->host_count; to++) {
		const bool is_back = to == from && !(lan->is_loop && (frame[0] & 1) != 0);
		if (!is_back && !lan->is_cut[to])
			deliver(lan, to, frame, size);
	}
}

/* Takes everything out of every host until all are quiet. */
static void
drain(struct lan *lan)
{
	struct stack_action action;
	bool is_busy = true;

	for (unsigned turns = 0; is_busy; turns++) {
		ck_assert_msg(turns < TURNS_MAX, "the hosts talk without end");
		is_busy = false;
		for (unsigned i = 0; i < lan->host_count; i++) {
			while (stack_next(lan->hosts[i].stack, &action)) {
				is_busy = true;
				if (action.kind == STACK_TRANSMIT && !lan->is_cut[i])
					carry(lan, i, action.bytes, action.size);
				if (action.kind != STACK_TRANSMIT)
					lan->actions[lan->action_count++ % LAN_LOG] =
					        (struct lan_action){ lan->now_us, i, action };
			}
		}
	}
}

static uint64_t
next_deadline(const struct lan *lan)
{
	uint64_t next_us = STACK_NEVER;

	for (unsigned i = 0; i < lan->host_count; i++) {
		const uint64_t deadline_us = stack_deadline(lan->hosts[i].stack);
		next_us = deadline_us < next_us ? deadline_us : next_us;
	}
	return next_us;
}

void
lan_run(struct lan *lan, uint64_t for_us)
{
	const uint64_t end_us = lan->now_us + for_us;

	drain(lan);
	for (uint64_t next_us; lan->now_us < end_us;) {
		next_us = next_deadline(lan);
		lan->now_us = next_us < end_us ? (next_us > lan->now_us ? next_us : lan->now_us) : end_us;
		for (unsigned i = 0; i < lan->host_count; i++) {
			lan->hosts[i].now_us = lan->now_us;
			stack_timeout(lan->hosts[i].stack, lan->now_us);
		}
		drain(lan);
	}
}

void
lan_frame_from(struct lan *lan, const struct mac_addr *source, const struct mac_addr *destination, uint16_t type,
               const void *payload, size_t size)
{
	uint8_t frame[LAN_FRAME_KEPT];

	ck_assert_uint_le(size, sizeof frame - 14);
	memcpy(frame, destination->octets, 6);
	memcpy(frame + 6, source->octets, 6);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	memcpy(frame + 14, payload, size);
	for (unsigned i = 0; i < lan->host_count; i++)
		if (!lan->is_cut[i])
			deliver(lan, i, frame, 14 + size);
	drain(lan);
}

void
lan_frame(struct lan *lan, const struct mac_addr *destination, uint16_t type, const void *payload, size_t size)
{
	lan_frame_from(lan, &lan_stranger, destination, type, payload, size);
}

const struct lan_frame *
lan_sent(const struct lan *lan, unsigned host, uint16_t type, unsigned nth)
{
	ck_assert_uint_le(lan->frame_count, LAN_LOG);
	for (unsigned i = 0; i < lan->frame_count; i++) {
		const struct lan_frame *frame = &lan->frames[i];
		const bool is_type = frame->bytes[12] == type >> 8 && frame->bytes[13] == (type & 0xff);
		if (frame->host == host && is_type && nth-- == 0)
			return frame;
	}
	return NULL;
}

unsigned
lan_sent_count(const struct lan *lan, unsigned host, uint16_t type)
{
	unsigned count = 0;
	while (lan_sent(lan, host, type, count) != NULL)
		count++;
	return count;
}

const struct stack_action *
lan_heard(const struct lan *lan, unsigned host, enum stack_action_kind kind, unsigned nth)
{
	ck_assert_uint_le(lan->action_count, LAN_LOG);
	for (unsigned i = 0; i < lan->action_count; i++) {
		const struct lan_action *heard = &lan->actions[i];
		if (heard->host == host && heard->action.kind == kind && nth-- == 0)
			return &heard->action;
	}
	return NULL;
}

bool
lan_ping(struct lan *lan, unsigned host, const char *remote)
{
	const struct ip_addr addr = addr_of(remote);
	const uint16_t sequence = (uint16_t)(lan->now_us / 1000);

	lan->action_count = 0;
	if (stack_echo_send(lan->hosts[host].stack, NULL, &addr, 77, sequence, 0, "ping", 4, lan->now_us) != 0)
		return false;
	lan_run(lan, 5000000);
	const struct stack_action *echo = lan_heard(lan, host, STACK_ECHO, 0);
	return echo != NULL && addr_equal(&echo->remote, &addr) && echo->user == (77u << 16 | sequence);
}

uint64_t
lan_drops(const struct lan *lan, unsigned host, enum drop reason)
{
	return stack_drops(lan->hosts[host].stack, reason);
}
