#include "fetch/ftp_reply.h"

#include "stack/base/err.h"

void
ftp_reply_reader_init(struct ftp_reply_reader *reader)
{
	reader->line_bytes = reader->reply_bytes = 0;
	reader->code = 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The code that a line begins with, and what stands behind it; 0: none. */
static unsigned
code_of(struct span line, char *behind)
{
	if (line.bytes < 3 || line.at[0] < '1' || line.at[0] > '5' || !is_digit(line.at[1]) ||
	    !is_digit(line.at[2]))
		return 0;
	*behind = line.bytes > 3 ? line.at[3] : ' ';
	return (unsigned)((line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 + (line.at[2] - '0'));
}

/* 1: the reply ends here. */
static int
on_line(struct ftp_reply_reader *reader, struct span line, struct ftp_reply *reply)
{
	char behind = '\0';
	unsigned code = code_of(line, &behind);
	if (reader->code == 0 && (code == 0 || (behind != ' ' && behind != '-')))
		return ERR_MALFORMED;
	if (reader->code == 0 && behind == '-') {
		reader->code = code;
		return 0;
	}
	if (reader->code != 0 && (code != reader->code || behind != ' '))
		return 0; /* a line within, whatever it holds */
	*reply = (struct ftp_reply){ code, span_from(line, line.bytes > 4 ? 4 : line.bytes) };
	reader->code = 0;
	reader->reply_bytes = 0;
	return 1;
}

int
ftp_reply_receive(struct ftp_reply_reader *reader, const char *octets, size_t bytes, size_t *taken,
		  struct ftp_reply *reply)
{
	for (*taken = 0; *taken < bytes;) {
		char c = octets[(*taken)++];
		if (++reader->reply_bytes > FTP_REPLY_BYTES_MAX)
			return ERR_TOO_BIG;
		if (c != '\n') {
			if (reader->line_bytes == sizeof reader->line)
				return ERR_TOO_BIG;
			reader->line[reader->line_bytes++] = c;
			continue;
		}
		struct span line = span_of(reader->line, reader->line_bytes);
		if (span_ends(line, SPAN("\r")))
			line.bytes--;
		reader->line_bytes = 0;
		int read = on_line(reader, line, reply);
		if (read != 0)
			return read;
	}
	return 0;
}
