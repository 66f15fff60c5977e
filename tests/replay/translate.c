#include "tests/replay/translate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/serve/config.h"
#include "tests/replay/lines.h"

/* Of no consequence here, or always so in Cairn. */
static const char *const let_pass[] = {
	"target-fetch-policy", "iter-scrub-promiscuous", "rrset-roundrobin", "log-time-ascii", "log-time-iso", "ede",
	"fake-dsa", "verbosity", "do-daemonize", "use-syslog", "directory", "chroot", "username", "interface", "port",
	"outgoing-range", "num-threads", "msg-cache-size", "do-udp", "do-tcp", "harden-referral-path",
	"harden-below-nxdomain", "harden-large-queries", "harden-short-bufsize", "harden-dnssec-stripped",
	"unwanted-reply-threshold", "infra-host-ttl", "infra-keep-probing", "log-queries", "log-replies",
	"log-servfail", "val-log-level", "val-clean-additional", "hide-identity", "hide-version", "key-cache-size",
	"qname-minimisation-strict", "extended-statistics", "statistics-interval", "trust-anchor-signaling",
	"root-key-sentinel", "rpz-log", "rpz-log-name", "prefetch-key", "msg-cache-slabs", "rrset-cache-slabs",
	"key-cache-slabs", "infra-cache-slabs", "so-reuseport", "harden-unknown-additional",
};

struct state {
	struct translation *translation;
	const struct script *script;
	const char *directory;
	FILE *out;
	char section[SCRIPT_WORD_BYTES];
	bool has_anchor;
	char modules[SCRIPT_WORD_BYTES];
};

static bool
is_let_pass(const char *option)
{
	for (size_t i = 0; i < sizeof let_pass / sizeof let_pass[0]; i++)
		if (strcmp(let_pass[i], option) == 0)
			return true;
	return false;
}

static bool
is_known(const char *section, const char *option)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (strcmp(config_options[i].section, section) == 0 && strcmp(config_options[i].name, option) == 0)
			return true;
	return false;
}

static bool
fail(struct state *state, const char *what, const char *word)
{
	(void)snprintf(state->translation->error, sizeof state->translation->error, "configuration: %s `%.200s`", what, word);
	return false;
}

/* The value without its quotes and the comment behind it. */
static void
read_value(const char *text, char *value, size_t max)
{
	size_t used = 0;
	char quote = '\0';

	for (; *text != '\0' && used + 1 < max; text++) {
		if (quote == '\0' && (*text == '"' || *text == '\'') && used == 0) {
			quote = *text;
		} else if (quote != '\0' ? *text == quote : (*text == '#' && used > 0 && (text[-1] == ' ' || text[-1] == '\t'))) {
			break;
		} else {
			value[used++] = *text;
		}
	}
	while (used > 0 && (value[used - 1] == ' ' || value[used - 1] == '\t'))
		used--;
	value[used] = '\0';
}

static void
put_option(struct state *state, const char *option, const char *value)
{
	(void)fprintf(state->out, "  %s: '", option);
	for (; *value != '\0'; value++)
		(void)fprintf(state->out, *value == '\'' ? "''" : "%c", *value);
	(void)fprintf(state->out, "'\n");
}

/* Of `module-config` only the validator is an option of Cairn's; the others are there when they are configured. */
static bool
take_modules(struct state *state, const char *value)
{
	(void)snprintf(state->modules, sizeof state->modules, "%s", strstr(value, "validator") != NULL ? "validator iterator" : "iterator");
	return true;
}

static bool
take_option(struct state *state, const char *option, const char *value)
{
	char path[SCRIPT_WORD_BYTES * 10];

	if (strcmp(option, "fake-sha1") == 0) {
		state->translation->fake_sha1 = strcmp(value, "yes") == 0;
		return true;
	}
	if (strcmp(option, "module-config") == 0)
		return take_modules(state, value);
	if (value[0] == '@') {
		(void)snprintf(path, sizeof path, "%s/%s", state->directory, value + 1);
		value = path;
	}
	if (strncmp(option, "trust-anchor", 12) == 0 && strcmp(option, "trust-anchor-signaling") != 0)
		state->has_anchor = true;
	if (strncmp(option, "auto-trust-anchor", 17) == 0)
		state->has_anchor = true;
	if (is_known(state->section, option)) {
		put_option(state, option, value);
		return true;
	}
	return is_let_pass(option) || fail(state, "Cairn has no option", option);
}

static bool
take_line(struct state *state, struct lines *lines, const char *line)
{
	char word[SCRIPT_WORD_BYTES], value[SCRIPT_WORD_BYTES * 8];
	const char *rest = line_word(line, word, sizeof word);
	char *colon = rest != NULL ? strchr(word, ':') : NULL;

	if (colon == NULL)
		return fail(state, "not understood:", line);
	if (colon[1] != '\0') { /* name:value in one word */
		rest = line + (strchr(line, ':') - line) + 1;
	}
	*colon = '\0';
	const bool is_section = line_is_empty(rest) && strcmp(word, "zonefile") != 0;
	if (is_section) {
		(void)snprintf(state->section, sizeof state->section, "%s", word);
		(void)fprintf(state->out, "%s:\n", word);
		return true;
	}
	rest = line_skip(rest);
	if (line_is_empty(rest)) { /* the value stands on the next line */
		const char *next = lines_next(lines);
		rest = next != NULL ? line_skip(next) : "";
	}
	read_value(rest, value, sizeof value);
	return take_option(state, word, value);
}

bool
translate(struct translation *translation, const struct script *script, const char *directory)
{
	struct state state = { .translation = translation, .script = script, .directory = directory };
	size_t size;
	char *line, *config = strdup(script->config);
	struct lines lines = { .at = config };
	bool is_right = config != NULL;

	*translation = (struct translation){ 0 };
	state.out = open_memstream(&translation->text, &size);
	(void)snprintf(state.modules, sizeof state.modules, "validator iterator");
	(void)snprintf(state.section, sizeof state.section, "server");
	while (is_right && (line = lines_next(&lines)) != NULL)
		if (!line_is_empty(line))
			is_right = take_line(&state, &lines, line);
	(void)fprintf(state.out, "server:\n  module-config: '%s'\n  prime-root: no\n  use-caps-for-id: no\n",
		      state.has_anchor ? state.modules : "iterator");
	(void)fclose(state.out);
	free(config);
	return is_right;
}
