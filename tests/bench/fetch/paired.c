/*
 * paired.c - runs commands in turn, many times, and tells what each run took.
 *
 *     paired ROUNDS COMMAND ARGUMENT... ::: COMMAND ARGUMENT... ::: ...
 *
 * A round runs each command once, so that what else the machine does meets them alike.  A line a run: the command's
 * number, wall time in microseconds from before the start to the end, user and system time in microseconds, the largest
 * resident memory in KiB, the exit status.  Small on purpose: the kernel begins a child's largest memory with that of
 * the process that started it.  Commands read from and write to /dev/null.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define COMMANDS_MAX 8
#define SEPARATOR    ":::"

extern char **environ;

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t
us_of(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

static void
fail(const char *what)
{
	fprintf(stderr, "paired: %s\n", what);
	exit(EXIT_FAILURE);
}

static void
run(unsigned number, char **command, const posix_spawn_file_actions_t *to_null)
{
	struct rusage usage;
	int status;
	pid_t pid;

	const int64_t began_us = now_us();
	if (posix_spawnp(&pid, command[0], to_null, NULL, command, environ) != 0)
		fail(command[0]);
	if (wait4(pid, &status, 0, &usage) != pid)
		fail("wait4");
	const int64_t wall_us = now_us() - began_us;
	printf("%u %lld %lld %ld %d\n", number, (long long)wall_us,
	       (long long)(us_of(&usage.ru_utime) + us_of(&usage.ru_stime)), usage.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* Cuts the arguments at the separators; how many commands there are. */
static unsigned
cut(char **arguments, char ***commands)
{
	unsigned count = 0;

	while (*arguments != NULL) {
		if (count == COMMANDS_MAX)
			fail("too many commands");
		commands[count++] = arguments;
		while (*arguments != NULL && strcmp(*arguments, SEPARATOR) != 0)
			arguments++;
		if (*arguments != NULL)
			*arguments++ = NULL;
	}
	return count;
}

int
main(int argc, char **argv)
{
	char **commands[COMMANDS_MAX];
	posix_spawn_file_actions_t to_null;

	if (argc < 3)
		fail("usage: paired ROUNDS COMMAND ARGUMENT... ::: COMMAND ARGUMENT... ::: ...");
	const long rounds = strtol(argv[1], NULL, 10);
	const unsigned count = cut(argv + 2, commands);
	if (posix_spawn_file_actions_init(&to_null) != 0 ||
	    posix_spawn_file_actions_addopen(&to_null, 0, "/dev/null", O_RDONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(&to_null, 1, "/dev/null", O_WRONLY, 0) != 0 ||
	    posix_spawn_file_actions_adddup2(&to_null, 1, 2) != 0)
		fail("no memory");
	for (long round = 0; round < rounds; round++)
		for (unsigned i = 0; i < count; i++)
			run(i, commands[i], &to_null);
	posix_spawn_file_actions_destroy(&to_null);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
