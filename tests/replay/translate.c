#include "tests/replay/translate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/serve/config.h"
#include "tests/replay/lines.h"

/* Of no consequence here, or always so in Cairn. */
static const char *const let_pass[] = {
	/* what is told, and to whom */
	"verbosity", "log-time-ascii", "log-time-iso", "log-queries", "log-replies", "log-servfail", "log-tag-queryreply",
	"log-destaddr", "log-local-actions", "log-identity", "log-thread-id", "logfile", "use-syslog", "val-log-level",
	"statistics-interval", "statistics-cumulative", "statistics-inhibit-zero", "extended-statistics", "hide-trustanchor",
	"hide-http-user-agent", "http-user-agent", "shm-enable", "shm-key", "ede", "ede-serve-expired",
	/* how it runs: processes, sockets, memory */
	"do-daemonize", "directory", "chroot", "username", "num-threads", "interface", "interface-automatic", "port",
	"outgoing-interface", "outgoing-range", "outgoing-port-permit", "outgoing-port-avoid", "outgoing-num-tcp",
	"so-reuseport", "ip-transparent", "ip-dscp", "tcp-mss", "outgoing-tcp-mss", "stream-wait-size", "msg-buffer-size",
	"msg-cache-slabs", "rrset-cache-slabs", "key-cache-slabs", "infra-cache-slabs", "ratelimit-slabs", "ip-ratelimit-slabs",
	"key-cache-size", "ratelimit-size", "ip-ratelimit-size", "do-udp", "do-tcp", "udp-upstream-without-downstream",
	"tcp-reuse-timeout", "max-reuse-tcp-queries", "tcp-auth-query-timeout", "edns-tcp-keepalive",
	"edns-tcp-keepalive-timeout", "tls-service-pem", "tls-service-key", "tls-port", "tls-cert-bundle", "tls-use-sni",
	/* nothing is late or lost at virtual time, and no port or letter case is drawn */
	"delay-close", "sock-queue-timeout", "wait-limit", "wait-limit-cookie", "unwanted-reply-threshold",
	"caps-exempt", "caps-whitelist", "fast-server-permil", "fast-server-num", "low-rtt", "low-rtt-permil",
	/* Cairn has one way */
	"target-fetch-policy", "iter-scrub-ns", "iter-scrub-cname", "rrset-roundrobin", "fake-dsa",
	"harden-referral-path", "harden-below-nxdomain", "harden-large-queries", "harden-short-bufsize",
	"harden-dnssec-stripped", "harden-unknown-additional",
	"infra-host-ttl", "infra-keep-probing", "infra-cache-min-rtt", "infra-cache-max-rtt", "val-clean-additional",
	"qname-minimisation-strict", "prefetch-key", "val-max-restart",
	"max-query-restarts", "max-sent-count", "max-global-quota", "disable-dnssec-lame-check", "zonemd-permissive-mode",
};

/* What Cairn does not have, switched off or not used. */
static const struct {
	const char *option, *value;
} let_pass_with[] = {
	{ "pad-queries", "no" },
	{ "pad-responses", "no" },
	{ "ssl-upstream", "no" },
	{ "tls-upstream", "no" },
	{ "unknown-server-time-limit", "376" },
};

/* Unbound's defaults where Cairn's are others: what a scenario does not name, it has counted on. */
static const struct {
	const char *option, *value;
} defaults[] = {
	{ "deny-any", "no" },
	{ "max-udp-size", "4096" },
	{ "outbound-msg-retry", "5" },
	{ "prefetch", "no" },
	{ "send-cookie", "no" },
	{ "use-caps-for-id", "no" },
	{ "val-nsec3-keysize-iterations", "1024 150 2048 150 4096 150" },
	{ "val-sig-skew-max", "86400" },
	{ "val-sig-skew-min", "3600" },
};

#define DEFAULTS (sizeof defaults / sizeof defaults[0])

static const char *const sections[] = {
	"server", "forward-zone", "stub-zone", "auth-zone", "rpz", "view", "remote-control", "python", "dynlib", "cachedb",
	"dnscrypt", "dnstap", "ipset",
};

struct state {
	struct translation *translation;
	const struct script *script;
	const char *directory;
	FILE *out;
	char section[SCRIPT_WORD_BYTES];
	bool has_anchor;
	bool has_default[DEFAULTS]; /* the scenario names it itself */
	char modules[SCRIPT_WORD_BYTES];
};

