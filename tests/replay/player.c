#include "tests/replay/player.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/wire/text.h"
#include "tests/replay/entry.h"
#include "tests/replay/file.h"
#include "tests/replay/macro.h"
#include "tests/replay/translate.h"
#include "tests/replay/world.h"

#define CLIENT_PORT     4242u
#define TIMEOUT_WAIT_US 5000000u

/* A query of the engine's that nobody has answered, or of a zone to its primary. */
struct asked {
	engine_query query;
	struct secondary *secondary; /* NULL: it is the engine's */
	struct ip_addr server;
	bool is_tcp;
	size_t size;
	uint8_t bytes[SECONDARY_QUERY_BYTES_MAX];
};

/* An answer to a client that no step has looked at. */
struct answered {
	struct ip_addr client;
	bool is_tcp;
	size_t size;
	uint8_t *bytes;
};

struct player {
	const struct script *script;
	const char *directory;
	bool is_verbose;
	struct world world;
	struct macros macros;
	unsigned at; /* the step to be done */
	struct asked asked[PLAYER_QUERIES_MAX]; /* oldest first */
	unsigned asked_count;
	struct answered answered[PLAYER_ANSWERS_MAX];
	unsigned answered_count;
	uint8_t buffer[MESSAGE_BYTES_MAX + 1];
	char *why;
};

static bool
fail(struct player *player, const struct step *step, const char *what, const char *detail)
{
	if (step != NULL)
		(void)snprintf(player->why, PLAYER_WHY_BYTES, "step %u (line %u): %s%s%s", step->number, step->line, what,
			       detail[0] != '\0' ? ": " : "", detail);
	else
		(void)snprintf(player->why, PLAYER_WHY_BYTES, "%s%s%s", what, detail[0] != '\0' ? ": " : "", detail);
	return false;
}

static void
say(const struct player *player, const char *what, const uint8_t *bytes, size_t size, const struct ip_addr *addr)
{
	static uint8_t memory[1 << 20];
	static char text[300000];
	char addr_text[ADDR_TEXT_BYTES] = "";
	struct arena arena;
	struct message message;

	if (!player->is_verbose)
		return;
	arena_init(&arena, memory, sizeof memory);
	addr_to_text(addr, addr_text, sizeof addr_text);
	(void)fprintf(stderr, "# %s %s\n", what, addr_text);
	if (message_read(&message, &arena, bytes, size) == 0 && message_to_text(&message, text, sizeof text) >= 0)
		(void)fprintf(stderr, "%s\n", text);
}

/* ---- what the engine wants ---------------------------------------------------------------------------------- */

static void
drop_asked(struct player *player, unsigned at)
{
	memmove(&player->asked[at], &player->asked[at + 1], (player->asked_count - at - 1) * sizeof player->asked[0]);
	player->asked_count--;
}

static bool
keep_answer(struct player *player, const struct client_source *source, const uint8_t *bytes, size_t size)
{
	if (player->answered_count == PLAYER_ANSWERS_MAX)
		return fail(player, NULL, "too many answers that no step looks at", "");
	struct answered *answered = &player->answered[player->answered_count++];
	*answered = (struct answered){ source->addr, source->is_stream, size, malloc(size) };
	memcpy(answered->bytes, bytes, size);
	say(player, "answer to", bytes, size, &source->addr);
	return true;
}

