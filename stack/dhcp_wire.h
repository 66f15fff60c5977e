/*
 * dhcp_wire.h - DHCP messages (RFC 2131, section 2), their options (RFC 2132, RFC 3442, RFC 4361).
 *
 *     0      1      2      3          octets
 *     op     htype  hlen   hops       htype 1 and hlen 6: Ethernet
 *     xid                             of the exchange, drawn by the client
 *     secs          flags             since the client began
 *     ciaddr yiaddr siaddr giaddr     four octets each: the client's, the one that is offered
 *     chaddr (16)                     the client's MAC address, zeros behind it
 *     sname (64)    file (128)        names, or room for more options (option overload)
 *     99     130    83     99         then options: code, size, content
 *
 * dhcp_read takes what a server sends and looks for the options that this client asks for, in all
 * three places where they may stand (RFC 2132, section 9.3); one that comes in pieces is put
 * together (RFC 3396).  dhcp_write makes what a client sends.
 *
 * Left unread on purpose: name servers (option 6), since Cairn is the resolver; the static routes
 * by class (option 33) that RFC 3442 replaces; the broadcast address (option 28), which follows
 * from the mask.
 *
 * Units:  seconds, octets; addresses and numbers in host order.
 * Errors: ERR_SHORT, ERR_MALFORMED, ERR_TOO_BIG.  One option that cannot be makes the whole
 *         message malformed: nothing else in it would be believed either.
 * Bounds: DHCP_MESSAGE_BYTES_MAX; of routers and routes the first so many count.
 */
#ifndef CAIRN_STACK_DHCP_WIRE_H
#define CAIRN_STACK_DHCP_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/addr.h"
#include "stack/base/cursor.h"

#define DHCP_SERVER_PORT        67u
#define DHCP_CLIENT_PORT        68u
#define DHCP_MESSAGE_BYTES_MAX  1472u /* the payload of one Ethernet frame: fragments are refused */
#define DHCP_DATAGRAM_BYTES_MAX 1500u /* with the headers of IP and UDP */
#define DHCP_SENT_BYTES         300u /* every message of ours: the least that BOOTP's relays pass on */
#define DHCP_LEASE_EVER         0xffffffffu /* RFC 2131, section 3.3 */
#define DHCP_ROUTERS_MAX        4u
#define DHCP_ROUTES_MAX         32u
#define DHCP_CLIENT_ID_BYTES    15u /* of ours */
#define DHCP_CLIENT_ID_KEPT_MAX 32u

enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
	DHCP_INFORM,
};

enum dhcp_option {
	DHCP_OPTION_PAD = 0,
	DHCP_OPTION_MASK = 1,
	DHCP_OPTION_ROUTER = 3,
	DHCP_OPTION_MTU = 26,
	DHCP_OPTION_REQUESTED = 50,
	DHCP_OPTION_LEASE = 51,
	DHCP_OPTION_OVERLOAD = 52,
	DHCP_OPTION_TYPE = 53,
	DHCP_OPTION_SERVER_ID = 54,
	DHCP_OPTION_PARAMETERS = 55,
	DHCP_OPTION_SIZE_MAX = 57,
	DHCP_OPTION_RENEWAL = 58,   /* T1 */
	DHCP_OPTION_REBINDING = 59, /* T2 */
	DHCP_OPTION_CLIENT_ID = 61,
	DHCP_OPTION_ROUTES = 121, /* RFC 3442 */
	DHCP_OPTION_END = 255,
};

/* Opaque to servers; it names the host, whatever address the network knows it by. */
struct dhcp_client_id {
	uint8_t bytes; /* 0: none; as received it may be more than is kept */
	uint8_t octets[DHCP_CLIENT_ID_KEPT_MAX];
};

/* A classless route (RFC 3442). */
struct dhcp_route {
	struct ip_addr prefix;
	struct ip_addr router; /* family ADDR_NONE: on-link */
	uint8_t prefix_len;
};

/* Of addresses that are not there the family is ADDR_NONE, of other things the number 0. */
struct dhcp_message {
	enum dhcp_type type;
	uint32_t xid;
	struct mac_addr chaddr;
	struct dhcp_client_id client_id;
	struct ip_addr server_id;

	/* What a client says. */
	uint16_t secs;
	struct ip_addr ciaddr;    /* its own, while it may use it */
	struct ip_addr requested; /* what it would like to have */
	uint16_t size_max;        /* of the IP datagram that answers */

	/* What a server says. */
	struct ip_addr yiaddr;
	uint8_t prefix_len; /* of the subnet mask */
	uint16_t mtu;
	uint32_t lease_s, renewal_s, rebinding_s;
	unsigned router_count;
	struct ip_addr routers[DHCP_ROUTERS_MAX];
	bool has_routes; /* then the routers do not count (RFC 3442) */
	unsigned route_count;
	struct dhcp_route routes[DHCP_ROUTES_MAX];
};

/* Type 255, IAID, DUID-LL (RFC 4361, section 6.1): both of the MAC address, so as lasting as that. */
void dhcp_client_id_form(struct dhcp_client_id *id, const struct mac_addr *mac);
bool dhcp_client_id_equal(const struct dhcp_client_id *a, const struct dhcp_client_id *b);

/* What a server sends, over the whole UDP payload. */
int dhcp_read(struct cursor *c, struct dhcp_message *message);

/* What a client sends: DHCP_SENT_BYTES octets. */
void dhcp_write(struct writer *w, const struct dhcp_message *message);

#endif
