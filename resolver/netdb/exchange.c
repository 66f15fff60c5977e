/* A question to one resolver after the other: over UDP, again when nothing comes, over TCP when the reply is cut. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "resolver/netdb/netdb_priv.h"
#include "resolver/wire/ask.h"
#include "stack/base/arena.h"

enum heard {
	HEARD_ANSWER,
	HEARD_NOTHING, /* in time, or the resolver cannot be reached */
	HEARD_FAILURE, /* SERVFAIL: it may know another time */
	HEARD_REFUSAL, /* nor will it help another time */
	HEARD_CUT,     /* ask again over TCP */
	HEARD_NO_EDNS, /* ask again without (RFC 6891, section 7) */
};

struct exchange {
	struct cairn_netdb *netdb;
	const struct question *question;
	unsigned server;
	int wait_ms;
	bool has_edns;
	uint16_t id;
	uint8_t query[2 + ASK_BYTES_MAX]; /* behind the length that TCP wants */
	size_t query_bytes;
	struct message message;
};

static void
write_query(struct exchange *exchange)
{
	exchange->id = (uint16_t)rng_u64(&exchange->netdb->rng);
	exchange->query_bytes = ask_write(exchange->query + 2, exchange->question, exchange->id, exchange->has_edns);
	exchange->query[0] = (uint8_t)(exchange->query_bytes >> 8);
	exchange->query[1] = (uint8_t)exchange->query_bytes;
}

static enum heard
judge(const struct message *message)
{
	if ((message->flags & DNS_TC) != 0)
		return HEARD_CUT;
	if ((message->rcode == RCODE_FORMERR || message->rcode == RCODE_NOTIMP) && !message->edns.present)
		return HEARD_NO_EDNS;
	if (message->rcode == RCODE_NOERROR || message->rcode == RCODE_NXDOMAIN)
		return HEARD_ANSWER;
	return message->rcode == RCODE_SERVFAIL ? HEARD_FAILURE : HEARD_REFUSAL;
}

/* False: it replies to something else. */
static bool
read_reply(struct exchange *exchange, const uint8_t *bytes, size_t size)
{
	struct arena arena;

	arena_init(&arena, exchange->netdb->arena, NETDB_ARENA_BYTES);
	return message_read(&exchange->message, &arena, bytes, size) == 0 &&
	       ask_is_answered_by(&exchange->message, exchange->question, exchange->id);
}

static int
open_to(const struct exchange *exchange, int type)
{
	struct cairn *cairn = exchange->netdb->cairn;
	const struct sockaddr *server = (const struct sockaddr *)&exchange->netdb->servers[exchange->server];
	const int fd = cairn_socket(cairn, server->sa_family, type, 0);

	if (fd != -1 && type == SOCK_DGRAM && cairn_connect(cairn, fd, server, exchange->netdb->server_bytes[exchange->server]) != 0) {
		(void)cairn_close(cairn, fd);
		return -1;
	}
	return fd;
}

static bool
can_read(struct cairn *cairn, int fd, uint64_t end_us)
{
	struct pollfd poll = { .fd = fd, .events = POLLIN };
	const uint64_t now_us = cairn->shell->now_us(cairn->data);

	return now_us < end_us && cairn_poll(cairn, &poll, 1, (int)((end_us - now_us + 999) / 1000)) == 1;
}

static enum heard
over_udp(struct exchange *exchange)
{
	struct cairn *cairn = exchange->netdb->cairn;
	uint8_t reply[EDNS_UDP_BYTES];
	enum heard heard = HEARD_NOTHING;
	const int fd = open_to(exchange, SOCK_DGRAM);

	if (fd == -1)
		return HEARD_NOTHING;
	const uint64_t end_us = cairn->shell->now_us(cairn->data) + (uint64_t)exchange->wait_ms * 1000;
	if (cairn_send(cairn, fd, exchange->query + 2, exchange->query_bytes, 0) == (ssize_t)exchange->query_bytes) {
		while (can_read(cairn, fd, end_us)) {
			const ssize_t size = cairn_recv(cairn, fd, reply, sizeof reply, 0);
			if (size < 0)
				break; /* nobody listens there */
			if (!read_reply(exchange, reply, (size_t)size))
				continue; /* what a stranger sends ends nothing */
			heard = judge(&exchange->message);
			break;
		}
	}
	(void)cairn_close(cairn, fd);
	return heard;
}

