/* control_commands.c - what cairnctl(8) can have the server do; all of it on the main thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/cache/flush.h"
#include "resolver/cache/ready.h"
#include "resolver/serve/control.h"
#include "resolver/serve/server_priv.h"
#include "resolver/wire/text.h"
#include "stack/base/arena.h"

#define LOOKUP_BYTES 65536u
#define NS_PER_S     UINT64_C(1000000000)

struct command {
	const char *name, *arguments, *what;
	unsigned least, most; /* arguments */
	void (*run)(struct server *server, struct control_client *client, const char *const *arguments, unsigned count);
};

static bool
read_name(struct control_client *client, const char *text, struct name *name)
{
	if (name_from_text(name, text, NULL) == 0)
		return true;
	control_refuse(client, "`%s` is no domain name", text);
	return false;
}

/* ---- the server as a whole --------------------------------------------------------------------------------------------- */

static void
run_status(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	(void)arguments;
	(void)count;
	control_say(client, "version: %s\npid: %ld\nuptime: %llu seconds\nthreads: %u\nconfiguration: %s\n", CAIRN_VERSION,
		    (long)getpid(), (unsigned long long)((uv_now(&server->loop) - server->started_ms) / 1000),
		    server->worker_count, server->path != NULL ? server->path : "the defaults");
	control_say(client, "validation: %s\nnegative trust anchors: %u\n",
		    server->settings->service->trust.anchors != NULL ? "on" : "off", server->trust.ntas.count);
	control_finish(client);
}

static void
run_stats(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	(void)arguments;
	(void)count;
	control_wait_for(client, CONTROL_REPORT);
	server__round_start(server, &server->count);
}

void
server__count_done(struct server *server, struct round *round)
{
	struct control_client *client;

	while ((client = control_take_waiting(server->control, CONTROL_REPORT)) != NULL) {
		server__report_to(server, round, client);
		control_finish(client);
	}
}

static void
run_reload(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	(void)arguments;
	(void)count;
	control_wait_for(client, CONTROL_RELOAD);
	server__reload(server);
}

void
server__control_reloaded(struct server *server, const char *error)
{
	struct control_client *client;

	while ((client = control_take_waiting(server->control, CONTROL_RELOAD)) != NULL) {
		if (error != NULL)
			control_refuse(client, "the old configuration stays in force: %s", error);
		else
			control_finish(client);
	}
}

static void
run_stop(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	(void)arguments;
	(void)count;
	control_finish(client);
	server__stop(server, "cairnctl");
}

/* ---- the caches ---------------------------------------------------------------------------------------------------------- */

/* Of the caches' clock, which is the workers'. */
static uint32_t
now_s(void)
{
	return (uint32_t)(uv_hrtime() / NS_PER_S);
}

/* What comes from the file meanwhile would come back. */
static bool
may_flush(struct server *server, struct control_client *client)
{
	if (!cache_keeper_is_loading(&server->keeper))
		return true;
	control_refuse(client, "the cache file is still being read; try again in a moment");
	return false;
}

static uint64_t
flush(struct server *server, const struct flush_wish *wish, void *block)
{
	const struct caches *caches = &server->memory.caches;
	const uint64_t count = flush_store(rrset_cache_store(caches->rrsets), wish, block, now_s()) +
			       flush_store(negative_cache_store(caches->negatives), wish, block, now_s()) +
			       flush_store(delegation_cache_store(caches->delegations), wish, block, now_s());

	if (caches->ready != NULL)
		ready_cache_clear(caches->ready);
	return count;
}

static void
flush_for(struct server *server, struct control_client *client, const struct flush_wish *wish)
{
	if (!may_flush(server, client))
		return;
	void *block = malloc(FLUSH_BLOCK_BYTES);
	if (block == NULL) {
		control_refuse(client, "%s", err_text(ERR_NO_MEMORY));
		return;
	}
	const uint64_t count = flush(server, wish, block);
	free(block);
	control_say(client, "%llu entries flushed\n", (unsigned long long)count);
	control_finish(client);
}

static void
run_flush(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	struct name name;
	(void)count;

	if (read_name(client, arguments[0], &name))
		flush_for(server, client, &(struct flush_wish){ .name = &name });
}

