/*
 * translate.h - a scenario's configuration, in unbound.conf's language, as Cairn's.
 *
 * Options that both have go over by name.  Options of Unbound's whose meaning Cairn has always, or that
 * change nothing that a scenario can see, are let pass; README.md lists them.  Any other is an error, since a scenario
 * that needs it would prove nothing.
 */
#ifndef CAIRN_TESTS_REPLAY_TRANSLATE_H
#define CAIRN_TESTS_REPLAY_TRANSLATE_H

#include "tests/replay/script.h"

struct translation {
	char *text;     /* YAML; allocated */
	bool fake_sha1; /* every signature of algorithms 3, 5, 6 and 7 is good (README.md) */
	unsigned queries_max; /* num-queries-per-thread, which may be less than Cairn allows; 0: not said */
	char error[SCRIPT_ERROR_BYTES];
};

/* directory: where the scenario's files have been written. */
bool translate(struct translation *translation, const struct script *script, const char *directory);

#endif
