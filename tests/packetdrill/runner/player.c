#include "tests/packetdrill/runner/player.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SETTING_BYTES_MAX 256u

static const char settings_path[] = "/proc/sys/";

/* ---- failure and time -------------------------------------------------------------------------- */

void
player_fail(const struct player *player, const char *format, ...)
{
	va_list arguments;

	printf("%s - %s\n", player->must_fail ? "as it should" : "not ok", player->script->path);
	if (player->event != NULL)
		printf("  line %u: ", player->event->line);
	va_start(arguments, format);
	(void)vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	(void)fflush(stdout);
	_exit(EXIT_FAILURE);
}

long long
player_now_us(struct player *player)
{
	struct timeval now;

	(void)player->table.gettimeofday(player->table.userdata, &now, NULL);
	return (long long)now.tv_sec * 1000000 + now.tv_usec - player->start_us;
}

static void
wait_until(struct player *player, long long time_us)
{
	for (long long now_us; (now_us = player_now_us(player)) < time_us;)
		(void)player->table.usleep(player->table.userdata, (useconds_t)(time_us - now_us));
}

static long long
tolerance_us(const struct player *player, long long due_us)
{
	const long long part_us =
		(long long)((double)(due_us - player->last_us) * player->tolerance_percent / 100);

	return part_us > player->tolerance_us ? part_us : player->tolerance_us;
}

static void
check_time(const struct player *player, long long actual_us, long long from_us, long long to_us)
{
	const long long tolerance = tolerance_us(player, from_us);

	if (actual_us >= from_us - tolerance && actual_us <= to_us + tolerance)
		return;
	player_fail(player, "the time is wrong: expected %.6f%s%.6f, was %.6f",
		    (double)from_us / 1e6, from_us == to_us ? " = " : " to ", (double)to_us / 1e6,
		    (double)actual_us / 1e6);
}

/* ---- blocking calls ---------------------------------------------------------------------------- */

static void *
block(void *argument)
{
	struct player *player = argument;
	struct blocking *blocking = &player->blocking;

	blocking->thread_id = (int)syscall(SYS_gettid);
	player_call(player, blocking->event);
	blocking->end_us = player_now_us(player);
	__atomic_store_n(&blocking->is_running, false, __ATOMIC_RELEASE);
	return NULL;
}

/* As packetdrill does it: the thread is blocked when the kernel says that it sleeps. */
static bool
is_asleep(int thread_id)
{
	char path[64], stat[512];

	(void)snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread_id);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return false;
	const size_t size = fread(stat, 1, sizeof stat - 1, file);
	(void)fclose(file);
	stat[size] = '\0';
	const char *state = strrchr(stat, ')');
	return state != NULL && state[2] == 'S';
}

static bool
is_blocked(struct player *player)
{
	return __atomic_load_n(&player->blocking.is_running, __ATOMIC_ACQUIRE);
}

static void
start_blocking(struct player *player, const struct event *event, long long end_us)
{
	struct blocking *blocking = &player->blocking;

	*blocking = (struct blocking){ .event = event, .is_running = true, .due_us = end_us };
	if (pthread_create(&blocking->thread, NULL, block, player) != 0)
		player_fail(player, "no thread for a blocking call");
	while (is_blocked(player) && (blocking->thread_id == 0 || !is_asleep(blocking->thread_id)))
		(void)usleep(50);
}

/* Its end is judged when the script needs the thread again, or is over. */
static void
end_blocking(struct player *player, long long due_us)
{
	struct blocking *blocking = &player->blocking;

	if (blocking->event == NULL)
		return;
	for (unsigned i = 0; i < 20 && is_blocked(player); i++)
		(void)usleep(5000); /* it may be on its way out */
	player->event = blocking->event;
	if (is_blocked(player))
		player_fail(player, "%s still blocks at %.6f", blocking->event->call.name,
			    (double)due_us / 1e6);
	(void)pthread_join(blocking->thread, NULL);
	check_time(player, blocking->end_us, blocking->due_us, blocking->due_us);
	blocking->event = NULL;
}

/* ---- shell lines ------------------------------------------------------------------------------- */

static void
sysctl_words(struct player *player, char *assignment)
{
	char *equals = strchr(assignment, '=');

	if (equals == NULL || player->sysctl == NULL)
		return;
	*equals = '\0';
	/* "net.ipv4.tcp_rmem" and "net/ipv4/tcp_rmem" are the same. */
	for (char *c = assignment; *c != '\0'; c++)
		*c = (char)(*c == '/' ? '.' : *c);
	player->sysctl(assignment, equals + 1);
}

