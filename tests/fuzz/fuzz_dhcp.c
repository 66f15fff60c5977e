/*
 * Any octets as a DHCP server's message: what is read keeps within its bounds, what is taken for a lease could be one,
 * and an option that comes in pieces says what it says whole (RFC 3396).
 */
#include <stdlib.h>
#include <string.h>

#include "stack/base/rng.h"
#include "stack/dhcp_lease.h"

#define OPTIONS_AT 240u
#define SNAME_AT   44u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* From a block of just that size, so that the sanitizer sees a read beyond. */
static int
read_exactly(const uint8_t *bytes, size_t size, struct dhcp_message *message)
{
	uint8_t *copy = malloc(size != 0 ? size : 1);
	check(copy != NULL);
	memcpy(copy, bytes, size);
	struct cursor c = cursor_over(copy, size);
	int err = dhcp_read(&c, message);
	free(copy);
	return err;
}

static void
check_message(const struct dhcp_message *message)
{
	check(message->type >= DHCP_DISCOVER && message->type <= DHCP_INFORM);
	check(message->prefix_len <= 32);
	check(message->router_count <= DHCP_ROUTERS_MAX && message->route_count <= DHCP_ROUTES_MAX);
	check(message->has_routes == (message->route_count > 0));
	for (unsigned i = 0; i < message->route_count; i++) {
		const struct dhcp_route *route = &message->routes[i];
		check(route->prefix_len <= 32 && route->prefix.family == ADDR_IPV4);
		for (unsigned bit = route->prefix_len; bit < 32; bit++)
			check((route->prefix.octets[bit / 8] & 0x80u >> bit % 8) == 0);
	}
}

static void
check_lease(const struct dhcp_message *message)
{
	struct dhcp_lease lease;
	struct dhcp_times times;
	struct rng rng;

	if (dhcp_lease_read(&lease, message) != 0)
		return;
	check(!addr_is_unspecified(&lease.addr) && !addr_is_multicast(&lease.addr));
	check(!addr_is_loopback(&lease.addr) && !addr_is_broadcast(&lease.addr));
	check(lease.prefix_len >= 1 && lease.prefix_len <= 32);
	check(lease.route_count <= DHCP_ROUTES_MAX);
	if (message->lease_s < DHCP_LEASE_S_MIN)
		return;
	rng_init_number(&rng, message->xid);
	dhcp_lease_times(&times, message, 1000, &rng);
	check(times.renew_at_us > 1000);
	check(message->lease_s == DHCP_LEASE_EVER ||
	      (times.renew_at_us < times.rebind_at_us && times.rebind_at_us < times.expires_at_us));
}

/* Every option of the field `options` cut in two; 0 when that is too long. */
static size_t
split_options(const uint8_t *bytes, size_t size, uint8_t out[DHCP_MESSAGE_BYTES_MAX])
{
	struct writer w = writer_over(out, DHCP_MESSAGE_BYTES_MAX);

	writer_bytes(&w, bytes, OPTIONS_AT);
	for (size_t at = OPTIONS_AT; at < size && bytes[at] != DHCP_OPTION_END;) {
		if (bytes[at] == DHCP_OPTION_PAD) {
			at++;
			continue;
		}
		const uint8_t code = bytes[at], content_bytes = bytes[at + 1],
			      half = content_bytes / 2;
		writer_u8(&w, code);
		writer_u8(&w, half);
		writer_bytes(&w, bytes + at + 2, half);
		writer_u8(&w, DHCP_OPTION_PAD);
		writer_u8(&w, code);
		writer_u8(&w, content_bytes - half);
		writer_bytes(&w, bytes + at + 2 + half, content_bytes - half);
		at += 2u + content_bytes;
	}
	return w.err == 0 ? w.pos : 0;
}

static void
read_and_check(const uint8_t *bytes, size_t size)
{
	static struct dhcp_message whole, pieces; /* static: their padding is zeros too */
	uint8_t split[DHCP_MESSAGE_BYTES_MAX];

	if (read_exactly(bytes, size, &whole) != 0)
		return;
	check_message(&whole);
	check_lease(&whole);
	const size_t split_bytes = split_options(bytes, size, split);
	if (split_bytes == 0)
		return;
	check(read_exactly(split, split_bytes, &pieces) == 0);
	check(memcmp(&whole, &pieces, sizeof whole) == 0);
}

/* The first octet says whether the rest is a whole message, or sname, file and options behind a good header. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const uint8_t header[SNAME_AT] = {
		2, 1, 6, [16] = 192, 0, 2, 77, [28] = 2, 0, 0, 0, 0, 1
	};
	static const uint8_t cookie[4] = { 99, 130, 83, 99 };
	uint8_t message[2048];
	struct writer w = writer_over(message, sizeof message);

	if (size < 1)
		return 0;
	if ((bytes[0] & 1) == 0) {
		read_and_check(bytes + 1, size - 1);
		return 0;
	}
	const size_t names_bytes = OPTIONS_AT - sizeof cookie - SNAME_AT;
	if (size - 1 < names_bytes || size > sizeof message - OPTIONS_AT)
		return 0;
	writer_bytes(&w, header, sizeof header);
	writer_bytes(&w, bytes + 1, names_bytes);
	writer_bytes(&w, cookie, sizeof cookie);
	writer_bytes(&w, bytes + 1 + names_bytes, size - 1 - names_bytes);
	check(w.err == 0);
	read_and_check(message, w.pos);
	return 0;
}
