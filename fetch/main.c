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
	     "Protocols: http\n"
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

/* ---- the network --------------------------------------------------------------------------------- */

static int
read_link(struct net_options *net, const struct run_settings *run, struct failure *failure)
{
	static const struct {
		const char *word;
		enum net_link link;
	} links[] = { { "raw", NET_LINK_RAW },
		      { "packet", NET_LINK_PACKET },
		      { "tap", NET_LINK_TAP } };

	for (size_t i = 0; run->link != NULL && i < sizeof links / sizeof links[0]; i++) {
		if (strcmp(run->link, links[i].word) == 0) {
			net->link = links[i].link;
			return 0;
		}
	}
	if (run->link == NULL)
		return 0;
	failure_set(failure, FAILURE_USAGE, "--link is raw, packet or tap, not `%s'", run->link);
	return -1;
}

static int
open_network(struct client *client, const struct run_settings *run, struct failure *failure)
{
	struct net_options net = { .device = run->device, .capture = run->capture };
	struct names_options names = { .source = NAMES_DAEMON };

	if (read_link(&net, run, failure) != 0)
		return -1;
	if (run->resolver != NULL && names_options_read(&names, run->resolver, failure) != 0)
		return -1;
	if (net_open(&client->net, &net, failure) != 0)
		return -1;
	return names_open(&client->names, client->net, &names, failure);
}

static int
fetch(const struct options *options)
{
	struct failure failure = { 0 };
	struct client *client = calloc(1, sizeof *client);
	int exit_status;

	if (!has_url(options)) {
		free(client);
		failure_set(&failure, FAILURE_USAGE, "no URL is given");
		return tell(&failure);
	}
	if (client == NULL) {
		failure_set(&failure, FAILURE_MEMORY, "no memory to start with");
		return tell(&failure);
	}
	client->run = &options->run;
	idna_icu_init(&client->icu);
	client->verbose = (struct verbose){ .is_on = options->run.is_verbose,
					    .is_silent = options->run.is_silent };
	if (open_network(client, &options->run, &failure) != 0)
		exit_status = tell(&failure);
	else
		exit_status = run_transfers(client, options);
	names_close(client->names);
	net_close(client->net);
	idna_icu_fini(&client->icu);
	free(client);
	return exit_status;
}

static int
parse_urls(const char *path)
{
	struct failure failure;
	return parse_url_file(path, stdout, &failure) == 0 ? 0 : tell(&failure);
}

int
main(int argc, char **argv)
{
	struct options options;
	struct failure failure;
	int exit_status = 0;

	signal(SIGPIPE,
	       SIG_IGN); /* a reader that has gone is a failed write, with its exit status */
	if (options_read(&options, argc, argv, &failure) != 0)
		exit_status = tell(&failure);
	else
		switch (options.wish) {
		case WISH_HELP: exit_status = print_help(options.topic); break;
		case WISH_VERSION: exit_status = print_version(); break;
		case WISH_COMPLETION: exit_status = print_completion(options.topic); break;
		case WISH_FETCH:
			exit_status = options.run.url_input != NULL
					      ? parse_urls(options.run.url_input)
					      : fetch(&options);
			break;
		}
	options_fini(&options);
	return exit_status;
}