/* "0 > /proc/sys/net/ipv4/tcp_timestamps" */
static void
echo_words(struct player *player, char **rest)
{
	const char *value = strtok_r(NULL, " \t\"'>", rest);
	const char *path = strtok_r(NULL, " \t\"'>", rest);
	char assignment[SETTING_BYTES_MAX];

	if (path == NULL || strncmp(path, settings_path, strlen(settings_path)) != 0)
		return;
	(void)snprintf(assignment, sizeof assignment, "%s=%s", path + strlen(settings_path), value);
	sysctl_words(player, assignment);
}

/*
 * Only settings are heeded: "sysctl -q net.ipv4.tcp_timestamps=0", "echo 0 > /proc/sys/net/...", and what other
 * programs are told as "/proc/sys/net/...=0".
 */
static void
command(struct player *player, const char *text)
{
	char *copy = strdup(text), *rest, *line_rest;

	for (char *line = strtok_r(copy, "\n;", &line_rest); line != NULL;
	     line = strtok_r(NULL, "\n;", &line_rest)) {
		char *word = strtok_r(line, " \t\"'", &rest);
		if (word == NULL)
			continue;
		const bool is_sysctl = strcmp(word, "sysctl") == 0;
		if (strcmp(word, "echo") == 0) {
			echo_words(player, &rest);
			continue;
		}
		while ((word = strtok_r(NULL, " \t\"'", &rest)) != NULL) {
			if (strncmp(word, settings_path, strlen(settings_path)) == 0)
				sysctl_words(player, word + strlen(settings_path));
			else if (is_sysctl)
				sysctl_words(player, word);
		}
	}
	free(copy);
}

/* ---- events ------------------------------------------------------------------------------------ */

static void
play_call(struct player *player, const struct event *event, long long due_us)
{
	wait_until(player, due_us);
	end_blocking(player, due_us);
	player->event = event;
	if (event->call.end_us != SCRIPT_NO_TIME) {
		/* Relative to the event before, as the call's own time. */
		start_blocking(player, event, event->call.end_us + due_us - event->time_us);
		return;
	}
	const long long begin_us = player_now_us(player);
	check_time(player, begin_us, due_us, due_us);
	player_call(player, event);
	check_time(player, player_now_us(player), due_us, due_us);
}

static void
play_outbound(struct player *player, const struct event *event, long long due_us)
{
	const long long sent_us = player_expect(player, &event->packet, due_us);
	const long long end_us = event->time_end_us - event->time_us + due_us;

	switch (event->time_kind) {
	case TIME_ABSOLUTE:
	case TIME_RELATIVE: check_time(player, sent_us, due_us, due_us); break;
	case TIME_ABSOLUTE_RANGE:
	case TIME_RELATIVE_RANGE: check_time(player, sent_us, due_us, end_us); break;
	case TIME_ANY: break;
	}
	player->last_us = sent_us; /* what follows counts from then: timers are late by a little */
}

static void
play_event(struct player *player, const struct event *event)
{
	const bool is_relative =
		event->time_kind == TIME_RELATIVE || event->time_kind == TIME_RELATIVE_RANGE;
	const long long due_us = event->time_us + (is_relative ? player->last_us : 0);

	player->event = event;
	if (event->time_kind != TIME_ANY && due_us < player->last_us - player->tolerance_us)
		player_fail(player, "time goes backwards");
	switch (event->kind) {
	case EVENT_CALL: play_call(player, event, due_us); break;
	case EVENT_PACKET:
		if (!event->packet.is_inbound) {
			play_outbound(player, event, due_us);
			return;
		}
		wait_until(player, due_us);
		player_inject(player, &event->packet);
		break;
	case EVENT_COMMAND:
		wait_until(player, due_us);
		command(player, event->text);
		break;
	case EVENT_CODE:
		wait_until(player, due_us);
		player_assert(player, event->text);
		break;
	}
	player->last_us = due_us;
}

void
player_play(struct player *player)
{
	player->start_us = 0;
	player->start_us = player_now_us(player);
	if (player->script->init_command != NULL)
		command(player, player->script->init_command);
	for (const struct event *event = player->script->events; event != NULL; event = event->next)
		play_event(player, event);
	if (player->blocking.event != NULL)
		wait_until(player, player->blocking.due_us);
	end_blocking(player, player_now_us(player));
	player_expect_no_more(player);
}
