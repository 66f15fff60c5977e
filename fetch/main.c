/*
 * main.c - cairn-fetch: the command line, the network, the transfers, the exit status.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/client.h"
#include "fetch/option_table.h"
#include "fetch/options.h"
#include "fetch/parse_url.h"
#include "fetch/run.h"

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
	     "Protocols: http https\n"
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
	if (client->journey != NULL && journey_report_write(client->journey, &failure) != 0 && exit_status == 0)
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
