/*
 * notify.h - telling the service manager how we are (sd_notify(3), the protocol alone).
 *
 * Without NOTIFY_SOCKET in the environment nothing is sent.  A manager that does not listen is no error of ours.
 *
 * Units: microseconds.
 */
#ifndef CAIRN_RESOLVER_SERVE_NOTIFY_H
#define CAIRN_RESOLVER_SERVE_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
	int fd; /* -1: nobody to tell */
	struct sockaddr_un addr;
	socklen_t addr_size;
	uint64_t watchdog_us; /* how often it wants to hear of us at least; 0: not at all */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. */
void notify_init(struct notify *notify);
void notify_fini(struct notify *notify);

void notify_ready(const struct notify *notify, const char *status);
void notify_reloading(const struct notify *notify);
void notify_stopping(const struct notify *notify);
void notify_alive(const struct notify *notify);

#endif
