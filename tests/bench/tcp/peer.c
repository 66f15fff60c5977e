/*
 * peer - the other end of bulk: the same HTTP/1.1 over the kernel's own TCP, with epoll.
 *
 *     peer serve PORT             answers GET /OCTETS and PUT, until SIGTERM
 *     peer get ADDRESS PORT OCTETS FLOWS COUNT    GETs, each on a new connection, FLOWS at once
 *
 * Says what it cost as one line of JSON.  What a PUT brings is thrown away unread (MSG_TRUNC), so
 * that the sender's cost is what is measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONGESTION    "cubic" /* also where the host's default is another: what is compared is the same work */
#define HEAD_BYTES    1024u
#define HEAD_END      "\r\n\r\n"
#define CONTENT_BYTES (16u << 20)
#define READ_BYTES    (1u << 20)
#define FDS_MAX       8192
#define EVENTS_MAX    64

struct conn {
	bool is_used, has_head, is_put;
	char head[HEAD_BYTES];
	size_t head_bytes;
	uint64_t receive_left, send_left;
	size_t send_at;
};

struct peer {
	int epoll_fd, listener, content_fd;
	struct sockaddr_storage remote; /* of a client */
	socklen_t remote_bytes;
	uint64_t octets;
	unsigned flows, count, begun, done, failed;
	struct conn conns[FDS_MAX]; /* by descriptor */
};

static volatile sig_atomic_t is_ended;
static char scratch[READ_BYTES];

static void
on_end_signal(int number)
{
	(void)number;
	is_ended = 1;
}

static void
must(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void
watch(const struct peer *peer, int fd, uint32_t events, int operation)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	must(epoll_ctl(peer->epoll_fd, operation, fd, &event) == 0, "epoll");
}

static struct conn *
conn_begin(struct peer *peer, int fd)
{
	must(fd < FDS_MAX, "too many connections");
	peer->conns[fd] = (struct conn){ .is_used = true };
	watch(peer, fd, EPOLLIN, EPOLL_CTL_ADD);
	return &peer->conns[fd];
}

/* ---- either side ------------------------------------------------------------------------------- */

/* Reads a head octet for octet of what has come, leaving the body in the socket. False: not whole yet. */
static bool
head_read(struct conn *conn, int fd)
{
	ssize_t size = recv(fd, conn->head + conn->head_bytes, HEAD_BYTES - 1 - conn->head_bytes, MSG_PEEK);

	if (size <= 0)
		return false;
	conn->head[conn->head_bytes + (size_t)size] = '\0';
	const char *end = strstr(conn->head, HEAD_END);
	const size_t wanted =
	        end == NULL ? (size_t)size : (size_t)(end - conn->head) + strlen(HEAD_END) - conn->head_bytes;
	must(recv(fd, conn->head + conn->head_bytes, wanted, 0) == (ssize_t)wanted, "recv");
	conn->head_bytes += wanted;
	conn->head[conn->head_bytes] = '\0';
	conn->has_head = end != NULL;
	return conn->has_head;
}

static uint64_t
content_length(const char *head)
{
	const char *field = strcasestr(head, "\r\nContent-Length:");
	return field == NULL ? 0 : strtoull(field + strlen("\r\nContent-Length:"), NULL, 10);
}

/* Takes the body off; false at its end. */
static bool
body_drain(struct conn *conn, int fd, bool is_copied)
{
	while (conn->receive_left != 0) {
		const size_t most = conn->receive_left < READ_BYTES ? conn->receive_left : READ_BYTES;
		ssize_t size = recv(fd, scratch, most, is_copied ? 0 : MSG_TRUNC);
		if (size <= 0)
			return size < 0 && errno == EAGAIN;
		conn->receive_left -= (size_t)size;
	}
	return false;
}

/* ---- server ------------------------------------------------------------------------------------ */

static void
server_end(struct peer *peer, int fd)
{
	peer->conns[fd].is_used = false;
	close(fd);
	peer->done++;
}

static void
server_head(struct conn *conn, int fd)
{
	char text[HEAD_BYTES];

	conn->is_put = strncmp(conn->head, "GET /", 5) != 0;
	if (conn->is_put) {
		conn->receive_left = content_length(conn->head);
		return;
	}
	conn->send_left = strtoull(conn->head + 5, NULL, 10);
	(void)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %llu" HEAD_END,
	               (unsigned long long)conn->send_left);
	(void)send(fd, text, strlen(text), MSG_MORE | MSG_NOSIGNAL);
}

