#include "fetch/tunnel.h"

#include <assert.h>

#include "fetch/auth.h"
#include "fetch/request.h"
#include "stack/addr.h"

enum {
	SOCKS_VERSION = 5,
	SOCKS_NO_LOGIN = 0,
	SOCKS_WITH_LOGIN = 2,
	SOCKS_NO_METHOD = 255,
	SOCKS_CONNECT = 1,
	SOCKS_IPV4 = 1,
	SOCKS_NAME = 3,
	SOCKS_IPV6 = 4,
};

static void
await(struct tunnel *tunnel, enum tunnel_state state, size_t bytes)
{
	tunnel->state = state;
	tunnel->input_bytes = 0;
	tunnel->input_wanted = bytes;
}

static int
fail(struct tunnel *tunnel, struct failure *failure, enum failure_cause cause, const char *why)
{
	tunnel->state = TUNNEL_FAILED;
	failure_set(failure, cause, "the proxy %s", why);
	return ERR_PERMISSION;
}

/* ---- CONNECT ------------------------------------------------------------------------------------- */

static int
write_login(const struct proxy *proxy, struct request *request, char *value, size_t value_bytes)
{
	struct writer out = writer_over(value, value_bytes);
	if (!proxy->has_login)
		return 0;
	int err = auth_basic_write(proxy->user, proxy->password, &out);
	if (err == 0)
		request_set(request, REQUEST_PROXY_AUTHORIZATION, span_of(value, out.pos));
	return err;
}

static int
begin_connect(struct tunnel *tunnel, const struct tunnel_target *target, struct failure *failure)
{
	static const char form_name[] = "%s:%u", form_address[] = "[%s]:%u";
	struct request request;
	char authority[300], login[2048];
	struct arena arena;
	arena_init(&arena, authority, sizeof authority);
	bool is_ipv6 = strchr(target->host, ':') != NULL;
	struct span where = span_from_text(arena_printf(&arena, is_ipv6 ? form_address : form_name,
							target->host, target->port));
	request_init(&request, SPAN("CONNECT"), where, where);
	if (target->user_agent.bytes != 0)
		request_set(&request, REQUEST_USER_AGENT, target->user_agent);
	struct writer out = writer_over(tunnel->output, sizeof tunnel->output);
	if (write_login(target->proxy, &request, login, sizeof login) != 0)
		return fail(tunnel, failure, FAILURE_LOGIN, "cannot be given this login");
	int err = request_write(&request, &out, failure);
	tunnel->output_bytes = out.pos;
	head_reader_init(&tunnel->reader);
	await(tunnel, TUNNEL_CONNECT, 1);
	return err;
}

/* One octet at a time: what stands behind the head is not ours. */
static int
receive_head(struct tunnel *tunnel, const void *octets, struct failure *failure)
{
	size_t taken;
	struct head_reader *reader = &tunnel->reader;
	if (reader->state == HEAD_WHOLE)
		head_reader_again(reader);
	int result = head_reader_receive(reader, octets, 1, &taken, failure);
	if (result < 0)
		tunnel->state = TUNNEL_FAILED;
	if (result != 1 || reader->head.status / 100 == 1)
		return result < 0 ? result : 0;
	if (reader->head.status / 100 == 2) {
		tunnel->state = TUNNEL_OPEN;
		return 1;
	}
	tunnel->state = TUNNEL_FAILED;
	failure_set(failure, reader->head.status == 407 ? FAILURE_LOGIN : FAILURE_PROXY,
		    "the proxy answered CONNECT with %u " SPAN_FORMAT, reader->head.status,
		    SPAN_ARGUMENTS(span_first(reader->head.reason, 60)));
	return ERR_PERMISSION;
}

/* ---- SOCKS 5 --------------------------------------------------------------------------------------- */

