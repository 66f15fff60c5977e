/*
 * ftp.h - one file or directory from an FTP server, over its control connection (RFC 959, 2428, 3659, 1738).
 *
 * Log in, go down the directories of the URL's path, ask for a passive data connection (EPSV, and PASV over
 * IPv4 where the server has no EPSV), then RETR or LIST. The address that PASV names is not believed:
 * the data connection goes to the server itself. `;type=a` behind the path asks for text (RFC 1738, section 3.2.2).
 *
 * No I/O: octets of the control connection come in, and ftp_next says what to do.
 *
 *     FTP_SEND         the command to the control connection
 *     FTP_OPEN_DATA    a connection to `port` of the server; ftp_data_opened when it is there
 *     FTP_BEGIN        the content begins: ftp_data_ended with its octets when it is over
 *     FTP_COMPLETE     and nothing is owed any more
 *     FTP_FAILED       the failure tells
 *
 * Ownership: the path, user name and password are borrowed from the URL.
 * Errors:    ftp_init: ERR_MALFORMED, the URL holds a line end or NUL that would be a command of its own.
 * Bounds:    FTP_COMMAND_BYTES_MAX a command, FTP_PRELIMINARY_MAX replies of 1yz in a row; replies: ftp_reply.h.
 */
#ifndef CAIRN_FETCH_FTP_H
#define CAIRN_FETCH_FTP_H

#include "fetch/failure.h"
#include "fetch/ftp_reply.h"
#include "fetch/url.h"

#define FTP_COMMAND_BYTES_MAX 4096u
#define FTP_PRELIMINARY_MAX   16u

enum ftp_state {
	FTP_GREETING,
	FTP_USER,
	FTP_PASS,
	FTP_CWD,
	FTP_TYPE,
	FTP_MDTM,
	FTP_SIZE,
	FTP_EPSV,
	FTP_PASV,
	FTP_OPENING, /* the data connection, for which the caller is waited */
	FTP_REST,
	FTP_RETR,    /* or LIST; 1yz begins the content */
	FTP_CONTENT, /* the data connection or the reply is not over yet */
	FTP_OVER,
};

struct ftp_options {
	bool is_ipv6;               /* PASV has no room for such an address */
	bool wants_time;            /* MDTM */
	uint64_t first;             /* REST: leave out so many octets */
	struct span user, password; /* of the command line, before the URL's; empty: none */
};

struct ftp {
	struct ftp_options options;
	enum ftp_state state;
	struct ftp_reply_reader reader;
	struct span directories; /* of the path that are left, encoded, with slashes between */
	struct span name;        /* encoded; empty: the directory is listed */
	bool is_text;
	char command[FTP_COMMAND_BYTES_MAX];
	size_t command_bytes;
	bool has_command, has_port, has_begun, has_told_begin, is_data_over, is_reply_over;
	unsigned preliminary_count;
	uint16_t port;
	uint64_t size; /* of the whole file; UINT64_MAX: not told */
	int64_t modified_s;
	uint64_t content_bytes;
	struct failure failure;
};

enum ftp_action_kind { FTP_NOTHING, FTP_SEND, FTP_OPEN_DATA, FTP_BEGIN, FTP_COMPLETE, FTP_FAILED };

struct ftp_action {
	enum ftp_action_kind kind;
	struct span command; /* with its CR LF; lent until the next receive */
	uint16_t port;
	uint64_t size;      /* of what comes; UINT64_MAX: not known */
	int64_t modified_s; /* since 1970; -1: not known */
	const struct failure *failure;
};

int ftp_init(struct ftp *ftp, const struct url *url, const struct ftp_options *options);

/* Octets of the control connection, all of them. */
void ftp_receive(struct ftp *ftp, const char *octets, size_t bytes);
void ftp_end(struct ftp *ftp); /* the server has closed the control connection */

void ftp_data_opened(struct ftp *ftp);
void ftp_data_ended(struct ftp *ftp, uint64_t bytes);

void ftp_next(struct ftp *ftp, struct ftp_action *action);

#endif
