#include "resolver/serve/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "stack/base/err.h"

/* LeakSanitizer looks into the process from outside at its end, and could not. */
#if defined(__SANITIZE_ADDRESS__)
#define MAY_BE_LOOKED_INTO 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAY_BE_LOOKED_INTO 1
#endif
#endif
#ifndef MAY_BE_LOOKED_INTO
#define MAY_BE_LOOKED_INTO 0
#endif

static int
complain(char error[CONFIG_ERROR_BYTES], const char *what, const char *remedy)
{
	(void)snprintf(error, CONFIG_ERROR_BYTES, "%s: %s%s", what, strerror(errno), remedy);
	return ERR_PERMISSION;
}

int
privilege_find_user(struct privilege_user *user, const char *username,
		    char error[CONFIG_ERROR_BYTES])
{
	*user = (struct privilege_user){ .is_set = false };
	if (username == NULL || username[0] == '\0')
		return 0;
	const struct passwd *entry = getpwnam(username);
	if (entry == NULL) {
		(void)snprintf(
			error, CONFIG_ERROR_BYTES,
			"username: there is no user `%s`; create it, or leave `username` empty",
			username);
		return ERR_NOT_FOUND;
	}
	user->is_set = true;
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	(void)snprintf(user->name, sizeof user->name, "%s", username);
	return 0;
}

/* The permitted set survives the change of user, the effective one is set anew behind it. */
static int
become(const struct privilege_user *user, char error[CONFIG_ERROR_BYTES])
{
	if (!user->is_set || (geteuid() == user->uid && getegid() == user->gid))
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return complain(error, "username: prctl", "");
	if (initgroups(user->name, user->gid) != 0 ||
	    setresgid(user->gid, user->gid, user->gid) != 0 ||
	    setresuid(user->uid, user->uid, user->uid) != 0)
		return complain(error, "username: becoming the user",
				"; it needs CAP_SETUID and CAP_SETGID: start as root, or leave "
				"`username` empty and let systemd "
				"change the user (User= in conf/cairnd.service)");
	return 0;
}

/* What no child and no later call can have again; without CAP_SETPCAP the set is what it is. */
static void
narrow_bounding_set(void)
{
	for (cap_value_t cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (cap != CAP_NET_RAW)
			(void)cap_drop_bound(cap);
	(void)cap_reset_ambient();
}

/* Exactly CAP_NET_RAW where we have it, else nothing. */
static int
keep_net_raw(void)
{
	static const cap_value_t net_raw[] = { CAP_NET_RAW };
	cap_flag_value_t has = CAP_CLEAR;
	cap_t now = cap_get_proc(), then = cap_init();
	int failed = now == NULL || then == NULL;
	if (!failed)
		failed = cap_get_flag(now, CAP_NET_RAW, CAP_PERMITTED, &has);
	if (!failed && has == CAP_SET)
		failed = cap_set_flag(then, CAP_PERMITTED, 1, net_raw, CAP_SET) != 0 ||
			 cap_set_flag(then, CAP_EFFECTIVE, 1, net_raw, CAP_SET) != 0;
	if (!failed)
		failed = cap_set_proc(then);
	int system_error = errno;
	(void)cap_free(now);
	(void)cap_free(then);
	errno = system_error;
	return failed;
}

int
privilege_drop(const struct privilege_user *user, char error[CONFIG_ERROR_BYTES])
{
	narrow_bounding_set();
	int err = become(user, error);
	if (err != 0)
		return err;
	if (keep_net_raw() != 0)
		return complain(error, "giving up capabilities", "");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return complain(error, "giving up new privileges", "");
	if (prctl(PR_SET_DUMPABLE, MAY_BE_LOOKED_INTO, 0, 0, 0) != 0)
		return complain(error, "closing the memory to others", "");
	return 0;
}
