/*
 * packetdrill-player - plays scripts in packetdrill's language against a stack in a shared object.
 *
 *	packetdrill-player [-lnv] [-f FLAGS] [-i FAMILY] [-t MICROSECONDS] SO SCRIPT|DIRECTORY...
 *
 * Each script is played in a process of its own, for each family that it is for.  Prints `ok - NAME` or
 * `not ok - NAME` with the first difference for each, last `N passed, N failed`; exits 0 if none failed.
 * With -l timestamps of ours and PSH may differ, and packets may be left over: as packetdrill has it.
 * With -t times may be wrong by so much: for a candidate that lives by the real clock.
 * With -n every script must fail, which shows that the player notices; -v prints every event.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stack/base/arena.h"
#include "tests/packetdrill/runner/player.h"

#define SCRIPT_BYTES_MAX   (1u << 20)
#define ARENA_BYTES        (8u << 20)
#define SCRIPTS_MAX        4096u
#define SCRIPT_SECONDS_MAX 60u /* of real time */

/* How a script meets the stack. */
enum family { FAMILY_IPV4, FAMILY_IPV6, FAMILY_MAPPED, FAMILY_COUNT };

static const struct {
	const char *name, *flags, *local, *remote;
} families[] = {
	[FAMILY_IPV4] = { "ipv4",
			  "local_ip=192.168.0.1,prefix_len=16,gateway_ip=192.168.0.2,"
			  "remote_ip=192.0.2.1,mtu=1500",
			  "192.168.0.1", "192.0.2.1" },
	/* An MTU with which the MSS is that of IPv4, so that one script does for both. */
	[FAMILY_IPV6] = { "ipv6",
			  "local_ip=fd3d:a0b:17d6::1,prefix_len=48,"
			  "gateway_ip=fd3d:a0b:17d6::2,remote_ip=2001:db8::1,mtu=1520",
			  "fd3d:a0b:17d6::1", "2001:db8::1" },
	[FAMILY_MAPPED] = { "ipv4-mapped-ipv6",
			    "local_ip=192.168.0.1,prefix_len=16,gateway_ip=192.168.0.2,"
			    "remote_ip=192.0.2.1,mtu=1500",
			    "192.168.0.1", "192.0.2.1" },
};

struct options {
	const char *so_path, *flags; /* flags: more for the shared object, NULL */
	const char *only_family;     /* NULL: all that the script is for */
	long long tolerance_us;
	bool is_verbose, must_fail, is_lenient;
	unsigned passed, failed;
};

/* ---- one script in one family ------------------------------------------------------------------ */

static void
apply_option(struct player *player, const struct script_option *option)
{
	if (strcmp(option->name, "tolerance_usecs") == 0)
		player->tolerance_us = strtoll(option->value, NULL, 10);
	else if (strcmp(option->name, "tolerance_percent") == 0)
		player->tolerance_percent = strtod(option->value, NULL);
	else if (strcmp(option->name, "strict_segments") == 0)
		player->is_strict_segments = true;
	else if (strcmp(option->name, "loose_timestamps") == 0)
		player->is_timestamp_loose = true;
}

static const char *
option_value(const struct script *script, const char *name)
{
	for (const struct script_option *option = script->options; option != NULL;
	     option = option->next) {
		if (strcmp(option->name, name) == 0)
			return option->value;
	}
	return NULL;
}

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "packetdrill-player: %s: %s\n", what, why);
	_exit(2);
}

static void
load(struct player *player, const struct options *options, enum family family)
{
	void (*init)(const char *flags, struct packetdrill_table *table);
	const char *script_flags = option_value(player->script, "so_flags");
	char flags[512];

	void *so = dlopen(options->so_path, RTLD_NOW | RTLD_LOCAL);
	if (so == NULL)
		die(options->so_path, dlerror());
	*(void **)&init = dlsym(so, "packetdrill_interface_init");
	*(void **)&player->sysctl = dlsym(so, "packetdrill_sysctl");
	if (init == NULL)
		die(options->so_path, "no packetdrill_interface_init");
	(void)snprintf(flags, sizeof flags, "%s%s%s%s%s", families[family].flags,
		       options->flags != NULL ? "," : "",
		       options->flags != NULL ? options->flags : "",
		       script_flags != NULL ? "," : "", script_flags != NULL ? script_flags : "");
	init(flags, &player->table);
}

static _Noreturn void
play(const struct script *script, const struct options *options, enum family family)
{
	struct player *player = calloc(1, sizeof *player);

	if (player == NULL)
		die("memory", script->path);
	player->script = script;
	player->is_ipv6 = family == FAMILY_IPV6;
	player->is_mapped = family == FAMILY_MAPPED;
	player->tolerance_us = options->tolerance_us;
	player->is_verbose = options->is_verbose;
	player->must_fail = options->must_fail;
	player->is_timestamp_loose = player->is_lenient = options->is_lenient;
	player->info_fd = -1;
	if (addr_from_text(&player->local, families[family].local) != 0 ||
	    addr_from_text(&player->remote, families[family].remote) != 0)
		die(script->path, "addresses");
	for (const struct script_option *option = script->options; option != NULL;
	     option = option->next)
		apply_option(player, option);
	load(player, options, family);
	(void)alarm(SCRIPT_SECONDS_MAX);
	player_play(player);
	player->table.free(player->table.userdata);
	free(player);
	(void)fflush(stdout);
	_exit(EXIT_SUCCESS);
}

