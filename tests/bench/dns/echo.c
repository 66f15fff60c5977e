/*
 * echo.c - the floor for whoever answers over the kernel's UDP: what comes goes back as a response, in batches.
 *
 * usage: echo ADDRESS PORT          an IPv4 address of this host; until it is killed
 *
 * Up to 64 datagrams a system call each way, in the buffers they came in, as serve/listen_udp does it.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define BATCH_MAX    64u
#define BUFFER_BYTES 2048u
#define QUEUE_BYTES  (4 << 20)
#define HEADER_BYTES 12 /* RFC 1035, section 4.1.1 */
#define FLAGS_AT     2
#define FLAG_QR      0x80u

struct batch {
	uint8_t buffers[BATCH_MAX][BUFFER_BYTES];
	struct sockaddr_in peers[BATCH_MAX];
	struct iovec iovs[BATCH_MAX];
	struct mmsghdr messages[BATCH_MAX];
};

static int
open_socket(const char *address, const char *port)
{
	struct sockaddr_in local = { .sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), queue_bytes = QUEUE_BYTES;

	if (fd == -1 || inet_pton(AF_INET, address, &local.sin_addr) != 1 ||
	    bind(fd, (const struct sockaddr *)&local, sizeof local) != 0) {
		perror(address);
		exit(EXIT_FAILURE);
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue_bytes, sizeof queue_bytes);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &queue_bytes, sizeof queue_bytes);
	return fd;
}

static int
receive(int fd, struct batch *batch)
{
	for (size_t i = 0; i < BATCH_MAX; i++) {
		batch->iovs[i] = (struct iovec){ batch->buffers[i], BUFFER_BYTES };
		batch->messages[i].msg_hdr = (struct msghdr){ .msg_name = &batch->peers[i],
			                                      .msg_namelen = sizeof batch->peers[i],
			                                      .msg_iov = &batch->iovs[i],
			                                      .msg_iovlen = 1 };
	}
	return recvmmsg(fd, batch->messages, BATCH_MAX, MSG_DONTWAIT, NULL);
}

static void
reply(int fd, struct batch *batch, int count)
{
	for (int i = 0; i < count; i++) {
		if (batch->messages[i].msg_len >= HEADER_BYTES)
			batch->buffers[i][FLAGS_AT] |= FLAG_QR;
		batch->iovs[i].iov_len = batch->messages[i].msg_len;
	}
	(void)sendmmsg(fd, batch->messages, (unsigned)count, 0);
}

int
main(int argc, char **argv)
{
	static struct batch batch;

	if (argc != 3) {
		fprintf(stderr, "usage: echo ADDRESS PORT\n");
		return 2;
	}
	struct pollfd watched = { .fd = open_socket(argv[1], argv[2]), .events = POLLIN };
	while (poll(&watched, 1, -1) == 1) {
		int count;
		while ((count = receive(watched.fd, &batch)) > 0)
			reply(watched.fd, &batch, count);
	}
	return EXIT_FAILURE;
}
