/*
 * Any octets as a proxy's answers, to CONNECT and to SOCKS with and without a login: the tunnel is open, has failed, or wants
 * more; it never asks for nothing, and octet by octet it comes to the same.
 */
#include <stdlib.h>

#include "fetch/tunnel.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* Where it ended, and after how many octets. */
static int
run(const struct proxy *proxy, const uint8_t *bytes, size_t size, size_t piece, size_t *used)
{
	static struct tunnel tunnel;
	struct failure failure = { .cause = FAILURE_NONE };
	struct tunnel_target target = { proxy, "a.example", 443, SPAN("t") };
	int result = 0;
	check(tunnel_init(&tunnel, &target, &failure) == 0);
	*used = 0;
	while (result == 0 && *used < size) {
		size_t wanted = tunnel_wanted(&tunnel), left = size - *used;
		check(wanted != 0);
		tunnel_sent(&tunnel, tunnel_output(&tunnel).bytes);
		wanted = wanted < left ? wanted : left;
		wanted = wanted < piece ? wanted : piece;
		result = tunnel_receive(&tunnel, bytes + *used, wanted, &failure);
		*used += wanted;
	}
	check((result < 0) == (failure.cause != FAILURE_NONE));
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct proxy proxies[] = {
		{ .kind = PROXY_HTTP, .host = "p", .port = 1 },
		{ .kind = PROXY_SOCKS5, .host = "p", .port = 1 },
		{ .kind = PROXY_SOCKS5, .host = "p", .port = 1, .has_login = true,
		  .user = SPAN_LITERAL("user"), .password = SPAN_LITERAL("password") },
	};
	for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++) {
		size_t whole_used, octets_used;
		int whole = run(&proxies[i], bytes, size, SIZE_MAX, &whole_used);
		int octets = run(&proxies[i], bytes, size, 1, &octets_used);
		check(whole == octets && whole_used == octets_used);
	}
	return 0;
}
