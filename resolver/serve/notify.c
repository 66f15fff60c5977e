#include "resolver/serve/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOTIFY_TEXT_BYTES 256u

static uint64_t
number_from_env(const char *name)
{
	const char *text = getenv(name);
	if (text == NULL || text[0] < '0' || text[0] > '9')
		return 0;
	char *end;
	errno = 0;
	uint64_t value = strtoull(text, &end, 10);
	return *end == '\0' && errno == 0 ? value : 0;
}

/* A path, or `@NAME` for the abstract namespace (unix(7)). */
static void
notify_open(struct notify *notify, const char *path)
{
	size_t size = strlen(path);
	if ((path[0] != '/' && path[0] != '@') || size < 2 || size >= sizeof notify->addr.sun_path)
		return;
	notify->addr.sun_family = AF_UNIX;
	memcpy(notify->addr.sun_path, path, size);
	if (path[0] == '@')
		notify->addr.sun_path[0] = '\0';
	notify->addr_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void
notify_init(struct notify *notify)
{
	*notify = (struct notify){ .fd = -1 };
	const char *path = getenv("NOTIFY_SOCKET");
	if (path != NULL)
		notify_open(notify, path);
	uint64_t pid = number_from_env("WATCHDOG_PID");
	if (pid == 0 || pid == (uint64_t)getpid())
		notify->watchdog_us = number_from_env("WATCHDOG_USEC");
}

void
notify_fini(struct notify *notify)
{
	if (notify->fd >= 0)
		(void)close(notify->fd);
	notify->fd = -1;
}

static void
notify_send(const struct notify *notify, const char *text)
{
	if (notify->fd >= 0)
		(void)sendto(notify->fd, text, strlen(text), MSG_NOSIGNAL,
			     (const struct sockaddr *)&notify->addr, notify->addr_size);
}

void
notify_ready(const struct notify *notify, const char *status)
{
	char text[NOTIFY_TEXT_BYTES];
	(void)snprintf(text, sizeof text, "READY=1\nSTATUS=%s", status);
	notify_send(notify, text);
}

/* MONOTONIC_USEC lets the manager match this to the reload that it asked for. */
void
notify_reloading(const struct notify *notify)
{
	char text[NOTIFY_TEXT_BYTES];
	struct timespec now = { 0 };
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	unsigned long long now_us =
		(unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
	(void)snprintf(text, sizeof text,
		       "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reading the configuration",
		       now_us);
	notify_send(notify, text);
}

void
notify_stopping(const struct notify *notify)
{
	notify_send(notify, "STOPPING=1\nSTATUS=stopping");
}

void
notify_alive(const struct notify *notify)
{
	notify_send(notify, "WATCHDOG=1");
}
