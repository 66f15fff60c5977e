/*
 * main.c - cairn-fetch: the command line, the network, the transfers, the exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch/client.h"
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
 * The kernel waits for all of its processors when a packet socket goes, 10 to 20 ms for each of them.  A child that
 * nobody waits for holds them until this process has ended, and waits in its place; it lets go of standard input and
 * output first, lest a reader wait for it.
 */
static void
leave_sockets_behind(void)
{
	int ends[2];
	char nothing;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	if (fork() != 0)
		return; /* the writing end closes with this process */
	(void)close_range(STDIN_FILENO, STDERR_FILENO, 0);
	(void)close(ends[1]);
	while (read(ends[0], &nothing, 1) < 0 && errno == EINTR)
		;
	_exit(EXIT_SUCCESS);
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
	if (client_open(&client, options, &failure) != 0)
		return tell(&failure);
	int exit_status = run_transfers(client, options);
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
	if (options->run.replay != NULL)
		return replay(&options->run);
	return fetch(options);
}

int
main(int argc, char **argv)
{
	struct options options;
	struct failure failure;
	int exit_status;

	signal(SIGPIPE,
	       SIG_IGN); /* a reader that has gone is a failed write, with its exit status */
	if (options_read(&options, argc, argv, &failure) != 0)
		exit_status = tell(&failure);
	else
		exit_status = do_wish(&options);
	options_fini(&options);
	return exit_status;
}