static void
server_send(struct peer *peer, int fd)
{
	struct conn *conn = &peer->conns[fd];

	while (conn->send_left != 0) {
		off_t at = (off_t)conn->send_at;
		const size_t run = CONTENT_BYTES - conn->send_at;
		ssize_t size = sendfile(fd, peer->content_fd, &at, conn->send_left < run ? conn->send_left : run);
		if (size < 0 && errno == EAGAIN) {
			watch(peer, fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
			return;
		}
		if (size <= 0) {
			server_end(peer, fd);
			return;
		}
		conn->send_left -= (size_t)size;
		conn->send_at = (conn->send_at + (size_t)size) % CONTENT_BYTES;
	}
	server_end(peer, fd);
}

static void
server_step(struct peer *peer, int fd)
{
	static const char done[] = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0" HEAD_END;
	struct conn *conn = &peer->conns[fd];

	if (!conn->has_head) {
		if (!head_read(conn, fd)) {
			if (recv(fd, scratch, 1, MSG_PEEK) == 0 || errno != EAGAIN)
				server_end(peer, fd);
			return;
		}
		server_head(conn, fd);
	}
	if (!conn->is_put) {
		server_send(peer, fd);
		return;
	}
	if (body_drain(conn, fd, false))
		return;
	if (conn->receive_left == 0)
		(void)send(fd, done, sizeof done - 1, MSG_NOSIGNAL);
	server_end(peer, fd);
}

static void
server_accept(struct peer *peer)
{
	int fd;

	while ((fd = accept4(peer->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1)
		(void)conn_begin(peer, fd);
}

static void
server_open(struct peer *peer, uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int on = 1, fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, CONGESTION, strlen(CONGESTION));
	must(bind(fd, (struct sockaddr *)&any, sizeof any) == 0 && listen(fd, 4096) == 0, "listen");
	peer->listener = fd;
	watch(peer, fd, EPOLLIN, EPOLL_CTL_ADD);
	peer->content_fd = memfd_create("content", MFD_CLOEXEC);
	must(ftruncate(peer->content_fd, CONTENT_BYTES) == 0, "content");
	void *touched = mmap(NULL, CONTENT_BYTES, PROT_WRITE, MAP_SHARED | MAP_POPULATE, peer->content_fd, 0);
	must(touched != MAP_FAILED, "content");
	memset(touched, 'x', CONTENT_BYTES);
}

/* ---- client ------------------------------------------------------------------------------------ */

static void
client_begin(struct peer *peer)
{
	int fd = socket(peer->remote.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	must(fd != -1 && (connect(fd, (struct sockaddr *)&peer->remote, peer->remote_bytes) == 0 || errno == EINPROGRESS),
	     "connect");
	(void)conn_begin(peer, fd);
	watch(peer, fd, EPOLLOUT, EPOLL_CTL_MOD);
	peer->begun++;
}

static void
client_end(struct peer *peer, int fd, bool has_failed)
{
	peer->conns[fd].is_used = false;
	close(fd);
	peer->done++;
	peer->failed += has_failed;
	if (peer->begun < peer->count)
		client_begin(peer);
}

static void
client_step(struct peer *peer, int fd, uint32_t events)
{
	struct conn *conn = &peer->conns[fd];
	char text[HEAD_BYTES];

	if ((events & EPOLLOUT) != 0) {
		(void)snprintf(text, sizeof text, "GET /%llu HTTP/1.1\r\nHost: peer\r\nConnection: close" HEAD_END,
		               (unsigned long long)peer->octets);
		must(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text), "request");
		watch(peer, fd, EPOLLIN, EPOLL_CTL_MOD);
		return;
	}
	if (!conn->has_head) {
		if (!head_read(conn, fd)) {
			client_end(peer, fd, true);
			return;
		}
		conn->receive_left = content_length(conn->head);
	}
	if (!body_drain(conn, fd, true))
		client_end(peer, fd, conn->receive_left != 0);
}

static void
client_open(struct peer *peer, char **words)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&peer->remote;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&peer->remote;
	const uint16_t port = htons((uint16_t)atoi(words[1]));

	peer->remote_bytes = sizeof *v4;
	if (inet_pton(AF_INET, words[0], &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
	} else {
		must(inet_pton(AF_INET6, words[0], &v6->sin6_addr) == 1, words[0]);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = port;
		peer->remote_bytes = sizeof *v6;
	}
	peer->octets = strtoull(words[2], NULL, 10);
	peer->flows = (unsigned)atoi(words[3]);
	peer->count = (unsigned)atoi(words[4]);
	while (peer->begun < peer->flows && peer->begun < peer->count)
		client_begin(peer);
}

/* ---- all --------------------------------------------------------------------------------------- */

static bool
is_over(const struct peer *peer)
{
	return is_ended || (peer->listener == -1 && peer->done == peer->count);
}

static void
run(struct peer *peer)
{
	struct epoll_event events[EVENTS_MAX];

	while (!is_over(peer)) {
		int count = epoll_wait(peer->epoll_fd, events, EVENTS_MAX, -1);
		for (int i = 0; i < count; i++) {
			const int fd = events[i].data.fd;
			if (fd == peer->listener)
				server_accept(peer);
			else if (peer->conns[fd].is_used && peer->listener != -1)
				server_step(peer, fd);
			else if (peer->conns[fd].is_used)
				client_step(peer, fd, events[i].events);
		}
	}
}

static double
now_s(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	static struct peer peer = { .listener = -1 };
	struct rusage usage;
	const double began_s = now_s();

	must(sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_end_signal }, NULL) == 0, "sigaction");
	(void)signal(SIGPIPE, SIG_IGN); /* sendfile to a connection that was reset */
	peer.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (argc == 3 && strcmp(argv[1], "serve") == 0) {
		server_open(&peer, (uint16_t)atoi(argv[2]));
	} else if (argc == 7 && strcmp(argv[1], "get") == 0) {
		client_open(&peer, argv + 2);
	} else {
		fprintf(stderr, "usage: peer serve PORT | peer get ADDRESS PORT OCTETS FLOWS COUNT\n");
		return 2;
	}
	run(&peer);
	(void)getrusage(RUSAGE_SELF, &usage);
	printf("{\"exchanges\": %u, \"failed\": %u, \"wall_s\": %.6f, \"user_s\": %.6f, \"system_s\": %.6f}\n", peer.done,
	       peer.failed, now_s() - began_s, (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
	       (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6);
	return peer.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