static void
run_flush_zone(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	struct name name;
	(void)count;

	if (read_name(client, arguments[0], &name))
		flush_for(server, client, &(struct flush_wish){ .name = &name, .with_below = true });
}

static void
run_flush_type(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	const struct caches *caches = &server->memory.caches;
	struct name name;
	uint16_t type;
	(void)count;

	if (!read_name(client, arguments[0], &name))
		return;
	if (type_from_text(arguments[1], &type) != 0) {
		control_refuse(client, "`%s` is no type of records", arguments[1]);
		return;
	}
	if (!may_flush(server, client))
		return;
	rrset_cache_remove(caches->rrsets, &name, type, CLASS_IN, now_s());
	negative_cache_remove(caches->negatives, &name, type, CLASS_IN, now_s());
	if (type == TYPE_NS || type == TYPE_DS)
		delegation_cache_remove(caches->delegations, &name, now_s());
	if (caches->ready != NULL)
		ready_cache_clear(caches->ready);
	control_finish(client);
}

static void
say_delegation(struct control_client *client, const struct delegation *delegation)
{
	char name[NAME_TEXT_BYTES], addr[ADDR_TEXT_BYTES];

	control_say(client, "zone: %s\nttl: %u\nds: %s\n", name_to_text(delegation->zone, name, sizeof name),
		    delegation->ttl_s, delegation->ds != NULL ? "yes" : delegation->no_ds_proved ? "proved absent" : "unknown");
	for (unsigned i = 0; i < delegation->ns_count; i++) {
		const struct delegation_ns *ns = &delegation->ns[i];
		control_say(client, "ns: %s", name_to_text(ns->name, name, sizeof name));
		for (unsigned k = 0; k < ns->addr_count; k++)
			control_say(client, " %s", addr_to_text(&ns->addrs[k], addr, sizeof addr));
		control_say(client, "\n");
	}
}

static void
run_lookup(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	struct name name;
	struct arena arena;
	struct delegation delegation;
	(void)count;

	if (!read_name(client, arguments[0], &name))
		return;
	void *block = malloc(LOOKUP_BYTES);
	arena_init(&arena, block, block != NULL ? LOOKUP_BYTES : 0);
	const int err = delegation_cache_find(server->memory.caches.delegations, &name, &arena, &delegation, now_s());
	if (err == ERR_NO_MEMORY) {
		control_refuse(client, "%s", err_text(err));
	} else if (err == 0) {
		say_delegation(client, &delegation);
		control_finish(client);
	} else {
		control_say(client, "zone: .\nfrom: the root hints\n");
		control_finish(client);
	}
	free(block);
}

/* ---- negative trust anchors -------------------------------------------------------------------------------------------- */

/* Seconds, or what a number of m, h, d or w is. */
static bool
read_seconds(const char *text, uint32_t *seconds)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = { { '\0', 1 }, { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	char *end;

	errno = 0;
	const unsigned long number = strtoul(text, &end, 10);
	if (end == text || errno != 0 || text[0] == '-' || (end[0] != '\0' && end[1] != '\0'))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (*end != units[i].unit)
			continue;
		*seconds = (uint32_t)(number * units[i].seconds);
		return number >= 1 && number <= NTA_SECONDS_MAX / units[i].seconds;
	}
	return false;
}

void
server__forget(struct server *server, const struct name *zone)
{
	void *block = malloc(FLUSH_BLOCK_BYTES);

	if (block != NULL)
		(void)flush(server, &(struct flush_wish){ .name = zone, .with_below = true }, block);
	else
		log_error(server__log(server), "negative trust anchor: %s: what was judged before stays", err_text(ERR_NO_MEMORY));
	free(block);
}

void
server__control_trusts(struct server *server)
{
	struct control_client *client;

	while ((client = control_take_waiting(server->control, CONTROL_TRUST)) != NULL)
		control_finish(client);
}

