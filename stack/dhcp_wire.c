#include "stack/dhcp_wire.h"

#include <assert.h>

enum { BOOTREQUEST = 1, BOOTREPLY = 2 };

#define HTYPE_ETHERNET 1u
#define COOKIE         0x63825363u
#define CHADDR_BYTES   16u
#define SNAME_BYTES    64u
#define FILE_BYTES     128u

/* Values of option overload. */
#define OVERLOAD_FILE  1u
#define OVERLOAD_SNAME 2u
#define OVERLOAD_MAX   3u

/* ---- the client id --------------------------------------------------------------------------- */

void
dhcp_client_id_form(struct dhcp_client_id *id, const struct mac_addr *mac)
{
	enum { TYPE_IAID_DUID = 255, DUID_LL = 3 };
	struct writer w = writer_over(id->octets, sizeof id->octets);

	writer_u8(&w, TYPE_IAID_DUID);
	writer_bytes(&w, mac->octets + 2,
		     4);         /* IAID: an interface that has another MAC is another */
	writer_u16(&w, DUID_LL); /* RFC 8415, section 11.4 */
	writer_u16(&w, HTYPE_ETHERNET);
	writer_bytes(&w, mac->octets, MAC_BYTES);
	id->bytes = (uint8_t)w.pos;
	assert(w.err == 0 && w.pos == DHCP_CLIENT_ID_BYTES);
}

bool
dhcp_client_id_equal(const struct dhcp_client_id *a, const struct dhcp_client_id *b)
{
	return a->bytes == b->bytes && a->bytes <= DHCP_CLIENT_ID_KEPT_MAX &&
	       memcmp(a->octets, b->octets, a->bytes) == 0;
}

/* ---- finding options ------------------------------------------------------------------------- */

/* The fields that hold options, in the order in which pieces go together (RFC 3396, section 5). */
struct option_reader {
	struct cursor fields[3];
	unsigned field_count;
	int err; /* sticks, as a cursor's does */
	uint8_t joined[DHCP_MESSAGE_BYTES_MAX];
};

/* The next option of a field; false at its end, and, with the error set, within one that is cut. */
static bool
option_next(struct cursor *field, uint8_t *code, struct cursor *content)
{
	while (cursor_left(field) != 0) {
		*code = cursor_u8(field);
		if (*code == DHCP_OPTION_PAD)
			continue;
		if (*code == DHCP_OPTION_END)
			return false;
		const uint8_t size = cursor_u8(field);
		*content = cursor_sub(field, size);
		return field->err == 0;
	}
	return false;
}

static void
reader_fail(struct option_reader *reader, int err)
{
	if (reader->err == 0)
		reader->err = err;
}

/*
 * All pieces of an option, together, as *content; false when there are none.  `unit`: its content
 * is that many octets, or (is_list) a list of such, which has one at least.
 */
static bool
option_find(struct option_reader *reader, uint8_t wanted, size_t unit, bool is_list,
	    struct cursor *content)
{
	struct writer joined = writer_over(reader->joined, sizeof reader->joined);
	bool is_found = false;
	uint8_t code;

	for (unsigned i = 0; i < reader->field_count; i++) {
		struct cursor field = reader->fields[i], piece;
		while (option_next(&field, &code, &piece)) {
			if (code != wanted)
				continue;
			is_found = true;
			writer_bytes(&joined, piece.begin + piece.pos, cursor_left(&piece));
		}
		if (field.err != 0)
			reader_fail(reader, field.err);
	}
	assert(joined.err == 0); /* pieces of one message are no longer than that */
	if (is_found &&
	    (joined.pos == 0 || joined.pos % unit != 0 || (!is_list && joined.pos != unit)))
		reader_fail(reader, ERR_MALFORMED);
	*content = cursor_over(reader->joined, joined.pos);
	return is_found && reader->err == 0;
}

static uint32_t
option_u32(struct option_reader *reader, uint8_t code)
{
	struct cursor content;
	return option_find(reader, code, 4, false, &content) ? cursor_u32(&content) : 0;
}

static uint16_t
option_u16(struct option_reader *reader, uint8_t code)
{
	struct cursor content;
	return option_find(reader, code, 2, false, &content) ? cursor_u16(&content) : 0;
}

static uint8_t
option_u8(struct option_reader *reader, uint8_t code)
{
	struct cursor content;
	return option_find(reader, code, 1, false, &content) ? cursor_u8(&content) : 0;
}

/* ---- what options say ------------------------------------------------------------------------ */

static struct ip_addr
read_ipv4(struct cursor *c)
{
	struct ip_addr addr = { .family = ADDR_IPV4 };
	cursor_copy(c, addr.octets, 4);
	return addr;
}

