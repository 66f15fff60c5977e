#include "tests/stack/link/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void
skip(const char *what)
{
	printf("skip - %s: %s; needs root or user namespaces\n", what, strerror(errno));
	exit(NETNS_SKIPPED);
}

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		skip(path);
	close(fd);
}

/* Becomes root of a user namespace of our own. */
static void
enter_user_namespace(void)
{
	char map[64];
	unsigned uid = getuid(), gid = getgid();

	if (unshare(CLONE_NEWUSER) != 0)
		skip("unshare(CLONE_NEWUSER)");
	write_file("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof map, "0 %u 1", uid);
	write_file("/proc/self/uid_map", map);
	(void)snprintf(map, sizeof map, "0 %u 1", gid);
	write_file("/proc/self/gid_map", map);
}

void
netns_enter(void)
{
	if (geteuid() != 0)
		enter_user_namespace();
	if (unshare(CLONE_NEWNET) != 0)
		skip("unshare(CLONE_NEWNET)");
	netns_ip("link set lo up");
}

void
netns_ip(const char *format, ...)
{
	char command[300] = "ip ";
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(command + 3, sizeof command - 3, format, arguments);
	va_end(arguments);
	int status = system(command);
	if (status == 0)
		return;
	fprintf(stderr, "%s: status %d\n", command, status);
	abort();
}

void
netns_wait_running(const char *device)
{
	struct ifreq request = { .ifr_flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
	for (unsigned waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms++) {
		if (ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0) {
			close(fd);
			return;
		}
		(void)usleep(1000);
	}
	fprintf(stderr, "%s has no carrier\n", device);
	abort();
}

/* snmp6: "Name value" a line. */
static uint64_t
counter6(const char *name)
{
	char line[200], found[100];
	unsigned long long value = 0;
	FILE *file = fopen("/proc/net/snmp6", "re");

	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "%99s %llu", found, &value) == 2 && strcmp(found, name) == 0)
			break;
	if (file != NULL)
		fclose(file);
	return value;
}

/* snmp: a line of names and a line of values a section. */
static uint64_t
counter4(const char *section, const char *name)
{
	char names[2000], values[2000];
	uint64_t value = 0;
	FILE *file = fopen("/proc/net/snmp", "re");

	while (file != NULL && fgets(names, sizeof names, file) != NULL &&
	       fgets(values, sizeof values, file) != NULL) {
		char *names_left, *values_left;
		char *n = strtok_r(names, " \n", &names_left), *v = strtok_r(values, " \n", &values_left);
		if (strncmp(n, section, strlen(section)) != 0 || n[strlen(section)] != ':')
			continue;
		while (n != NULL && v != NULL && strcmp(n, name) != 0) {
			n = strtok_r(NULL, " \n", &names_left);
			v = strtok_r(NULL, " \n", &values_left);
		}
		value = v == NULL ? 0 : strtoull(v, NULL, 10);
	}
	if (file != NULL)
		fclose(file);
	return value;
}

uint64_t
netns_counter(const char *section, const char *name)
{
	return section == NULL ? counter6(name) : counter4(section, name);
}

/* ---- another host ------------------------------------------------------------------------------ */

static void
must(bool is_true, const char *what)
{
	if (is_true)
		return;
	perror(what);
	abort();
}

static void
tell(int fd)
{
	char byte = 0;
	must(write(fd, &byte, 1) == 1, "write");
}

static void
wait_for(int fd)
{
	char byte;
	must(read(fd, &byte, 1) == 1, "the peer has died");
}

static void
begin(struct netns_peer *peer, bool has_namespace, int (*open_peer)(void), void (*serve)(int fd))
{
	int up[2], down[2];

	must(pipe2(up, O_CLOEXEC) == 0 && pipe2(down, O_CLOEXEC) == 0, "pipe2");
	fflush(NULL);
	peer->pid = fork();
	must(peer->pid != -1, "fork");
	if (peer->pid == 0) {
		close(up[0]);
		close(down[1]);
		must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl");
		if (has_namespace) {
			must(unshare(CLONE_NEWNET) == 0, "unshare");
			netns_ip("link set lo up");
		}
		tell(up[1]);
		wait_for(down[0]);
		int fd = open_peer();
		tell(up[1]);
		serve(fd);
		_exit(0);
	}
	close(up[1]);
	close(down[0]);
	peer->told_fd = up[0];
	peer->tell_fd = down[1];
	wait_for(peer->told_fd);
}

void
netns_peer_begin(struct netns_peer *peer, int (*open_peer)(void), void (*serve)(int fd))
{
	begin(peer, true, open_peer, serve);
}

void
netns_local_begin(struct netns_peer *peer, int (*open_peer)(void), void (*serve)(int fd))
{
	begin(peer, false, open_peer, serve);
	netns_peer_start(peer);
}

void
netns_peer_start(struct netns_peer *peer)
{
	tell(peer->tell_fd);
	wait_for(peer->told_fd);
}

void
netns_peer_end(struct netns_peer *peer)
{
	kill(peer->pid, SIGKILL);
	waitpid(peer->pid, NULL, 0);
	close(peer->told_fd);
	close(peer->tell_fd);
}

int
netns_echo_open(uint16_t port)
{
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int off = 0;

	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0, "IPV6_V6ONLY");
	must(bind(fd, (const struct sockaddr *)&any, sizeof any) == 0, "bind");
	return fd;
}

void
netns_echo_serve(int fd)
{
	char buffer[65536];

	for (;;) {
		struct sockaddr_in6 from;
		socklen_t from_bytes = sizeof from;
		ssize_t size = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &from_bytes);
		if (size >= 0)
			(void)sendto(fd, buffer, (size_t)size, 0, (struct sockaddr *)&from, from_bytes);
	}
}

bool
netns_receive_within(struct link *link, struct link_frame *frame, unsigned timeout_ms)
{
	for (unsigned waited_ms = 0; waited_ms < timeout_ms; waited_ms++) {
		if (link->ops->receive(link, frame, 1, 0) == 1)
			return true;
		(void)usleep(1000);
	}
	return false;
}

bool
netns_receive_one(struct link *link, struct link_frame *frame)
{
	return netns_receive_within(link, frame, PATIENCE_MS);
}