static bool
take_action(struct player *player, const struct engine_action *action)
{
	struct client_outcome outcome;

	switch (action->kind) {
	case ENGINE_SEND:
		if (player->asked_count == PLAYER_QUERIES_MAX || action->size > sizeof player->asked[0].bytes)
			return fail(player, NULL, "too many queries are pending", "");
		struct asked *asked = &player->asked[player->asked_count++];
		*asked = (struct asked){ action->query, NULL, action->server, action->transport == ENGINE_TCP, action->size, { 0 } };
		memcpy(asked->bytes, action->bytes, action->size);
		say(player, "query to", asked->bytes, asked->size, &asked->server);
		return true;
	case ENGINE_CLOSE:
		for (unsigned i = 0; i < player->asked_count; i++)
			if (player->asked[i].secondary == NULL && player->asked[i].query == action->query) {
				drop_asked(player, i);
				break;
			}
		return true;
	case ENGINE_REFRESHED: return true;
	case ENGINE_FETCH: return true;  /* there is no second level here */
	case ENGINE_VERIFY: return true; /* every signature is checked by the engine */
	case ENGINE_ANSWER: break;
	}
	if (action->client >= WORLD_KEYS_CLIENT) {
		world_hear_keys(&player->world, action->client, action->answer);
		return true;
	}
	const struct client_source source = *client_source_of(&player->world.clients, action->client);
	client_answer(&player->world.clients, action->client, action->answer, player->buffer, sizeof player->buffer,
		      player->world.now_us, &outcome);
	return outcome.fate != CLIENT_REPLIES || keep_answer(player, &source, player->buffer, outcome.reply_bytes);
}

static bool
ask_primary(struct player *player, struct secondary *secondary, const struct refresh_action *action)
{
	if (player->asked_count == PLAYER_QUERIES_MAX || action->size > sizeof player->asked[0].bytes)
		return fail(player, NULL, "too many queries are pending", "");
	struct asked *asked = &player->asked[player->asked_count++];
	*asked = (struct asked){ 0, secondary, action->primary->addr, true, action->size, { 0 } };
	memcpy(asked->bytes, action->bytes, action->size);
	say(player, "query to primary", asked->bytes, asked->size, &asked->server);
	return true;
}

static void
drop_asked_of(struct player *player, const struct secondary *secondary)
{
	for (unsigned i = player->asked_count; i-- > 0;)
		if (player->asked[i].secondary == secondary)
			drop_asked(player, i);
}

/* What the zones with primaries want. */
static bool
drain_zones(struct player *player)
{
	struct secondaries *secondaries = &player->world.secondaries;
	struct refresh_action action;
	char why[PLAYER_WHY_BYTES - 100];

	for (unsigned i = 0; i < secondaries->count; i++) {
		struct secondary *secondary = &secondaries->items[i];
		while (secondaries_next(secondaries, secondary, &action, player->world.now_us)) {
			if (action.kind == REFRESH_CLOSE)
				drop_asked_of(player, secondary);
			else if (!ask_primary(player, secondary, &action))
				return false;
		}
	}
	if (!secondaries->has_changed)
		return true;
	secondaries->has_changed = false;
	return world_renew(&player->world, why, sizeof why) || fail(player, NULL, "zone", why);
}

static bool
drain(struct player *player)
{
	struct engine_action action;

	while (engine_next(player->world.engine, &action))
		if (!take_action(player, &action))
			return false;
	return drain_zones(player);
}

/* ---- upstream ------------------------------------------------------------------------------------------------- */

static struct packet
packet_of(const struct asked *asked)
{
	return (struct packet){ asked->bytes, asked->size, asked->is_tcp };
}

static bool
reply_to(struct player *player, unsigned at, const struct entry *entry)
{
	const struct asked asked = player->asked[at];
	const struct packet packet = packet_of(&asked);
	const size_t size = entry_reply(entry, &packet, player->buffer);

	/* Queries have id 0 in the files; ours are what they are. */
	if (size >= 2 && (entry->adjust & ADJUST_COPY_ID) == 0)
		memcpy(player->buffer, asked.bytes, 2);
	drop_asked(player, at);
	say(player, "reply from", player->buffer, size, &asked.server);
	if (asked.secondary != NULL)
		secondaries_receive(&player->world.secondaries, asked.secondary, player->buffer, size, player->world.now_us);
	else
		engine_receive(player->world.engine, asked.query, player->buffer, size, player->world.now_us);
	return drain(player);
}

static bool
serves(const struct range *range, unsigned number, const struct ip_addr *server)
{
	if (number < range->first || number > range->last)
		return false;
	for (unsigned i = 0; i < range->addr_count; i++)
		if (addr_equal(&range->addrs[i], server))
			return true;
	return !range->has_addr;
}