static void
put(struct tunnel *tunnel, const void *octets, size_t bytes)
{
	assert(bytes <= sizeof tunnel->output - tunnel->output_bytes);
	memcpy(tunnel->output + tunnel->output_bytes, octets, bytes);
	tunnel->output_bytes += bytes;
}

static void
put_octet(struct tunnel *tunnel, unsigned octet)
{
	uint8_t one = (uint8_t)octet;
	put(tunnel, &one, 1);
}

static int
begin_socks(struct tunnel *tunnel, const struct tunnel_target *target, struct failure *failure)
{
	const struct proxy *proxy = target->proxy;
	size_t host_bytes = strlen(target->host);
	if (host_bytes > 255 || proxy->user.bytes > 255 || proxy->password.bytes > 255)
		return fail(tunnel, failure, FAILURE_PROXY,
			    "takes no names or logins above 255 octets");
	tunnel->host_bytes = (uint8_t)host_bytes;
	memcpy(tunnel->host, target->host, host_bytes + 1);
	tunnel->port = target->port;
	tunnel->user_bytes = (uint8_t)proxy->user.bytes;
	tunnel->password_bytes = (uint8_t)proxy->password.bytes;
	if (proxy->has_login) {
		memcpy(tunnel->user, proxy->user.at, proxy->user.bytes);
		memcpy(tunnel->password, proxy->password.at, proxy->password.bytes);
	}
	put_octet(tunnel, SOCKS_VERSION);
	put_octet(tunnel, proxy->has_login ? 2 : 1);
	put_octet(tunnel, SOCKS_NO_LOGIN);
	if (proxy->has_login)
		put_octet(tunnel, SOCKS_WITH_LOGIN);
	await(tunnel, TUNNEL_METHOD, 2);
	return 0;
}

/* RFC 1928, section 4: addresses as such, names for the proxy to look up. */
static void
ask(struct tunnel *tunnel)
{
	struct ip_addr addr;
	bool is_address = addr_from_text(&addr, tunnel->host) == 0;
	put_octet(tunnel, SOCKS_VERSION);
	put_octet(tunnel, SOCKS_CONNECT);
	put_octet(tunnel, 0);
	if (is_address) {
		bool is_ipv4 = addr.family == ADDR_IPV4;
		put_octet(tunnel, is_ipv4 ? SOCKS_IPV4 : SOCKS_IPV6);
		put(tunnel, addr.octets, is_ipv4 ? 4 : 16);
	} else {
		put_octet(tunnel, SOCKS_NAME);
		put_octet(tunnel, tunnel->host_bytes);
		put(tunnel, tunnel->host, tunnel->host_bytes);
	}
	put_octet(tunnel, tunnel->port >> 8);
	put_octet(tunnel, tunnel->port & 255);
	await(tunnel, TUNNEL_REPLY, 4);
}

/* RFC 1929. */
static void
log_in(struct tunnel *tunnel)
{
	put_octet(tunnel, 1);
	put_octet(tunnel, tunnel->user_bytes);
	put(tunnel, tunnel->user, tunnel->user_bytes);
	put_octet(tunnel, tunnel->password_bytes);
	put(tunnel, tunnel->password, tunnel->password_bytes);
	await(tunnel, TUNNEL_LOGIN, 2);
}

static int
take_method(struct tunnel *tunnel, struct failure *failure)
{
	bool has_login = tunnel->user_bytes != 0 || tunnel->password_bytes != 0;
	if (tunnel->input[0] != SOCKS_VERSION)
		return fail(tunnel, failure, FAILURE_WEIRD_REPLY, "does not speak SOCKS 5");
	if (tunnel->input[1] == SOCKS_WITH_LOGIN && has_login)
		log_in(tunnel);
	else if (tunnel->input[1] == SOCKS_NO_LOGIN)
		ask(tunnel);
	else
		return fail(tunnel, failure, FAILURE_LOGIN, "wants another login");
	return 0;
}

