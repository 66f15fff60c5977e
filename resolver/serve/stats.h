/*
 * stats.h - what one worker has counted, and how it reads in the log (SIGUSR1).
 *
 * Each worker counts alone, in plain integers; the server adds copies up when somebody asks.
 * Every query ends in exactly one of answers_*, refused_*, failed_* or dropped_*, or is pending.
 */
#ifndef CAIRN_RESOLVER_SERVE_STATS_H
#define CAIRN_RESOLVER_SERVE_STATS_H

#include <stddef.h>
#include <stdint.h>

#define STATS_RCODES 24u /* counted one by one; higher ones are never sent */

struct server_stats {
	/* queries as they came */
	uint64_t queries_udp, queries_tcp, queries_ipv6, queries_edns, queries_dnssec_ok;
	uint64_t cookies_good, cookies_new, cookies_bad;

	/* how each ended */
	uint64_t answers_ready; /* of those from the caches */
	uint64_t answers_cached, answers_recursed, answers_local, answers_zone, answers_policy, answers_slipped, answers_chaos, answers_any;
	uint64_t answers_referred; /* without RD, and the cache knows only who could answer */
	uint64_t notified; /* NOTIFY of who may */
	uint64_t refused_acl, refused_no_recursion;
	uint64_t refused_kind;   /* class, opcode, transfer */
	uint64_t refused_signature; /* TSIG: of a key that is not known to us, or one that does not hold */
	uint64_t refused_cookie; /* allow_cookie, and no good one */
	uint64_t failed_malformed, failed_version, failed_full;
	uint64_t dropped_malformed; /* shorter than a header, or a response: not worth an answer */
	uint64_t dropped_acl, dropped_local, dropped_policy;
	uint64_t dropped_quota; /* the client waits for too many answers already */
	uint64_t dropped_rate;  /* ip-ratelimit */
	uint64_t dropped_full;  /* a datagram, and all places for questions were taken */
	uint64_t dropped_late;  /* discard-timeout */
	uint64_t dropped_gone;  /* its connection closed before the answer was there */
	uint64_t pending;       /* now, not a sum */
	uint64_t waited, waited_in_vain; /* for another worker's answer; of them those whose time was over first */
	uint64_t waited_full;   /* did not wait, for too many did */
	uint64_t refreshes_left; /* to another worker */

	/* answers as they went */
	uint64_t truncated;
	uint64_t rcodes[STATS_RCODES];

	uint64_t rests;    /* turns behind which the thread let questions gather */
	uint64_t log_lost; /* lines of queries and answers that nobody read in time */

	/* sockets */
	uint64_t udp_cut; /* received datagrams larger than any query */
	uint64_t udp_receive_errors;
	uint64_t udp_messages;      /* answers over UDP left as so many: a message may have several as its segments */
	uint64_t udp_send_failures; /* answers that the host could not take: buffer full, firewall */
	uint64_t tcp_accepted, tcp_accept_failures, tcp_open; /* open: now */
	uint64_t tcp_closed_idle, tcp_closed_slow, tcp_closed_malformed;
};

/* One counter's name, unbound's where it counts the same; index from 0, NULL behind the last. */
const char *stats_name(size_t index);
uint64_t stats_value(const struct server_stats *stats, size_t index);
void stats_add(struct server_stats *sum, const struct server_stats *stats);

#endif
