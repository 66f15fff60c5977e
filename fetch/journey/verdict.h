/*
 * verdict.h - where the time of a transfer went: every microsecond of it has one cause, and the parts sum to the total.
 *
 * The times that a transfer kept cut its life into stretches, in the order in which they can come; each stretch belongs to
 * the part that it ends; what our own side of TLS computed is taken out of its stretch,
 * and what is known of the wait for content out of that.  What lies outside of them (other attempts, waiting for a retry) is `waits`.
 *
 * The floor is what a clean path with a cached name would have cost: the round trip of the connection's handshake, times
 * handshakes, request and the rounds of slow start from ten segments (RFC 6928) that the content needs.
 *
 * Pure.  Units: microseconds; 0: has not happened.
 */
#ifndef CAIRN_FETCH_JOURNEY_VERDICT_H
#define CAIRN_FETCH_JOURNEY_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Their names as programs read them. */
#define VERDICT_EACH_PART(DO)                                                                                           \
	DO(WAITS, "waits")       /* earlier attempts: redirects, retries and the time between them */                   \
	DO(SETUP, "setup")       /* what the program had to load first: the library of TLS */                           \
	DO(NAME, "name")         /* until the first address was known */                                                \
	DO(FALLBACK, "attempts") /* addresses that were tried before the one that served, or in vain */                 \
	DO(CONNECT, "connect")   /* its handshake */                                                                    \
	DO(TLS, "tls")           /* its handshake: waiting for the server */                                            \
	DO(TLS_CPU, "tls_cpu")   /* and what our own side of it took */                                                 \
	DO(REQUEST, "request")   /* until the request was sent */                                                       \
	DO(SERVER, "server")     /* until the first octet of the response */                                            \
	DO(TRANSFER, "transfer") /* until its last, but for: */                                                         \
	DO(LOSS, "loss")         /* waiting for segments that were lost, with later ones there */                       \
	DO(LIMIT, "limit")       /* waiting because --limit-rate says so */                                             \
	DO(WRITE, "write")       /* writing, to a disk or a reader of standard output */

enum verdict_part {
#define VERDICT_PART(part, name) VERDICT_##part,
	VERDICT_EACH_PART(VERDICT_PART)
#undef VERDICT_PART
	VERDICT_PARTS,
};
const char *verdict_part_name(enum verdict_part part); /* "server" */

struct verdict_times {
	uint64_t start_us, attempt_us, setup_us, named_us, connect_us, connected_us, secured_us, sent_us, first_us, end_us;
	uint64_t loss_us, limit_us, write_us; /* how long, behind first_us */
	uint64_t tls_cpu_us;     /* how long, between connected_us and secured_us */
	bool is_reused;          /* the connection was there: no name, no handshake */
	bool wants_tls;
	uint64_t content_bytes;
};

struct verdict {
	uint64_t total_us;
	uint64_t parts_us[VERDICT_PARTS]; /* their sum is total_us */
	enum verdict_part largest;
	unsigned floor_rounds;
	uint64_t round_us, floor_us;      /* 0: no handshake was seen */
};

void verdict_judge(struct verdict *verdict, const struct verdict_times *times);
/* What to try about the largest part; empty when nothing stands out. */
void verdict_advice(const struct verdict *verdict, char *text, size_t text_bytes);

#endif