/* It was to fail: by what the player said, not by a crash. */
static void
judge_failure(const struct script *script, struct options *options, int status)
{
	const bool has_failed = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE;

	printf("%s - %s fails\n", has_failed ? "ok" : "not ok", script->path);
	options->passed += has_failed;
	options->failed += !has_failed;
}

/* The child prints why it failed, unless something ended it. */
static void
run_script(const struct script *script, struct options *options, enum family family)
{
	int status;

	(void)fflush(stdout);
	const pid_t pid = fork();
	if (pid < 0)
		die("fork", script->path);
	if (pid == 0)
		play(script, options, family);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid", script->path);
	if (options->must_fail) {
		judge_failure(script, options, status);
		return;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		printf("ok - %s (%s)\n", script->path, families[family].name);
		options->passed++;
		return;
	}
	options->failed++;
	if (WIFSIGNALED(status))
		printf("not ok - %s\n  ended by signal %d%s\n", script->path, WTERMSIG(status),
		       WTERMSIG(status) == SIGALRM ? ": it hangs" : "");
	printf("  in family %s\n", families[family].name);
}

/* ---- files ------------------------------------------------------------------------------------- */

static char *
read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, SCRIPT_BYTES_MAX + 1);

	if (file == NULL || text == NULL)
		die(path, "cannot be read");
	if (fread(text, 1, SCRIPT_BYTES_MAX, file) == SCRIPT_BYTES_MAX)
		die(path, "too long");
	(void)fclose(file);
	return text;
}

static bool
is_for_family(const struct script *script, const struct options *options, enum family family)
{
	const char *only = option_value(script, "ip_version");

	if (options->only_family != NULL &&
	    strcmp(options->only_family, families[family].name) != 0)
		return false;
	return only == NULL || strcmp(only, families[family].name) == 0;
}

static void
run_file(const char *path, struct options *options)
{
	char *text = read_file(path), error[256];
	void *block = aligned_alloc(64, ARENA_BYTES);
	struct arena arena;
	struct script script;

	if (block == NULL)
		die(path, "no memory");
	arena_init(&arena, block, ARENA_BYTES);
	if (script_read(&script, path, text, &arena, error, sizeof error)) {
		for (int family = 0; family < FAMILY_COUNT; family++) {
			if (is_for_family(&script, options, (enum family)family))
				run_script(&script, options, (enum family)family);
		}
	} else {
		printf("%s - %s\n  %s\n", options->must_fail ? "ok" : "not ok", path, error);
		options->passed += options->must_fail;
		options->failed += !options->must_fail;
	}
	free(block);
	free(text);
}

static int
is_script(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');
	return dot != NULL && strcmp(dot, ".pkt") == 0;
}

static void
run_path(const char *path, struct options *options)
{
	struct dirent **entries;
	struct stat stat_;
	char whole[4096];

	if (stat(path, &stat_) != 0)
		die(path, "there is none");
	if (!S_ISDIR(stat_.st_mode)) {
		run_file(path, options);
		return;
	}
	const int count = scandir(path, &entries, is_script, alphasort);
	for (int i = 0; i < count; i++) {
		(void)snprintf(whole, sizeof whole, "%s/%s", path, entries[i]->d_name);
		run_file(whole, options);
		free(entries[i]);
	}
	free(entries);
}

int
main(int argc, char **argv)
{
	struct options options = { .tolerance_us = PLAYER_TOLERANCE_US };
	int letter;

	while ((letter = getopt(argc, argv, "f:i:lnt:v")) != -1) {
		switch (letter) {
		case 'f': options.flags = optarg; break;
		case 'i': options.only_family = optarg; break;
		case 'l': options.is_lenient = true; break;
		case 'n': options.must_fail = true; break;
		case 't': options.tolerance_us = strtoll(optarg, NULL, 10); break;
		case 'v': options.is_verbose = true; break;
		default:
			fprintf(stderr, "usage: packetdrill-player [-lnv] [-f FLAGS] [-i FAMILY] [-t MICROSECONDS] "
					"SO SCRIPT|DIRECTORY...\n");
			return 2;
		}
	}
	if (argc - optind < 2)
		die("usage", "SO SCRIPT...");
	options.so_path = argv[optind];
	for (int i = optind + 1; i < argc; i++)
		run_path(argv[i], &options);
	printf("%u passed, %u failed\n", options.passed, options.failed);
	return options.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