/* All octets, or false: the peer has gone, or they do not come in time. */
static bool
read_all(struct cairn *cairn, int fd, uint8_t *to, size_t size, uint64_t end_us)
{
	while (size > 0) {
		const ssize_t got = can_read(cairn, fd, end_us) ? cairn_read(cairn, fd, to, size) : 0;
		if (got <= 0)
			return false;
		to += got;
		size -= (size_t)got;
	}
	return true;
}

static enum heard
over_tcp(struct exchange *exchange)
{
	static const struct timeval patience = { .tv_sec = NETDB_TCP_WAIT_MS / 1000 };
	struct cairn *cairn = exchange->netdb->cairn;
	/* The reply lies behind the room for what is read of it. */
	uint8_t *reply = exchange->netdb->arena + NETDB_ARENA_BYTES - MESSAGE_BYTES_MAX, length[2];
	const struct sockaddr *server = (const struct sockaddr *)&exchange->netdb->servers[exchange->server];
	enum heard heard = HEARD_NOTHING;
	const int fd = open_to(exchange, SOCK_STREAM);
	struct arena arena;

	if (fd == -1)
		return HEARD_NOTHING;
	const uint64_t end_us = cairn->shell->now_us(cairn->data) + NETDB_TCP_WAIT_MS * UINT64_C(1000);
	(void)cairn_setsockopt(cairn, fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	const size_t sent_bytes = exchange->query_bytes + 2;
	if (cairn_connect(cairn, fd, server, exchange->netdb->server_bytes[exchange->server]) == 0 &&
	    cairn_write(cairn, fd, exchange->query, sent_bytes) == (ssize_t)sent_bytes && read_all(cairn, fd, length, 2, end_us) &&
	    read_all(cairn, fd, reply, (size_t)length[0] << 8 | length[1], end_us)) {
		arena_init(&arena, exchange->netdb->arena, NETDB_ARENA_BYTES - MESSAGE_BYTES_MAX);
		if (message_read(&exchange->message, &arena, reply, (size_t)length[0] << 8 | length[1]) == 0 &&
		    ask_is_answered_by(&exchange->message, exchange->question, exchange->id))
			heard = judge(&exchange->message);
	}
	(void)cairn_close(cairn, fd);
	return heard == HEARD_CUT ? HEARD_REFUSAL : heard;
}

static enum heard
ask_server(struct exchange *exchange)
{
	write_query(exchange);
	enum heard heard = over_udp(exchange);
	if (heard == HEARD_NO_EDNS && exchange->has_edns) {
		exchange->has_edns = false;
		write_query(exchange);
		heard = over_udp(exchange);
	}
	return heard == HEARD_CUT ? over_tcp(exchange) : heard;
}

int
netdb__ask(struct cairn_netdb *netdb, const struct name *qname, uint16_t qtype, const struct rrset **set)
{
	struct question question = { .qname = *qname, .qtype = qtype, .qclass = CLASS_IN };
	struct exchange exchange = { .netdb = netdb, .question = &question, .has_edns = true, .wait_ms = NETDB_WAIT_MS };
	unsigned failed_count = 0, refused_count = 0;
	uint32_t ttl_s;

	for (unsigned try = 0; try < NETDB_TRIES; try++, exchange.wait_ms *= 2) {
		failed_count = refused_count = 0;
		for (exchange.server = 0; exchange.server < netdb->server_count; exchange.server++) {
			exchange.has_edns = true;
			const enum heard heard = ask_server(&exchange);
			failed_count += heard == HEARD_FAILURE;
			refused_count += heard == HEARD_REFUSAL || heard == HEARD_NO_EDNS;
			if (heard != HEARD_ANSWER)
				continue;
			if (exchange.message.rcode == RCODE_NXDOMAIN)
				return EAI_NONAME;
			*set = ask_follow(exchange.message.sections[SECTION_ANSWER], &question, &ttl_s);
			return 0;
		}
		if (failed_count + refused_count == netdb->server_count)
			break; /* each has had its say, and no datagram was lost */
	}
	return refused_count > 0 && refused_count == netdb->server_count ? EAI_FAIL : EAI_AGAIN;
}
