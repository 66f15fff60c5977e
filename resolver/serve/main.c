/* cairnd - a recursive DNS resolver on its own IP stack; cairnd(8). */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "resolver/serve/server.h"

static const char usage[] =
	"usage: cairnd [-dtvVh] [-c FILE]\n"
	"  -c FILE     the configuration, cairn.conf(5); without it the defaults\n"
	"  -t          check the configuration and what it names, then leave\n"
	"  -v          say more; twice, say still more\n"
	"  -d          stay in the foreground, which cairnd does anyhow\n"
	"  -V          tell the version and leave\n"
	"  -h, --help  tell this and leave\n"
	"Resolves names from the root servers and serves 127.0.0.1 and ::1, port 53.\n"
	"Signals: HUP reads the configuration again, USR1 logs statistics, TERM ends it.\n";

static int
tell_version(void)
{
	(void)printf("cairnd %s\nlibuv %s\n", CAIRN_VERSION, uv_version_string());
	return EXIT_SUCCESS;
}

int
main(int argc, char *argv[])
{
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = NULL;
	unsigned verbosity = 0;
	int option, checks = 0;
	while ((option = getopt_long(argc, argv, "c:dhtvV", long_options, NULL)) != -1) {
		switch (option) {
		case 'c': path = optarg; break;
		case 'd': break;
		case 't': checks = 1; break;
		case 'v': verbosity++; break;
		case 'V': return tell_version();
		case 'h': (void)fputs(usage, stdout); return EXIT_SUCCESS;
		default: (void)fputs(usage, stderr); return EXIT_FAILURE;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "cairnd: `%s` is no option\n%s", argv[optind], usage);
		return EXIT_FAILURE;
	}
	return checks ? server_check(path) : server_run(path, verbosity);
}