/* The entry that answers the query now; the last range of the file is looked at first. */
static const struct entry *
find_entry(const struct player *player, const struct asked *asked)
{
	const unsigned number = player->at < player->script->step_count ? player->script->steps[player->at].number
									  : player->script->steps[player->script->step_count - 1].number;
	const struct packet packet = packet_of(asked);
	char why[PLAYER_WHY_BYTES];

	for (unsigned i = player->script->range_count; i-- > 0;) {
		const struct range *range = &player->script->ranges[i];
		if (!serves(range, number, &asked->server))
			continue;
		for (const struct entry *entry = range->entries; entry != NULL; entry = entry->next)
			if (entry_matches(entry, &packet, why, sizeof why))
				return entry;
	}
	return NULL;
}

/* True when a pending query was answered from a range. */
static bool
answer_one(struct player *player, bool *is_right)
{
	for (unsigned i = 0; i < player->asked_count; i++) {
		const struct entry *entry = find_entry(player, &player->asked[i]);
		if (entry == NULL)
			continue;
		*is_right = reply_to(player, i, entry);
		return true;
	}
	return false;
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

static bool
do_query(struct player *player, const struct step *step)
{
	struct client_source source = { .port = CLIENT_PORT, .is_stream = step->entry->is_tcp };
	struct client_outcome outcome;

	(void)addr_from_text(&source.addr, "127.0.0.1");
	if (step->has_addr)
		source.addr = step->addr;
	say(player, "question of", step->entry->bytes, step->entry->size, &source.addr);
	client_query(&player->world.clients, &source, step->entry->bytes, step->entry->size, player->buffer,
		     source.is_stream ? sizeof player->buffer : 4096, player->world.now_us, &outcome);
	if (outcome.fate == CLIENT_REPLIES && !keep_answer(player, &source, player->buffer, outcome.reply_bytes))
		return false;
	return drain(player);
}

/* True: some waiting answer is as the step says. */
static bool
do_check_answer(struct player *player, const struct step *step)
{
	char why[PLAYER_WHY_BYTES - 100] = "no answer has come";

	for (unsigned i = 0; i < player->answered_count; i++) {
		struct answered *answered = &player->answered[i];
		const struct packet packet = { answered->bytes, answered->size, answered->is_tcp };
		if ((step->has_addr && !addr_equal(&step->addr, &answered->client)) ||
		    !entry_matches(step->entry, &packet, why, sizeof why))
			continue;
		free(answered->bytes);
		memmove(answered, answered + 1, (player->answered_count - i - 1) * sizeof *answered);
		player->answered_count--;
		return true;
	}
	return fail(player, step, "answer", why);
}

/* The pending query that a CHECK_OUT_QUERY waits for; -1: none. */
static int
find_out_query(const struct player *player, const struct step *step)
{
	char why[PLAYER_WHY_BYTES];

	for (unsigned i = 0; i < player->asked_count; i++) {
		const struct packet packet = packet_of(&player->asked[i]);
		if ((!step->has_addr || addr_equal(&step->addr, &player->asked[i].server)) &&
		    entry_matches(step->entry, &packet, why, sizeof why))
			return (int)i;
	}
	return -1;
}

static bool
do_check_out_query(struct player *player, const struct step *step)
{
	const int at = find_out_query(player, step);

	if (at < 0)
		return fail(player, step, "no such query is pending", "");
	return (step->entry->adjust & ADJUST_COPY_ID) == 0 || reply_to(player, (unsigned)at, step->entry);
}

static void
set_clock(struct player *player, uint64_t now_us)
{
	world_set_time(&player->world, now_us);
	player->macros.now_s = (double)(now_us - WORLD_START_US) / 1e6;
}

/* Nobody answers the newest query.  Time passes only if nothing comes of that at once, until something does. */
static bool
do_timeout(struct player *player, const struct step *step)
{
	const uint64_t end_us = player->world.now_us + TIMEOUT_WAIT_US;
	uint64_t at_us;

	if (player->asked_count == 0)
		return fail(player, step, "no query is pending", "");
	const engine_query query = player->asked[player->asked_count - 1].query;
	struct secondary *secondary = player->asked[player->asked_count - 1].secondary;
	drop_asked(player, player->asked_count - 1);
	const unsigned asked_count = player->asked_count, answered_count = player->answered_count;
	if (secondary != NULL)
		refresh_failed(&secondary->refresh, player->world.now_us);
	else
		engine_timed_out(player->world.engine, query, player->world.now_us);
	if (!drain(player))
		return false;
	while (player->asked_count <= asked_count && player->answered_count == answered_count &&
	       (at_us = world_deadline(&player->world)) <= end_us) {
		set_clock(player, at_us > player->world.now_us ? at_us : player->world.now_us + 1000);
		if (!drain(player))
			return false;
	}
	return true;
}

static bool
do_error(struct player *player, const struct step *step)
{
	if (player->asked_count == 0)
		return fail(player, step, "no query is pending", "");
	const struct asked asked = player->asked[player->asked_count - 1];
	drop_asked(player, player->asked_count - 1);
	if (asked.secondary != NULL)
		refresh_failed(&asked.secondary->refresh, player->world.now_us);
	else
		engine_failed(player->world.engine, asked.query, STACK_ERROR_PORT_UNREACHABLE, player->world.now_us);
	return drain(player);
}

/* Timers that fall due on the way run at their own time; those of trust points, which scenarios count on, at the end. */
static bool
do_time_passes(struct player *player, const struct step *step)
{
	char word[MACRO_TEXT_BYTES];
	const char *rest = line_word(step->text, word, sizeof word);
	double seconds;

	if (rest == NULL || !macro_number(&player->macros, line_skip(rest), &seconds) || seconds < 0)
		return fail(player, step, "no time", step->text);
	const uint64_t end_us = player->world.now_us + (uint64_t)(seconds * 1e6);
	for (unsigned turns = 0; turns < 100000; turns++) {
		const uint64_t at_us = world_deadline(&player->world);
		if (at_us == ENGINE_NEVER || at_us > end_us)
			break;
		set_clock(player, at_us > player->world.now_us ? at_us : player->world.now_us + 1000);
		if (!drain(player))
			return false;
	}
	set_clock(player, end_us);
	world_ask_keys(&player->world);
	return drain(player);
}

static bool
do_infra_rtt(struct player *player, const struct step *step)
{
	char addr_text[SCRIPT_WORD_BYTES], zone[SCRIPT_WORD_BYTES], rtt[SCRIPT_WORD_BYTES];
	struct ip_addr addr;
	const char *rest = line_word(step->text, addr_text, sizeof addr_text);

	if (rest == NULL || (rest = line_word(rest, zone, sizeof zone)) == NULL || line_word(rest, rtt, sizeof rtt) == NULL ||
	    addr_from_text(&addr, addr_text) != 0)
		return fail(player, step, "no ADDRESS ZONE MS", step->text);
	infra_heard(player->world.caches.infra, &addr, (uint32_t)strtoul(rtt, NULL, 10) * 1000u, player->world.now_us);
	return true;
}

/* A file that the resolver keeps, line by line; remarks are each program's own. */
static bool
do_check_file(struct player *player, const struct step *step)
{
	char path[SCRIPT_WORD_BYTES * 2], name[SCRIPT_WORD_BYTES], why[PLAYER_WHY_BYTES - 100];

	if (line_word(step->text, name, sizeof name) == NULL || step->body == NULL)
		return fail(player, step, "no file", step->text);
	(void)snprintf(path, sizeof path, "%s/%s", player->directory, name);
	return file_matches(path, step->body, &player->macros, why, sizeof why) || fail(player, step, name, why);
}

static bool
do_step(struct player *player, const struct step *step)
{
	player->macros.timeout_s = world_timeout_s(&player->world);
	switch (step->kind) {
	case STEP_NOTHING:
	case STEP_TRAFFIC:         return true;
	case STEP_QUERY:           return do_query(player, step);
	case STEP_CHECK_ANSWER:    return do_check_answer(player, step);
	case STEP_CHECK_OUT_QUERY: return do_check_out_query(player, step);
	case STEP_REPLY:
		return player->asked_count == 0 ? fail(player, step, "no query is pending", "")
						 : reply_to(player, player->asked_count - 1, step->entry);
	case STEP_TIMEOUT:     return do_timeout(player, step);
	case STEP_ERROR:       return do_error(player, step);
	case STEP_TIME_PASSES: return do_time_passes(player, step);
	case STEP_ASSIGN:
		return macro_assign(&player->macros, step->text) ? true : fail(player, step, "no assignment", step->text);
	case STEP_INFRA_RTT: return do_infra_rtt(player, step);
	case STEP_CHECK_AUTOTRUST:
	case STEP_CHECK_TEMPFILE: return do_check_file(player, step);
	}
	return false;
}

/* ---- rounds -------------------------------------------------------------------------------------------------------- */

/* The first of these that applies (README.md); false: the scenario has failed. */
static bool
one_round(struct player *player)
{
	const struct step *step = &player->script->steps[player->at];
	bool is_right = true;

	if (step->kind == STEP_CHECK_OUT_QUERY && find_out_query(player, step) >= 0) {
		player->at++;
		return do_check_out_query(player, step);
	}
	if (step->kind == STEP_CHECK_ANSWER && player->answered_count > 0) {
		player->at++;
		return do_check_answer(player, step);
	}
	if (answer_one(player, &is_right))
		return is_right;
	player->at++; /* a QUERY's own traffic is matched with the number of the next step */
	return do_step(player, step);
}

static bool
run(struct player *player)
{
	unsigned rounds = 0;
	bool is_right = true;

	while (player->at < player->script->step_count) {
		if (++rounds > PLAYER_ROUNDS_MAX)
			return fail(player, NULL, "too many rounds", "");
		if (!one_round(player))
			return false;
	}
	while (answer_one(player, &is_right)) {
		if (!is_right)
			return false;
		if (++rounds > PLAYER_ROUNDS_MAX)
			return fail(player, NULL, "too many rounds", "");
	}
	if (player->answered_count > 0)
		return fail(player, NULL, "answers are left that no step looked at", "");
	if (player->asked_count > 0) {
		char text[ADDR_TEXT_BYTES];
		say(player, "left pending, to", player->asked[0].bytes, player->asked[0].size, &player->asked[0].server);
		return fail(player, NULL, "a query is left that nobody answered, to",
			    addr_to_text(&player->asked[0].server, text, sizeof text));
	}
	return true;
}

static bool
write_files(const struct script *script, const char *directory, char *why)
{
	char path[SCRIPT_WORD_BYTES * 2];

	for (unsigned i = 0; i < script->tempfile_count; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", directory, script->tempfiles[i].name);
		FILE *file = fopen(path, "we");
		if (file == NULL || fputs(script->tempfiles[i].text, file) < 0 || fclose(file) != 0) {
			(void)snprintf(why, PLAYER_WHY_BYTES, "%s cannot be written", path);
			return false;
		}
	}
	return true;
}

bool
player_play(const struct script *script, const char *directory, bool is_verbose, char why[PLAYER_WHY_BYTES])
{
	struct player *player = calloc(1, sizeof *player);
	struct translation translation = { .text = NULL };
	bool is_right = player != NULL && write_files(script, directory, why);

	if (is_right && !translate(&translation, script, directory)) {
		(void)snprintf(why, PLAYER_WHY_BYTES, "%s", translation.error);
		is_right = false;
	}
	if (is_right) {
		*player = (struct player){ .script = script, .directory = directory, .is_verbose = is_verbose, .why = why };
		fake_crypto_set(translation.fake_sha1);
		if (is_verbose)
			(void)fprintf(stderr, "%s\n", translation.text);
		is_right = world_init(&player->world, translation.text, translation.queries_max, why, PLAYER_WHY_BYTES) &&
			   run(player);
		world_fini(&player->world);
	}
	free(translation.text);
	for (unsigned i = 0; player != NULL && i < player->answered_count; i++)
		free(player->answered[i].bytes);
	free(player);
	return is_right;
}
