/*
 * privilege.h - giving up what was only needed to start (capabilities(7), prctl(2)).
 *
 * In the order of the calls: the user is looked up while the system's files are still to be read; sockets, devices and
 * files are opened; then privilege_drop, before the first thread starts, leaves CAP_NET_RAW alone (links are renewed
 * when the network comes back), no way to gain anything by execve, and memory that other processes of the user
 * may not look into.
 *
 * Errors: a negative ERR_* and one line in `error`, with the capability's name and what gives it.
 */
#ifndef CAIRN_RESOLVER_SERVE_PRIVILEGE_H
#define CAIRN_RESOLVER_SERVE_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "resolver/serve/config.h"

struct privilege_user {
	bool is_set; /* else: stay who we are */
	uid_t uid;
	gid_t gid;
	char name[64];
};

/* NULL or "": none. */
int privilege_find_user(struct privilege_user *user, const char *username,
			char error[CONFIG_ERROR_BYTES]);
int privilege_drop(const struct privilege_user *user, char error[CONFIG_ERROR_BYTES]);

#endif
