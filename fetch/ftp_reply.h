/*
 * ftp_reply.h - replies of an FTP server (RFC 959, section 4.2).
 *
 * A reply is a line with three digits and a space, or begins with three digits and a hyphen and ends with a line
 * that has the same digits and a space. Lines may end in a bare LF.
 *
 * Ownership: a reply's text is lent until the next receive.
 * Errors:    ERR_MALFORMED: no reply begins like this; ERR_TOO_BIG.
 * Bounds:    FTP_LINE_BYTES_MAX a line, FTP_REPLY_BYTES_MAX a reply.
 */
#ifndef CAIRN_FETCH_FTP_REPLY_H
#define CAIRN_FETCH_FTP_REPLY_H

#include "fetch/span.h"

#define FTP_LINE_BYTES_MAX  2048u
#define FTP_REPLY_BYTES_MAX 65536u

struct ftp_reply {
	unsigned code;    /* 100 to 599 */
	struct span text; /* of its last line, behind the digits */
};

struct ftp_reply_reader {
	char line[FTP_LINE_BYTES_MAX];
	size_t line_bytes, reply_bytes;
	unsigned code; /* of the reply of several lines that has begun; 0: none */
};

void ftp_reply_reader_init(struct ftp_reply_reader *reader);

/* 1: *reply is whole, and *taken octets are used up; 0: all are, and there is none yet; negative: ERR_*. */
int ftp_reply_receive(struct ftp_reply_reader *reader, const char *octets, size_t bytes,
		      size_t *taken, struct ftp_reply *reply);

#endif
