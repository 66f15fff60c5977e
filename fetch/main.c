/*
 * main.c - cairn-fetch: the command line, the network, the transfers, the exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fetch/client.h"
#include "fetch/hops.h"
#include "fetch/journey_replay.h"
#include "fetch/option_table.h"
#include "fetch/options.h"
#include "fetch/parse_url.h"
#include "fetch/run.h"

/*
 * A transfer's memory goes to the next one: given back to the kernel in between, its pages would be
 * cleared anew each time, which costs more than a small file.
 */
#define KEPT_BLOCK_BYTES (16 << 20)
#define KEPT_BYTES       (32 << 20)

#define HOLDER_BYTES (32u << 10) /* memory of the child that holds sockets */

static int
tell(const struct failure *failure)
{
	fprintf(stderr, "cairn-fetch: (%d) %s\n", failure_exit_status(failure->cause),
		failure->text);
	if (failure->cause == FAILURE_USAGE)
		fputs("cairn-fetch: `cairn-fetch --help' tells more\n", stderr);
	return failure_exit_status(failure->cause);
}

static int
print_help(const char *topic)
{
	if (option_help(stdout, topic))
		return 0;
	struct failure failure;
	failure_set(&failure, FAILURE_USAGE, "--help knows no `%s'", topic);
	return tell(&failure);
}

static int
print_version(void)
{
	puts("cairn-fetch " CAIRN_VERSION "\n"
	     "Protocols: http https ftp file data\n"
	     "Network: Cairn's own TCP/IP stack and resolver");
	return 0;
}

static int
print_completion(const char *shell)
{
	if (option_completion(stdout, shell))
		return 0;
	struct failure failure;
	failure_set(&failure, FAILURE_USAGE, "--completion knows bash, zsh and fish, not `%s'",
		    shell);
	return tell(&failure);
}

static bool
has_url(const struct options *options)
{
	for (size_t i = 0; i < options->group_count; i++) {
		if (options->groups[i].urls.count != 0)
			return true;
	}
	return false;
}

/*
 * Lets go of standard input and output first, lest a reader wait for it.  It shares its parent's memory, errno
 * and all: bare system calls, and a stack of its own.
 */
static int
hold_sockets(void *data)
{
	const int *ends = data;
	char nothing;

	(void)syscall(SYS_close_range, STDIN_FILENO, STDERR_FILENO, 0);
	(void)syscall(SYS_close, ends[1]);
	(void)syscall(SYS_read, ends[0], &nothing, sizeof nothing);
	(void)syscall(SYS_exit, EXIT_SUCCESS);
	return EXIT_SUCCESS;
}

/*
 * The kernel waits for all of its processors when a packet socket goes, 10 to 20 ms for each of them.  A child that
 * nobody waits for holds them until this process has ended, and waits in its place.  A copy of the memory for it
 * would cost more than a small transfer.
 */
static void
leave_sockets_behind(void)
{
	uint8_t *block = mmap(NULL, HOLDER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	int *ends = (int *)block; /* at one end of it, the stack at the other: both outlive this function */

	if (block == MAP_FAILED)
		return;
	if (pipe2(ends, O_CLOEXEC) == 0) /* the writing end closes with this process */
		(void)clone(hold_sockets, block + HOLDER_BYTES, CLONE_VM, ends);
}

static int
fetch(const struct options *options)
{
	struct failure failure = { 0 };
	struct client *client;

	if (!has_url(options)) {
		failure_set(&failure, FAILURE_USAGE, "no URL is given");
		return tell(&failure);
	}
	(void)mallopt(M_MMAP_THRESHOLD, KEPT_BLOCK_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	if (client_open(&client, options, &failure) != 0)
		return tell(&failure);
	int exit_status = run_transfers(client, options);
	if (options->run.has_hops)
		hops_tell(client->net);
	leave_sockets_behind();
	client_disconnect(client);
	if (client->journey != NULL && journey_report_write(client->journey, &failure) != 0 &&
	    exit_status == 0)
		exit_status = tell(&failure);
	client_close(client);
	return exit_status;
}

static int
parse_urls(const char *path)
{
	struct failure failure = { 0 };
	return parse_url_file(path, stdout, &failure) == 0 ? 0 : tell(&failure);
}

static int
replay(const struct run_settings *run)
{
	struct failure failure = { 0 };
	const char *forms = run->journey != NULL ? run->journey : "";
	return journey_replay(run->replay, forms, run->journey_file, &failure) == 0 ? 0 : tell(&failure);
}

/* The later journey stands where a URL does. */
static int
compare_journeys(const struct options *options)
{
	struct failure failure = { 0 };
	if (options->group_count != 1 || options->groups[0].urls.count != 1) {
		failure_set(&failure, FAILURE_USAGE, "--journey-diff wants two files");
		return tell(&failure);
	}
	return journey_compare(options->run.journey_before, options->groups[0].urls.items[0].text, &failure) == 0 ? 0 : tell(&failure);
}

static int
do_wish(const struct options *options)
{
	switch (options->wish) {
	case WISH_HELP: return print_help(options->topic);
	case WISH_VERSION: return print_version();
	case WISH_COMPLETION: return print_completion(options->topic);
	case WISH_FETCH: break;
	}
	if (options->run.url_input != NULL)
		return parse_urls(options->run.url_input);
	if (options->run.journey_before != NULL)
		return compare_journeys(options);
	if (options->run.replay != NULL)
		return replay(&options->run);
	return fetch(options);
}

/*
 * A standard descriptor that is closed would be the next socket's, and what is printed would go there.  What holds its
 * place cannot be read or written, so that its use is the failure that it would have been.
 */
static void
hold_standard_descriptors(void)
{
	for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
		if (fcntl(descriptor, F_GETFD) < 0)
			(void)open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

/* What was printed by the C library, such as --help, and is not there. */
static int
check_standard_output(void)
{
	struct failure failure;
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return 0;
	failure_set(&failure, FAILURE_WRITE, "standard output cannot be written: %s", strerror(errno));
	return tell(&failure);
}

int
main(int argc, char **argv)
{
	struct options options;
	struct failure failure;
	int exit_status;

	hold_standard_descriptors();
	signal(SIGPIPE,
	       SIG_IGN); /* a reader that has gone is a failed write, with its exit status */
	if (options_read(&options, argc, argv, &failure) != 0)
		exit_status = tell(&failure);
	else
		exit_status = do_wish(&options);
	if (exit_status == 0)
		exit_status = check_standard_output();
	options_fini(&options);
	return exit_status;
}
