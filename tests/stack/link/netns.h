/*
 * netns.h - a network of the test's own: nothing a test does is seen by the host.
 *
 * As root, or as anybody where the system allows user namespaces.  Where it allows neither, the
 * test says so in a line that begins with `skip - ` and leaves with NETNS_SKIPPED, which ctest shows as
 * skipped.
 */
#ifndef CAIRN_TESTS_STACK_LINK_NETNS_H
#define CAIRN_TESTS_STACK_LINK_NETNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "stack/link/link.h"

#define NETNS_SKIPPED 77
#define PATIENCE_MS 10000u /* with what has to come: a busy machine is late */

/* Enters a new network namespace with lo up; leaves the program with NETNS_SKIPPED when it cannot. */
void netns_enter(void);

/* Runs ip(8) with these arguments; aborts the test when it fails. */
void netns_ip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Waits until the device carries packets.  The kernel notices a carrier in its own time, a second later when others have
 * come and gone just before, and what is sent until then is lost.
 */
void netns_wait_running(const char *device);

/* The counter `name` of /proc/net/snmp (`section` "Icmp") or /proc/net/snmp6 (section NULL). */
uint64_t netns_counter(const char *section, const char *name);

/*
 * Another host: a process in a network namespace of its own.  After netns_peer_begin the namespace
 * is there, for the test to move one end of a veth pair into; netns_peer_start lets the peer run `open`
 * (addresses, sockets), waits for it, and leaves it in serve(what open returned) until netns_peer_end.
 */
struct netns_peer {
	pid_t pid;
	int told_fd, tell_fd;
};
void netns_peer_begin(struct netns_peer *peer, int (*open)(void), void (*serve)(int fd));
void netns_peer_start(struct netns_peer *peer);
/* The same in the test's own namespace, started at once. */
void netns_local_begin(struct netns_peer *peer, int (*open)(void), void (*serve)(int fd));
void netns_peer_end(struct netns_peer *peer);

/* Answers every datagram to UDP port `port` of this namespace, both families, until killed. */
int netns_echo_open(uint16_t port);
void netns_echo_serve(int fd);

/* Waits for one frame of a link; the kernel delivers over veth within the sender's system call, or soon after. */
bool netns_receive_within(struct link *link, struct link_frame *frame, unsigned timeout_ms);
bool netns_receive_one(struct link *link, struct link_frame *frame); /* with patience */

#endif