static struct ip_addr
option_addr(struct option_reader *reader, uint8_t code)
{
	struct cursor content;

	if (!option_find(reader, code, 4, false, &content))
		return (struct ip_addr){ 0 };
	return read_ipv4(&content);
}

static void
mask_read(struct option_reader *reader, struct dhcp_message *message)
{
	struct cursor content;

	if (!option_find(reader, DHCP_OPTION_MASK, 4, false, &content))
		return;
	const uint32_t mask = cursor_u32(&content);
	if (mask == 0 || (~mask & (~mask + 1)) != 0) { /* ones, then zeros */
		reader_fail(reader, ERR_MALFORMED);
		return;
	}
	message->prefix_len = (uint8_t)__builtin_popcount(mask);
}

static void
routers_read(struct option_reader *reader, struct dhcp_message *message)
{
	struct cursor content;

	if (!option_find(reader, DHCP_OPTION_ROUTER, 4, true, &content))
		return;
	while (cursor_left(&content) != 0 && message->router_count < DHCP_ROUTERS_MAX)
		message->routers[message->router_count++] = read_ipv4(&content);
}

/* A width, as many octets of the destination as that fills, a router (0.0.0.0: none is needed). */
static void
route_read(struct cursor *content, struct dhcp_route *route)
{
	*route = (struct dhcp_route){ .prefix.family = ADDR_IPV4 };
	route->prefix_len = cursor_u8(content);
	if (route->prefix_len > 32) {
		cursor_fail(content, ERR_MALFORMED);
		return;
	}
	const size_t octets = (route->prefix_len + 7u) / 8;
	cursor_copy(content, route->prefix.octets, octets);
	if (route->prefix_len % 8 != 0) /* RFC 3442: what stands behind the mask does not count */
		route->prefix.octets[octets - 1] &= (uint8_t)(0xff00u >> route->prefix_len % 8);
	const struct ip_addr router = read_ipv4(content);
	if (!addr_is_unspecified(&router))
		route->router = router;
}

static void
routes_read(struct option_reader *reader, struct dhcp_message *message)
{
	struct cursor content;
	struct dhcp_route route;

	message->has_routes = option_find(reader, DHCP_OPTION_ROUTES, 1, true, &content);
	while (message->has_routes && cursor_left(&content) != 0) {
		route_read(&content, &route);
		if (content.err == 0 && message->route_count < DHCP_ROUTES_MAX)
			message->routes[message->route_count++] = route;
	}
	if (message->has_routes && content.err != 0)
		reader_fail(reader, ERR_MALFORMED);
}

static void
client_id_read(struct option_reader *reader, struct dhcp_client_id *id)
{
	struct cursor content;

	if (!option_find(reader, DHCP_OPTION_CLIENT_ID, 1, true, &content))
		return;
	const size_t bytes = cursor_left(&content);
	id->bytes = bytes < UINT8_MAX ? (uint8_t)bytes : UINT8_MAX;
	cursor_copy(&content, id->octets, bytes < sizeof id->octets ? bytes : sizeof id->octets);
}

static void
options_read(struct option_reader *reader, struct dhcp_message *message)
{
	const uint8_t type = option_u8(reader, DHCP_OPTION_TYPE);

	if (type < DHCP_DISCOVER || type > DHCP_INFORM)
		reader_fail(reader, ERR_MALFORMED); /* without one it is BOOTP */
	message->type = (enum dhcp_type)type;
	message->server_id = option_addr(reader, DHCP_OPTION_SERVER_ID);
	message->lease_s = option_u32(reader, DHCP_OPTION_LEASE);
	message->renewal_s = option_u32(reader, DHCP_OPTION_RENEWAL);
	message->rebinding_s = option_u32(reader, DHCP_OPTION_REBINDING);
	message->mtu = option_u16(reader, DHCP_OPTION_MTU);
	mask_read(reader, message);
	routers_read(reader, message);
	routes_read(reader, message);
	client_id_read(reader, &message->client_id);
}

/* ---- a server's message ---------------------------------------------------------------------- */

static void
fields_find(struct option_reader *reader, struct cursor options, struct cursor file,
	    struct cursor sname)
{
	reader->fields[0] = options;
	reader->field_count = 1;
	const uint8_t overload = option_u8(reader, DHCP_OPTION_OVERLOAD);
	if (overload > OVERLOAD_MAX)
		reader_fail(reader, ERR_MALFORMED);
	if ((overload & OVERLOAD_FILE) != 0)
		reader->fields[reader->field_count++] = file;
	if ((overload & OVERLOAD_SNAME) != 0)
		reader->fields[reader->field_count++] = sname;
}

