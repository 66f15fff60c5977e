/*
 * cairn-replay - plays scenarios (.rpl) against Cairn's resolver, in this process, at virtual time.
 *
 *	cairn-replay [-v] FILE.rpl...
 *
 * A line a file, `ok FILE` or `not ok FILE - why`, and last `N passed, N failed`.  -v shows every message.
 * Exit: 0 when nothing failed, 1 when something did, 2 for a wrong call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/replay/player.h"

static void
remove_files(const struct script *script, const char *directory)
{
	char path[SCRIPT_WORD_BYTES * 2];

	for (unsigned i = 0; i < script->tempfile_count; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", directory, script->tempfiles[i].name);
		(void)unlink(path);
	}
	(void)rmdir(directory);
}

static bool
play(struct script *script, const char *path, bool is_verbose, char why[PLAYER_WHY_BYTES])
{
	char directory[] = "/tmp/cairn-replay.XXXXXX";

	if (!script_load(script, path)) {
		(void)snprintf(why, PLAYER_WHY_BYTES, "%s", script->error);
		return false;
	}
	if (mkdtemp(directory) == NULL) {
		(void)snprintf(why, PLAYER_WHY_BYTES, "no directory for its files: %s", directory);
		return false;
	}
	bool is_right = player_play(script, directory, is_verbose, why);
	remove_files(script, directory);
	return is_right;
}

int
main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	int first = 1;
	const bool is_verbose = argc > 1 && strcmp(argv[1], "-v") == 0;

	first += is_verbose;
	if (argc <= first || (argv[first][0] == '-' && argv[first][1] != '\0')) {
		(void)fprintf(stderr, "usage: cairn-replay [-v] FILE.rpl...\n");
		return 2;
	}
	for (int i = first; i < argc; i++) {
		struct script *script = calloc(1, sizeof *script);
		char why[PLAYER_WHY_BYTES] = "";
		if (script != NULL && play(script, argv[i], is_verbose, why)) {
			(void)printf("ok %s\n", argv[i]);
			passed++;
		} else {
			(void)printf("not ok %s - %s\n", argv[i], why);
			failed++;
		}
		if (script != NULL)
			script_free(script);
		free(script);
		(void)fflush(stdout);
	}
	(void)printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? 0 : 1;
}
