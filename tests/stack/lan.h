/*
 * lan.h - a few hosts on one Ethernet, at virtual time; every frame is kept for the test to look at.
 *
 * lan_run lets time pass: frames arrive at once at every other host, timers run when they are due.  What
 * comes up for the program is kept too.  lan_frame puts a frame of the test's own on the wire, from a
 * station that is no host, and lan_run's log then shows the answers.
 *
 * Bounds: the newest LAN_LOG frames and actions of a run are kept.
 */
#ifndef CAIRN_TESTS_STACK_LAN_H
#define CAIRN_TESTS_STACK_LAN_H

#include "stack/ether_wire.h"
#include "tests/stack/host.h"

#define LAN_HOSTS_MAX  4u
#define LAN_LOG        256u
#define LAN_FRAME_KEPT 1600u

struct lan_frame {
	uint64_t at_us;
	unsigned host; /* the sender */
	size_t size;
	uint8_t bytes[LAN_FRAME_KEPT];
};

struct lan_action {
	uint64_t at_us;
	unsigned host;
	struct stack_action action; /* its bytes are not kept */
};

struct lan {
	uint64_t now_us;
	unsigned host_count;
	struct host hosts[LAN_HOSTS_MAX];
	bool is_cut[LAN_HOSTS_MAX]; /* neither sends nor receives */
	bool is_loop;               /* the wire gives every multicast back to its sender */
	struct lan_frame *frames;
	struct lan_action *actions;
	unsigned frame_count, action_count;
};

extern const struct mac_addr lan_stranger; /* of the station that the test plays */

void lan_init(struct lan *lan);
void lan_fini(struct lan *lan);

/* Host n has the MAC address 02:00:00:00:00:n+1.  addr: "192.0.2.1/24", may be NULL; it is used without a check. */
struct host *lan_host(struct lan *lan, const char *ipv4, const char *ipv6, uint32_t if_flags);
struct mac_addr lan_mac(unsigned host);

void lan_run(struct lan *lan, uint64_t for_us);
void lan_clear(struct lan *lan); /* the log */

/* A frame of the stranger's (or of any source). */
void lan_frame_from(struct lan *lan, const struct mac_addr *source, const struct mac_addr *destination, uint16_t type,
                    const void *payload, size_t size);
void lan_frame(struct lan *lan, const struct mac_addr *destination, uint16_t type, const void *payload, size_t size);

/* The nth frame of this type sent by `host` since the log was cleared; NULL when there are fewer. */
const struct lan_frame *lan_sent(const struct lan *lan, unsigned host, uint16_t type, unsigned nth);
unsigned lan_sent_count(const struct lan *lan, unsigned host, uint16_t type);
const struct stack_action *lan_heard(const struct lan *lan, unsigned host, enum stack_action_kind kind, unsigned nth);

/* Sends a ping and says whether it is answered within a few seconds. */
bool lan_ping(struct lan *lan, unsigned host, const char *remote);

uint64_t lan_drops(const struct lan *lan, unsigned host, enum drop reason);

#endif
