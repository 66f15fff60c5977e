/*
 * dhcp_server.h - a small DHCP server at virtual time, and its messages octet by octet, apart from the
 * stack's own readers and writers.
 *
 * A server is a station of a lan.h network (a host whose stack has the server's address, so that
 * it answers ARP) with this beside it: dhcp_run lets time pass, shows each server what the client
 * sends at the moment when it does, and puts the answers on the wire.  What the client sent is
 * kept.
 */
#ifndef CAIRN_TESTS_STACK_DHCP_SERVER_H
#define CAIRN_TESTS_STACK_DHCP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/cursor.h"
#include "tests/stack/lan.h"

#define DHCP_SERVERS_MAX  2u
#define DHCP_HEARD_MAX    128u
#define DHCP_OPTIONS_ROOM 1400u

/* ---- messages --------------------------------------------------------------------------------- */

struct dhcp_reply {
	uint8_t op, htype, hlen; /* 0: as it should be */
	uint32_t cookie;         /* 0: the right one */
	uint32_t xid;
	const struct mac_addr *chaddr;
	const char *yiaddr;  /* NULL: 0.0.0.0 */
	const void *options; /* behind the cookie, as they are */
	size_t options_bytes;
	const void *file, *sname; /* 128 and 64 octets; NULL: zeros */
};

size_t dhcp_reply_write(uint8_t *out, const struct dhcp_reply *reply);

void dhcp_put(struct writer *w, uint8_t code, const void *content, size_t size);
void dhcp_put_u8(struct writer *w, uint8_t code, uint8_t value);
void dhcp_put_u16(struct writer *w, uint8_t code, uint16_t value);
void dhcp_put_u32(struct writer *w, uint8_t code, uint32_t value);
void dhcp_put_addr(struct writer *w, uint8_t code, const char *addr);

/* ---- what a client sent ----------------------------------------------------------------------- */

struct dhcp_heard {
	uint64_t at_us;
	struct mac_addr to_mac;
	struct ip_addr source, destination;
	uint8_t type;
	uint32_t xid;
	uint16_t secs;
	struct ip_addr ciaddr, requested, server_id; /* family ADDR_NONE: no such option */
	uint8_t client_id[32];
	size_t client_id_bytes;
	bool asks_for_routes; /* classless, in front of the routers */
};

/* The DHCP message in a frame; false when it is something else.  Fails the test when it is unsound. */
bool dhcp_heard_read(const struct lan_frame *frame, struct dhcp_heard *heard);

/* ---- the server ------------------------------------------------------------------------------- */

struct dhcp_server {
	unsigned host;    /* its station in the network */
	const char *addr; /* of the server: "192.0.2.1" */

	/* What it gives, as the test likes; NULL or 0: not said. */
	const char *offer; /* NULL: it offers nothing */
	uint32_t mask;
	uint32_t lease_s, renewal_s, rebinding_s;
	uint16_t mtu;
	const char *router, *router2;
	const void *routes; /* content of option 121 */
	size_t routes_bytes;
	const void *more; /* further options */
	size_t more_bytes;

	/* How it behaves. */
	bool is_broadcast; /* replies go to everybody, else to the client's station and new address */
	unsigned nak_count; /* says no to so many requests more */
	bool is_mute;       /* hears nothing */
	bool is_deaf_to_requests;
	bool keeps_quiet_about_client_id; /* as before RFC 6842 */
	unsigned lose_count;              /* so many messages more are lost on their way to it */
	uint8_t bend;                     /* XOR on the xid of its replies */

	unsigned reply_count;
};

struct dhcp_net {
	struct lan lan;
	unsigned client; /* the host that is looked at */
	struct dhcp_server servers[DHCP_SERVERS_MAX];
	unsigned server_count;
	struct dhcp_heard heard[DHCP_HEARD_MAX]; /* what the client sent, in order */
	unsigned heard_count;
	unsigned arp_count; /* frames of the client */
};

/* A network with one host that has no address but STACK_IF_DHCP; time has not begun to pass. */
void dhcp_net_init(struct dhcp_net *net);
void dhcp_net_fini(struct dhcp_net *net);

/* A server in its own station, `addr`/24, which gives `offer`/24 for an hour with itself as router. */
struct dhcp_server *dhcp_net_server(struct dhcp_net *net, const char *addr, const char *offer);

void dhcp_run(struct dhcp_net *net, uint64_t for_us);
void dhcp_clear(struct dhcp_net *net); /* what was heard */

/* A reply of the server's to the client's last message. */
void dhcp_send(struct dhcp_net *net, struct dhcp_server *server, uint8_t type);

/* The nth message of this type since the beginning or dhcp_clear; NULL when there are fewer. */
const struct dhcp_heard *dhcp_heard_nth(const struct dhcp_net *net, uint8_t type, unsigned nth);
unsigned dhcp_heard_count(const struct dhcp_net *net, uint8_t type);

#endif