static bool
is_one_of(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static bool
is_let_pass(const char *option, const char *value)
{
	for (size_t i = 0; i < sizeof let_pass_with / sizeof let_pass_with[0]; i++)
		if (strcmp(let_pass_with[i].option, option) == 0 && strcmp(let_pass_with[i].value, value) == 0)
			return true;
	return is_one_of(let_pass, sizeof let_pass / sizeof let_pass[0], option);
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

/* `name:`, which ends the value before it when several options stand on one line. */
static bool
begins_option(const char *text)
{
	const size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return size > 2 && text[size] == ':' && (text[size + 1] == '\0' || text[size + 1] == ' ' || text[size + 1] == '\t');
}

/* The value without its quotes and the comment behind it.  Returns what follows on the line. */
static const char *
read_value(const char *text, char *value, size_t max)
{
	size_t used = 0;
	char quote = '\0';

	for (; *text != '\0' && used + 1 < max; text++) {
		const bool is_word_begin = used > 0 && (text[-1] == ' ' || text[-1] == '\t');
		if (quote == '\0' && (*text == '"' || *text == '\'')) {
			quote = *text;
		} else if (quote != '\0') {
			if (*text == quote)
				quote = '\0';
			else
				value[used++] = *text;
		} else if (is_word_begin && (*text == '#' || begins_option(text))) {
			break;
		} else {
			value[used++] = *text;
		}
	}
	while (used > 0 && (value[used - 1] == ' ' || value[used - 1] == '\t'))
		used--;
	value[used] = '\0';
	return line_skip(text);
}

static void
put_option(struct state *state, const char *option, const char *value)
{
	(void)fprintf(state->out, "  %s: '", option);
	for (; *value != '\0'; value++)
		(void)fprintf(state->out, *value == '\'' ? "''" : "%c", *value);
	(void)fprintf(state->out, "'\n");
}

/* Of `module-config` the validator and DNS64 are Cairn's to switch; the others are there when they are configured. */
static bool
take_modules(struct state *state, const char *value)
{
	(void)snprintf(state->modules, sizeof state->modules, "%s%siterator", strstr(value, "dns64") != NULL ? "dns64 " : "",
		       strstr(value, "validator") != NULL ? "validator " : "");
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
	if (strcmp(option, "discard-timeout") == 0)
		return true; /* nothing is late at virtual time */
	if (strcmp(option, "num-queries-per-thread") == 0) {
		state->translation->queries_max = (unsigned)strtoul(value, NULL, 10);
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
	for (size_t i = 0; i < DEFAULTS; i++)
		state->has_default[i] |= strcmp(option, defaults[i].option) == 0;
	if (is_known(state->section, option)) {
		put_option(state, option, value);
		return true;
	}
	return is_let_pass(option, value) || fail(state, "Cairn has no option", option);
}

/* One section or option; *at moves behind it. */
static bool
take_one(struct state *state, struct lines *lines, const char **at)
{
	char word[SCRIPT_WORD_BYTES], value[SCRIPT_WORD_BYTES * 8];
	const char *line = line_skip(*at), *colon = strchr(line, ':');
	const size_t size = colon != NULL ? (size_t)(colon - line) : 0;

	if (size == 0 || size >= sizeof word)
		return fail(state, "not understood:", line);
	memcpy(word, line, size);
	word[size] = '\0';
	*at = line_skip(colon + 1);
	if (is_one_of(sections, sizeof sections / sizeof sections[0], word)) {
		(void)snprintf(state->section, sizeof state->section, "%s", word);
		(void)fprintf(state->out, "%s:\n", word);
		return true;
	}
	if (line_is_empty(*at)) { /* the value stands on the next line */
		const char *next = lines_next(lines);
		*at = next != NULL ? line_skip(next) : "";
	}
	*at = read_value(*at, value, sizeof value);
	return take_option(state, word, value);
}

/* Without an anchor there is nothing to validate with. */
static const char *
without_validator(const char *modules)
{
	return strstr(modules, "dns64") != NULL ? "dns64 iterator" : "iterator";
}

static bool
take_line(struct state *state, struct lines *lines, const char *line)
{
	while (!line_is_empty(line))
		if (!take_one(state, lines, &line))
			return false;
	return true;
}

/* What testbound keeps as auto-trust-anchor-file by itself. */
static void
put_autotrust_files(struct state *state)
{
	char path[SCRIPT_WORD_BYTES * 10];

	for (unsigned i = 0; i < state->script->tempfile_count; i++) {
		const struct tempfile *file = &state->script->tempfiles[i];
		if (!file->is_autotrust)
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", state->directory, file->name);
		put_option(state, "auto-trust-anchor-file", path);
		state->has_anchor = true;
	}
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
	(void)fprintf(state.out, "server:\n");
	put_autotrust_files(&state);
	(void)fprintf(state.out, "  module-config: '%s'\n",
		      state.has_anchor ? state.modules : without_validator(state.modules));
	for (size_t i = 0; i < DEFAULTS; i++)
		if (!state.has_default[i])
			put_option(&state, defaults[i].option, defaults[i].value);
	(void)fclose(state.out);
	free(config);
	return is_right;
}
