/*
 * failure.h - why a fetch did not succeed: the cause, the exit status, and one sentence for the user.
 *
 * A core tells its caller ERR_*; what reaches the user is a struct failure. The sentence names what failed,
 * where, and what would help. Causes that curl knows have curl's exit status, because scripts test those;
 * Cairn's own have 101 to 125. The id is the cause's name in JSON and never changes.
 * Bounds:    a sentence has FAILURE_TEXT_BYTES - 1 octets at most and is cut between characters.
 * Safety:    what a peer sent may be an argument: control characters are escaped (printable.h).
 */
#ifndef CAIRN_FETCH_FAILURE_H
#define CAIRN_FETCH_FAILURE_H

#include <stdbool.h>

#define FAILURE_TEXT_BYTES 256u

/* cause, exit status, id, what it is (for the manual page's list, and where no sentence was given) */
#define FAILURE_CAUSES(X)                                                                          \
	X(NONE, 0, "none", "nothing failed")                                                       \
	X(SCHEME, 1, "scheme", "the URL's scheme is not supported")                                \
	X(USAGE, 2, "usage", "the command line or a configuration file is wrong")                  \
	X(URL, 3, "url", "the URL is malformed")                                                   \
	X(PROXY_RESOLVE, 5, "proxy-resolve", "the proxy's name has no address")                    \
	X(RESOLVE, 6, "resolve", "the host's name has no address")                                 \
	X(CONNECT, 7, "connect", "no connection to the host")                                      \
	X(WEIRD_REPLY, 8, "weird-reply", "the server's reply is malformed")                        \
	X(ACCESS, 9, "access", "the server denies access to the file")                             \
	X(HTTP2, 16, "http2", "the HTTP/2 connection failed")                                      \
	X(PARTIAL, 18, "partial", "the transfer ended before it was complete")                     \
	X(STATUS, 22, "status", "the server answered with a status of 400 or above")               \
	X(WRITE, 23, "write", "the output could not be written")                                   \
	X(READ, 26, "read", "a local file could not be read")                                      \
	X(MEMORY, 27, "memory", "there is not enough memory")                                      \
	X(TIMEOUT, 28, "timeout", "the time allowed ran out")                                      \
	X(RANGE, 33, "range", "the server did not send the range that was asked for")              \
	X(TLS, 35, "tls", "the TLS handshake failed")                                              \
	X(RESUME, 36, "resume", "the transfer could not be resumed")                               \
	X(LOCAL_FILE, 37, "local-file", "the file of a file: URL could not be read")               \
	X(INTERFACE, 45, "interface", "the address to connect from cannot be used")                \
	X(REDIRECTS, 47, "redirects", "too many redirects")                                        \
	X(EMPTY, 52, "empty", "the server closed the connection without a reply")                  \
	X(SEND, 55, "send", "sending to the server failed")                                        \
	X(RECEIVE, 56, "receive", "receiving from the server failed")                              \
	X(CLIENT_CERTIFICATE, 58, "client-certificate", "the client certificate is unusable")      \
	X(CERTIFICATE, 60, "certificate", "the server's certificate was not accepted")             \
	X(CODING, 61, "coding", "the content's coding is unknown or damaged")                      \
	X(SIZE, 63, "size", "the content is larger than allowed")                                  \
	X(LOGIN, 67, "login", "the server refused the login")                                      \
	X(ROOTS, 77, "roots", "the trusted certificates could not be read")                        \
	X(REMOTE_FILE, 78, "remote-file", "the file does not exist on the server")                 \
	X(PINNED, 90, "pinned", "the server's public key is not the one that was pinned")           \
	X(HTTP2_STREAM, 92, "http2-stream", "the HTTP/2 stream was not closed cleanly")            \
	X(PROXY, 97, "proxy", "the proxy refused the connection")                                  \
	X(NO_NEIGHBOUR, 101, "no-neighbour", "the next hop does not answer on the link")           \
	X(NO_ROUTE, 102, "no-route", "there is no route to the host")                              \
	X(BOGUS, 103, "dns-bogus", "the host's name fails DNSSEC validation")                      \
	X(CHECKSUM, 104, "checksum", "the content does not have the checksum that was told")      \
	X(CHANGED, 105, "changed", "the resource changed while it was being resumed")              \
	X(JOURNEY, 106, "journey", "the journey could not be written")                             \
	X(PRIVILEGE, 107, "privilege", "the network needs a privilege that is missing")            \
	X(LINK, 108, "link", "Cairn's own network stack could not start")                          \
	X(PORTS, 109, "ports", "every local port that leads to the host is in use")

#define FAILURE_CAUSE(cause, exit_status, id, summary) FAILURE_##cause,
enum failure_cause { FAILURE_CAUSES(FAILURE_CAUSE) FAILURE_CAUSE_COUNT };
#undef FAILURE_CAUSE

struct failure {
	enum failure_cause cause;
	const char *detail; /* a finer cause, a word of ours: "expired"; NULL: none */
	char text
		[FAILURE_TEXT_BYTES]; /* one sentence without its full stop; empty: see failure_summary */
};

void failure_set(struct failure *failure, enum failure_cause cause, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Behind failure_set. */
static inline void
failure_detail(struct failure *failure, const char *detail)
{
	failure->detail = detail;
}
void failure_clear(struct failure *failure);

int failure_exit_status(enum failure_cause cause);
bool failure_is_damage(enum failure_cause cause); /* what came before it may be wrong, not only too short */
const char *failure_id(enum failure_cause cause); /* "dns-bogus" */
const char *failure_summary(enum failure_cause cause);

#endif
