/*
 * player.h - a script played against a stack in a shared object.
 *
 * Numbers of a script are its own: sequence numbers begin at 0, time at the first event.  A flow keeps
 * what must be added to come to those of the wire.  The peer's initial sequence number lies a
 * little below 2^32, so that every longer script sees the numbers wrap.
 *
 * The judgement: every packet of the stack must be expected, in order, at its time, with the fields
 * that the script gives and right checksums; one that nobody expected fails the script, at its end
 * too.  Bursts are joined: a script may expect in one what the stack sends in several segments.
 * Results of calls are compared exactly, errno where it is named, output where it is given.
 *
 * Errors: the first is printed, and the process ends.
 */
#ifndef CAIRN_TESTS_PACKETDRILL_PLAYER_H
#define CAIRN_TESTS_PACKETDRILL_PLAYER_H

#include <pthread.h>

#include "tests/packetdrill/interface.h"
#include "tests/packetdrill/runner/script.h"
#include "tests/packetdrill/runner/wire.h"

#define PLAYER_FLOWS_MAX    64u
#define PLAYER_FDS_MAX      64
#define PLAYER_PORT         8080u /* of bind and connect where the script says ... */
#define PLAYER_PORT_REMOTE  40001u
#define PLAYER_ISN_REMOTE   0xfffffc00u
#define PLAYER_GUESS_LOCAL  0x10000000u /* before the stack's sequence numbers are known */
#define PLAYER_TOLERANCE_US 4000

struct flow {
	bool is_listening;
	uint16_t local_port, remote_port; /* local_port 0: the stack has not told yet */
	bool has_remote, has_local, is_local_guessed, expects_new_isn;
	uint32_t remote_offset, local_offset; /* wire's numbers less the script's */
	uint32_t syn_seq;                     /* of the peer, in the script */
	bool has_timestamps;
	uint32_t timestamp_offset;
};

/* A call on the second thread. */
struct blocking {
	pthread_t thread;
	const struct event *event;
	volatile int thread_id;
	volatile bool is_running;
	long long due_us, end_us; /* when it is to end, when it did */
};

struct player {
	const struct script *script;
	struct packetdrill_table table;
	void (*sysctl)(const char *name, const char *value); /* NULL: there is none */
	bool is_ipv6, is_mapped;
	struct ip_addr local, remote;
	long long tolerance_us;
	double tolerance_percent;
	bool is_timestamp_loose, is_lenient, is_strict_segments, is_verbose, must_fail;

	long long start_us;       /* of the stack's clock: the script's 0 */
	long long last_us;        /* the script's time of the last event */
	long long before_last_us; /* and of the one before, for tolerance_percent */
	const struct event *event;

	struct flow flows[PLAYER_FLOWS_MAX];
	size_t flow_count;
	struct flow *flow; /* what segments without ports are about */

	int fds[PLAYER_FDS_MAX];              /* script's -> process's, + 1; 0: none */
	uint16_t bound_ports[PLAYER_FDS_MAX]; /* by the script's number */
	bool has_flow[PLAYER_FDS_MAX];        /* connect was called, and has not failed */
	int info_fd; /* what %{ assert }% is about: the last to be connected or accepted */
	struct blocking blocking;
};

/* Plays; returns only when all was as expected. */
void player_play(struct player *player);

_Noreturn void player_fail(const struct player *player, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
long long player_now_us(struct player *player); /* script's time */

/* ---- packets (player_packet.c) ------------------------------------------------------------------ */

void player_inject(struct player *player, const struct packet_spec *spec);
/* Takes what the stack sends next and compares; returns when it was sent. */
long long player_expect(struct player *player, const struct packet_spec *spec, long long due_us);
/* Fails if the stack has sent more than was expected. */
void player_expect_no_more(struct player *player);
struct flow *player_flow_new(struct player *player, uint16_t local_port, uint16_t remote_port);

/* Of an expression that must be a number (argument.c). */
long long player_value(const struct player *player, const struct expression *expression);

/* ---- calls (player_call.c) ---------------------------------------------------------------------- */

/* Makes the call and judges its result. */
void player_call(struct player *player, const struct event *event);
void player_assert(struct player *player, const char *code);

#endif
