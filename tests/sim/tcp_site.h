/*
 * tcp_site.h - a resolver's host, a box between that may forget connections, and all name servers' addresses on one host
 * that answers over TCP as the test says.
 *
 * One a process: the test that runs. tcp_site_end fails the test when a connection or a query is left.
 */
#ifndef CAIRN_TESTS_SIM_TCP_SITE_H
#define CAIRN_TESTS_SIM_TCP_SITE_H

#include "stack/tcp.h"
#include "tests/sim/resolver.h"

#define TCP_SITE_ZONES     134u /* one server each: more than there are connections */
#define TCP_SITE_LINES_MAX 512u
#define TCP_SITE_SECOND_US 1000000u
#define TCP_SITE_PATIENCE_US (12u * TCP_SITE_SECOND_US)

/* A connection as the server has it. */
struct tcp_site_line {
	tcp_conn conn;
	uint8_t in[4096], out[4096];
	size_t in_bytes, out_bytes;
	unsigned reply_count;
};

extern struct tcp_site {
	struct net net;
	struct net_node *box, *far;
	struct internet internet; /* its edge alone */
	struct resolver resolver;
	struct auth root, zones;
	void *root_block, *zones_block;
	struct ip_addr servers[TCP_SITE_ZONES];
	tcp_conn listener;
	struct tcp_site_line lines[TCP_SITE_LINES_MAX];
	unsigned line_count, query_count;   /* over TCP */
	bool is_deaf;                       /* to datagrams */
	unsigned mute_count;                /* over TCP: the servers of so many zones, the first */
	bool is_slow;                       /* an octet at a time */
	bool has_keepalive;                 /* the last query over TCP had the option (RFC 7828) */
	unsigned close_after;               /* replies; 0: never */
	bool seen[65536], forgotten[65536]; /* ports of the resolver's */
} tcp_site;

/* The servers have addresses of one family. */
void tcp_site_begin(bool is_ip6);
void tcp_site_end(void);
/* What comes on connections that it has seen goes nowhere, as with a box that translates addresses after a power cut. */
void tcp_site_box_forgets(void);
unsigned tcp_site_lines_open(void); /* that the servers know of */

#endif
