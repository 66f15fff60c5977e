/*
 * netrc.h - logins by machine from a .netrc file (the format of ftp(1), as curl and wget read it).
 *
 *     machine HOST login NAME password SECRET     default login NAME password SECRET     macdef NAME ... empty line
 *
 * Words are separated by white space; one in double quotes may hold spaces, and \" \\ \n \r \t.  `#` where a keyword could stand
 * begins a comment.  The first machine that fits wins, `default` fits all that come so far without one.
 *
 * Ownership: login and password are copied out.
 * Errors:    ERR_NOT_FOUND; ERR_MALFORMED (a quote without end, an unknown word), with the line; ERR_TOO_BIG.
 */
#ifndef CAIRN_FETCH_NETRC_H
#define CAIRN_FETCH_NETRC_H

#include "fetch/span.h"
#include "stack/base/err.h"

#define NETRC_WORD_BYTES_MAX 256u

struct netrc_login {
	bool has_login, has_password;
	char login[NETRC_WORD_BYTES_MAX];
	char password[NETRC_WORD_BYTES_MAX];
	unsigned line; /* of an error, from 1 */
};

/* login: only an entry with this login counts (the URL or -u gave it); empty: any. */
int netrc_find(struct span text, struct span machine, struct span login, struct netrc_login *found);

#endif