int
dhcp_read(struct cursor *c, struct dhcp_message *message)
{
	struct option_reader reader = { .err = 0 };

	*message = (struct dhcp_message){ 0 };
	if (cursor_left(c) > DHCP_MESSAGE_BYTES_MAX)
		return ERR_TOO_BIG;
	const uint8_t op = cursor_u8(c), htype = cursor_u8(c), hlen = cursor_u8(c);
	cursor_skip(c, 1); /* hops */
	message->xid = cursor_u32(c);
	cursor_skip(c, 2 + 2 + 4); /* secs, flags, ciaddr: they come back as we sent them */
	message->yiaddr = read_ipv4(c);
	cursor_skip(c, 8); /* siaddr, giaddr */
	cursor_copy(c, message->chaddr.octets, MAC_BYTES);
	cursor_skip(c, CHADDR_BYTES - MAC_BYTES);
	const struct cursor sname = cursor_sub(c, SNAME_BYTES), file = cursor_sub(c, FILE_BYTES);
	const uint32_t cookie = cursor_u32(c);
	if (c->err != 0)
		return c->err;
	if (op != BOOTREPLY || htype != HTYPE_ETHERNET || hlen != MAC_BYTES || cookie != COOKIE)
		return ERR_MALFORMED;
	fields_find(&reader, *c, file, sname);
	options_read(&reader, message);
	return reader.err;
}

/* ---- a client's message ---------------------------------------------------------------------- */

static void
zeros_write(struct writer *w, size_t size)
{
	uint8_t *room = writer_reserve(w, size);
	if (room != NULL)
		memset(room, 0, size);
}

static void
addr_write(struct writer *w, uint8_t code, const struct ip_addr *addr)
{
	if (addr->family == ADDR_NONE)
		return;
	writer_u8(w, code);
	writer_u8(w, 4);
	writer_bytes(w, addr->octets, 4);
}

/* What we would like to know, and the largest IP datagram that may carry it (RFC 2131, table 5). */
static void
wishes_write(struct writer *w, uint16_t size_max)
{
	static const uint8_t wishes[] = {
		DHCP_OPTION_MASK,    DHCP_OPTION_ROUTES, /* RFC 3442: in front of the routers */
		DHCP_OPTION_ROUTER,  DHCP_OPTION_MTU,       DHCP_OPTION_LEASE,
		DHCP_OPTION_RENEWAL, DHCP_OPTION_REBINDING,
	};

	writer_u8(w, DHCP_OPTION_PARAMETERS);
	writer_u8(w, sizeof wishes);
	writer_bytes(w, wishes, sizeof wishes);
	writer_u8(w, DHCP_OPTION_SIZE_MAX);
	writer_u8(w, 2);
	writer_u16(w, size_max);
}

void
dhcp_write(struct writer *w, const struct dhcp_message *message)
{
	const size_t begin = w->pos;

	writer_u8(w, BOOTREQUEST);
	writer_u8(w, HTYPE_ETHERNET);
	writer_u8(w, MAC_BYTES);
	writer_u8(w, 0); /* hops: relays count them */
	writer_u32(w, message->xid);
	writer_u16(w, message->secs);
	writer_u16(w, 0); /* flags: a reply may be unicast, we hear it before we have an address */
	writer_bytes(w, message->ciaddr.octets, 4);
	zeros_write(w, 12); /* yiaddr, siaddr, giaddr */
	writer_bytes(w, message->chaddr.octets, MAC_BYTES);
	zeros_write(w, CHADDR_BYTES - MAC_BYTES + SNAME_BYTES + FILE_BYTES);
	writer_u32(w, COOKIE);
	writer_u8(w, DHCP_OPTION_TYPE);
	writer_u8(w, 1);
	writer_u8(w, (uint8_t)message->type);
	writer_u8(w, DHCP_OPTION_CLIENT_ID);
	writer_u8(w, message->client_id.bytes);
	writer_bytes(w, message->client_id.octets, message->client_id.bytes);
	addr_write(w, DHCP_OPTION_REQUESTED, &message->requested);
	addr_write(w, DHCP_OPTION_SERVER_ID, &message->server_id);
	if (message->type == DHCP_DISCOVER || message->type == DHCP_REQUEST)
		wishes_write(w, message->size_max);
	writer_u8(w, DHCP_OPTION_END);
	assert(w->pos - begin <= DHCP_SENT_BYTES);
	zeros_write(w, DHCP_SENT_BYTES - (w->pos - begin)); /* RFC 1542, section 2.1 */
}