/* RFC 1928, section 6. */
static int
take_reply(struct tunnel *tunnel, struct failure *failure)
{
	static const char *const refusals[] = {
		"grants nothing",
		"fails by itself",
		"does not allow this connection",
		"cannot reach the network",
		"cannot reach the host",
		"was refused by the host",
		"waited for the host in vain",
		"does not do CONNECT",
		"does not know this kind of address",
	};
	uint8_t code = tunnel->input[1];
	if (tunnel->input[0] != SOCKS_VERSION)
		return fail(tunnel, failure, FAILURE_WEIRD_REPLY, "does not speak SOCKS 5");
	if (code != 0)
		return fail(tunnel, failure, FAILURE_PROXY,
			    code < sizeof refusals / sizeof refusals[0]
				    ? refusals[code]
				    : "refuses, and does not say why");
	switch (tunnel->input[3]) { /* the address that it uses, and a port: of no use to us */
	case SOCKS_IPV4: await(tunnel, TUNNEL_ADDRESS, 4 + 2); return 0;
	case SOCKS_IPV6: await(tunnel, TUNNEL_ADDRESS, 16 + 2); return 0;
	case SOCKS_NAME: await(tunnel, TUNNEL_NAME, 1); return 0;
	default:
		return fail(tunnel, failure, FAILURE_WEIRD_REPLY,
			    "answers with no kind of address");
	}
}

static int
take_message(struct tunnel *tunnel, struct failure *failure)
{
	switch (tunnel->state) {
	case TUNNEL_METHOD: return take_method(tunnel, failure);
	case TUNNEL_LOGIN:
		if (tunnel->input[1] != 0)
			return fail(tunnel, failure, FAILURE_LOGIN, "refuses the login");
		ask(tunnel);
		return 0;
	case TUNNEL_REPLY: return take_reply(tunnel, failure);
	case TUNNEL_NAME: await(tunnel, TUNNEL_ADDRESS, tunnel->input[0] + 2u); return 0;
	case TUNNEL_ADDRESS: tunnel->state = TUNNEL_OPEN; return 1;
	case TUNNEL_CONNECT:
	case TUNNEL_OPEN:
	case TUNNEL_FAILED: break;
	}
	return 0;
}

/* ---- both ------------------------------------------------------------------------------------------ */

int
tunnel_init(struct tunnel *tunnel, const struct tunnel_target *target, struct failure *failure)
{
	tunnel->output_at = tunnel->output_bytes = 0;
	assert(target->proxy->kind != PROXY_NONE);
	return target->proxy->kind == PROXY_HTTP ? begin_connect(tunnel, target, failure)
						 : begin_socks(tunnel, target, failure);
}

struct span
tunnel_output(const struct tunnel *tunnel)
{
	return span_of(tunnel->output + tunnel->output_at,
		       tunnel->output_bytes - tunnel->output_at);
}

void
tunnel_sent(struct tunnel *tunnel, size_t bytes)
{
	tunnel->output_at += bytes;
	assert(tunnel->output_at <= tunnel->output_bytes);
	if (tunnel->output_at == tunnel->output_bytes)
		tunnel->output_at = tunnel->output_bytes = 0;
}

size_t
tunnel_wanted(const struct tunnel *tunnel)
{
	return tunnel->state == TUNNEL_CONNECT ? 1 : tunnel->input_wanted - tunnel->input_bytes;
}

int
tunnel_receive(struct tunnel *tunnel, const void *octets, size_t bytes, struct failure *failure)
{
	assert(bytes != 0 && bytes <= tunnel_wanted(tunnel));
	if (tunnel->state == TUNNEL_CONNECT)
		return receive_head(tunnel, octets, failure);
	memcpy(tunnel->input + tunnel->input_bytes, octets, bytes);
	tunnel->input_bytes += bytes;
	return tunnel->input_bytes == tunnel->input_wanted ? take_message(tunnel, failure) : 0;
}