static void
run_nta_add(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	struct name zone;
	uint32_t seconds = NTA_SECONDS;

	if (!read_name(client, arguments[0], &zone))
		return;
	if (count == 2 && !read_seconds(arguments[1], &seconds)) {
		control_refuse(client, "`%s` is no time of at most a week, such as 3600, 90m, 1h or 7d", arguments[1]);
		return;
	}
	if (server->settings->service->trust.anchors == NULL) {
		control_refuse(client, "nothing is validated (module-config has no `validator`)");
		return;
	}
	if (!may_flush(server, client))
		return;
	control_wait_for(client, CONTROL_TRUST);
	const int err = server__nta_add(server, &zone, seconds);
	if (err == ERR_FULL)
		control_refuse(client, "there are %u already, and no more are kept: take one out with nta_remove", NTA_MAX);
	else if (err != 0)
		control_refuse(client, "there is no room for it beside the anchors of the configuration");
	else
		log_notice(server__log(server), "negative trust anchor: %s is not validated for %u s", arguments[0], seconds);
}

static void
run_nta_remove(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	struct name zone;
	(void)count;

	if (!read_name(client, arguments[0], &zone))
		return;
	if (!may_flush(server, client))
		return;
	control_wait_for(client, CONTROL_TRUST);
	const int err = server__nta_remove(server, &zone);
	if (err == ERR_NOT_FOUND)
		control_refuse(client, "there is none for `%s`; nta_list tells them", arguments[0]);
	else if (err != 0)
		control_refuse(client, "%s: it stays in use until there is room for the others", err_text(err));
	else
		log_notice(server__log(server), "negative trust anchor: %s is validated again", arguments[0]);
}

static void
run_nta_list(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	const struct nta_list *list = &server->trust.ntas;
	const uint64_t now_s = uv_now(&server->loop) / 1000;
	char text[NAME_TEXT_BYTES];
	(void)arguments;
	(void)count;

	for (unsigned i = 0; i < list->count; i++) {
		const uint64_t until_s = list->items[i].until_s;
		control_say(client, "%s %llu\n", name_to_text(&list->items[i].zone, text, sizeof text),
			    (unsigned long long)(until_s > now_s ? until_s - now_s : 0));
	}
	control_finish(client);
}

/* ---- the table ------------------------------------------------------------------------------------------------------------ */

static void run_help(struct server *server, struct control_client *client, const char *const *arguments, unsigned count);

static const struct command commands[] = {
	{ "help", "", "tell these", 0, 0, run_help },
	{ "status", "", "version, uptime, threads, whether answers are validated", 0, 0, run_status },
	{ "stats", "", "the counters of all threads", 0, 0, run_stats },
	{ "reload", "", "read the configuration again; the caches stay", 0, 0, run_reload },
	{ "stop", "", "end cleanly", 0, 0, run_stop },
	{ "lookup", " NAME", "whom a question for the name would go to, as far as the cache knows", 1, 1, run_lookup },
	{ "flush", " NAME", "forget what is cached of the name", 1, 1, run_flush },
	{ "flush_type", " NAME TYPE", "forget what is cached of the name and type", 2, 2, run_flush_type },
	{ "flush_zone", " NAME", "forget what is cached of the name and of all below it", 1, 1, run_flush_zone },
	{ "nta_add", " ZONE [TIME]", "do not validate the zone for an hour, or for 90m, 2d, at most 1w", 1, 2, run_nta_add },
	{ "nta_remove", " ZONE", "validate it again", 1, 1, run_nta_remove },
	{ "nta_list", "", "the zones that are not validated, and the seconds that are left", 0, 0, run_nta_list },
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static void
run_help(struct server *server, struct control_client *client, const char *const *arguments, unsigned count)
{
	(void)server;
	(void)arguments;
	(void)count;
	for (size_t i = 0; i < COMMANDS; i++) {
		const int pad = 22 - (int)(strlen(commands[i].name) + strlen(commands[i].arguments));
		control_say(client, "%s%s%*s %s\n", commands[i].name, commands[i].arguments, pad, "", commands[i].what);
	}
	control_finish(client);
}

void
server__command(void *data, struct control_client *client, const char *const *words, unsigned count)
{
	struct server *server = data;

	if (server->is_stopping) {
		control_refuse(client, "the server is about to end");
		return;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *command = &commands[i];
		if (strcmp(command->name, words[0]) != 0)
			continue;
		if (count - 1 < command->least || count - 1 > command->most)
			control_refuse(client, "usage: %s%s", command->name, command->arguments);
		else
			command->run(server, client, words + 1, count - 1);
		return;
	}
	control_refuse(client, "`%s` is no command; `help` tells those there are", words[0]);
}
