/*
 * candidate.h - the stack under packetdrill: one host, one wire, one virtual clock.
 *
 * The clock stands still but for usleep, for gettimeofday's one microsecond a call, and for
 * netdev_receive and calls that wait, which go from one due time of the stack to the next.  What is
 * due on the way is done at its own time.
 *
 * packetdrill makes calls that may block on a second thread and takes the end of such a call from
 * gettimeofday, right after it has returned.  So whoever moves the clock and finds that the
 * waiter's condition has come true wakes it and stands still until it has asked for the time.
 *
 * Descriptors are eventfds: real ones, so that a close(2) by packetdrill itself harms nothing.
 *
 * Threads: every function but candidate_new is called with `lock` held; waiting gives it up.
 * Bounds:  CANDIDATE_*; sockets, packets and waiting times are those of test scripts.
 */
#ifndef CAIRN_TESTS_PACKETDRILL_CANDIDATE_H
#define CAIRN_TESTS_PACKETDRILL_CANDIDATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/rng.h"
#include "stack/bsd.h"
#include "stack/stack.h"
#include "stack/tcp.h"

#define CANDIDATE_SOCKETS_MAX    256u
#define CANDIDATE_FDS_MAX        4096 /* highest number of a descriptor of this process */
#define CANDIDATE_PACKETS_MAX    65536u
#define CANDIDATE_START_US       1000000u
#define CANDIDATE_WAIT_MAX_US    150000000u /* netdev_receive: then there is nothing to come */
#define CANDIDATE_MAIN_MAX_US    5000000u   /* a call on the main thread that cannot complete */
#define CANDIDATE_HANDOVER_MAX_S 2          /* of real time, for the waiter to ask for the time */
#define CANDIDATE_STORM_MAX      1000000u   /* due times without an end of waiting */

struct candidate_packet {
	uint64_t time_us;
	size_t size;
	uint8_t bytes[];
};

/* A call on the second thread that waits. */
struct candidate_waiter {
	cairn_condition *is_so; /* NULL: none waits */
	void *argument;
	uint64_t until_us;
	bool is_woken; /* and has not asked for the time yet */
};

struct candidate {
	pthread_mutex_t lock;
	pthread_cond_t woken, has_asked;
	pthread_t main_thread, waiting_thread;
	struct candidate_waiter waiter;

	uint64_t now_us;
	struct rng rng;
	void *stack_block, *table_block;
	struct stack *stack;
	struct cairn cairn;
	struct tcp_config tcp_config;
	unsigned ifindex;
	int fds[CANDIDATE_FDS_MAX]; /* descriptor of the process -> of the table, + 1; 0: none */

	struct candidate_packet *packets[CANDIDATE_PACKETS_MAX]; /* sent, not fetched: a ring */
	size_t packet_first, packet_count;
};

/* As the flags say; ends the process with a message when they cannot be followed. */
struct candidate *candidate_new(const char *flags);
void candidate_free(struct candidate *candidate);
void candidate_sysctl(struct candidate *candidate, const char *name, const char *value);

/* Takes out of the stack what it has to say; wakes who waits for it. */
void candidate_settle(struct candidate *candidate);
/* Moves the clock to `until_us`, or stops at the first packet that the stack sends. */
void candidate_advance(struct candidate *candidate, uint64_t until_us, bool until_packet);
/* The thread that was woken asks for the time. */
void candidate_asked(struct candidate *candidate);

/* The process's descriptor for one of the table's; negative with errno set as given. */
int candidate_fd_new(struct candidate *candidate, int table_fd);
int candidate_fd(const struct candidate *candidate, int fd); /* -1: none */
void candidate_fd_close(struct candidate *candidate, int fd);

extern const struct cairn_shell candidate_shell;

#endif
