#include "fetch/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fetch/json.h"
#include "fetch/printable.h"

#define NAME_COLUMNS    24
#define BAR_COLUMNS_MAX 60
#define LINE_BYTES      512u

/* ---- amounts ------------------------------------------------------------------------------------- */

const char *
progress_amount(uint64_t octets, char words[PROGRESS_AMOUNT_BYTES])
{
	static const char units[] = "kMGTPE";
	unsigned unit = 0;
	double amount = (double)octets / 1024;

	if (octets < 1024) {
		snprintf(words, PROGRESS_AMOUNT_BYTES, "%u", (unsigned)octets);
		return words;
	}
	while (amount >= 1000 && units[unit + 1] != '\0') {
		amount /= 1024;
		unit++;
	}
	snprintf(words, PROGRESS_AMOUNT_BYTES, amount < 10 ? "%.1f%c" : "%.0f%c", amount,
		 units[unit]);
	return words;
}

/* Of the whole run of the transfer: what it has, of what, at what pace. */
struct state {
	uint64_t have, whole, speed, left_s;
	char name[4 * NAME_COLUMNS];
};

static void
name_transfer(const struct transfer_facts *facts, char *name, size_t name_bytes)
{
	struct span text = facts->url.bytes != 0 ? facts->url : span_from_text(facts->job->url);
	text = span_first(text, span_find(text, '?'));
	for (size_t slash; (slash = span_find(text, '/')) + 1 < text.bytes;)
		text = span_from(text, slash + 1);
	printable_text(name, name_bytes, text.at, span_first(text, NAME_COLUMNS).bytes);
}

static void
read_state(const struct progress *progress, const struct transfer_facts *facts, struct state *state)
{
	uint64_t until_us = facts->is_over ? facts->end_us : net_now_us(progress->net);
	uint64_t past_us = until_us > facts->start_us ? until_us - facts->start_us : 1;

	state->have = facts->kept_bytes + facts->content_bytes;
	state->whole = facts->total_bytes;
	state->speed = (uint64_t)((double)facts->content_bytes * 1e6 / (double)past_us);
	state->left_s = state->speed != 0 && state->whole > state->have
				? (state->whole - state->have) / state->speed
				: 0;
	name_transfer(facts, state->name, sizeof state->name);
}

/* ---- kinds --------------------------------------------------------------------------------------- */

static int
terminal_columns(void)
{
	struct winsize size;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

/* `name  42% [====>      ] 1.2M  340k/s  eta 5s', as wide as the terminal at most. */
static void
paint_bar(const struct state *state)
{
	char have[PROGRESS_AMOUNT_BYTES], speed[PROGRESS_AMOUNT_BYTES], bar[BAR_COLUMNS_MAX + 1],
		eta[32] = "";
	int columns = terminal_columns() - NAME_COLUMNS - 34;

	columns = columns < 0 ? 0 : columns > BAR_COLUMNS_MAX ? BAR_COLUMNS_MAX : columns;
	memset(bar, ' ', (size_t)columns);
	bar[columns] = '\0';
	if (state->left_s != 0)
		snprintf(eta, sizeof eta, "eta %llus", (unsigned long long)state->left_s);
	progress_amount(state->have, have);
	progress_amount(state->speed, speed);
	if (state->whole == 0) {
		fprintf(stderr, "%-*s      [%s] %5s %5s/s\x1b[K\n", NAME_COLUMNS, state->name, bar,
			have, speed);
		return;
	}
	uint64_t part = state->have < state->whole ? state->have : state->whole;
	int filled = (int)((double)part / (double)state->whole * columns);
	memset(bar, '=', (size_t)filled);
	if (filled > 0 && filled < columns)
		bar[filled - 1] = '>';
	fprintf(stderr, "%-*s %3u%% [%s] %5s %5s/s %s\x1b[K\n", NAME_COLUMNS, state->name,
		(unsigned)((double)part * 100 / (double)state->whole), bar, have, speed, eta);
}

static void
print_plain(const struct state *state)
{
	char have[PROGRESS_AMOUNT_BYTES], whole[PROGRESS_AMOUNT_BYTES],
		speed[PROGRESS_AMOUNT_BYTES];
	progress_amount(state->have, have);
	progress_amount(state->speed, speed);
	if (state->whole != 0)
		fprintf(stderr, "%s: %u%%, %s of %s, %s/s, %llu s left\n", state->name,
			(unsigned)((double)state->have * 100 / (double)state->whole), have,
			progress_amount(state->whole, whole), speed,
			(unsigned long long)state->left_s);
	else
		fprintf(stderr, "%s: %s, %s/s\n", state->name, have, speed);
}

static void
print_json(const struct transfer_facts *facts, const struct state *state)
{
	char memory[16384];
	struct json json;
	size_t bytes;

	json_init(&json, memory, sizeof memory);
	json_object_begin(&json);
	json_key(&json, "urlnum"), json_uint(&json, facts->job->number);
	json_key(&json, "url"),
		json_string(&json, facts->url.at, span_first(facts->url, 2000).bytes);
	json_key(&json, "have"), json_uint(&json, state->have);
	json_key(&json, "whole");
	if (state->whole != 0)
		json_uint(&json, state->whole);
	else
		json_null(&json);
	json_key(&json, "speed"), json_uint(&json, state->speed);
	json_key(&json, "is_over"), json_bool(&json, facts->is_over);
	json_object_end(&json);
	json_line_end(&json);
	const char *line = json_drain(&json, &bytes);
	fwrite(line, 1, bytes, stderr);
}

static void
show(struct progress *progress, const struct transfer *transfer)
{
	const struct transfer_facts *facts = transfer_facts(transfer);
	struct state state;

	read_state(progress, facts, &state);
	switch (progress->kind) {
	case PROGRESS_BAR: paint_bar(&state); break;
	case PROGRESS_PLAIN: print_plain(&state); break;
	case PROGRESS_JSON: print_json(facts, &state); break;
	case PROGRESS_NONE: break;
	}
}

/* ---- over time ----------------------------------------------------------------------------------- */

void
progress_hide(struct progress *progress)
{
	if (progress->painted_lines != 0)
		fprintf(stderr, "\x1b[%uA\x1b[J",
			progress->painted_lines); /* up, and clear below */
	progress->painted_lines = 0;
}

static void
show_all(struct progress *progress)
{
	progress_hide(progress);
	for (unsigned i = 0; i < PROGRESS_TRANSFERS_MAX; i++) {
		if (progress->shown[i] == NULL)
			continue;
		show(progress, progress->shown[i]);
		progress->painted_lines += progress->kind == PROGRESS_BAR;
	}
	fflush(stderr);
}

static void on_due(void *data);

static void
wait(struct progress *progress)
{
	uint64_t wait_us = progress->kind == PROGRESS_PLAIN ? PROGRESS_LINE_US : PROGRESS_PAINT_US;
	net_timer_start(progress->net, &progress->due, net_now_us(progress->net) + wait_us, on_due,
			progress);
}

static void
on_due(void *data)
{
	struct progress *progress = data;
	bool has_any = false;
	for (unsigned i = 0; i < PROGRESS_TRANSFERS_MAX; i++)
		has_any = has_any || progress->shown[i] != NULL;
	if (!has_any)
		return;
	show_all(progress);
	wait(progress);
}

void
progress_add(struct progress *progress, const struct transfer *transfer)
{
	if (progress->kind == PROGRESS_NONE)
		return;
	for (unsigned i = 0; i < PROGRESS_TRANSFERS_MAX; i++) {
		if (progress->shown[i] != NULL)
			continue;
		progress->shown[i] = transfer;
		wait(progress);
		return;
	}
}

/* A transfer that was too short to be seen leaves no line, except for programs. */
void
progress_remove(struct progress *progress, const struct transfer *transfer)
{
	const struct transfer_facts *facts = transfer_facts(transfer);
	bool was_seen = facts->end_us - facts->start_us >= PROGRESS_PAINT_US * 5 ||
			progress->kind == PROGRESS_JSON;
	for (unsigned i = 0; i < PROGRESS_TRANSFERS_MAX; i++) {
		if (progress->shown[i] != transfer)
			continue;
		progress->shown[i] = NULL;
		progress_hide(progress);
		if (was_seen)
			show(progress, transfer);
	}
}

/* ---- which kind ---------------------------------------------------------------------------------- */

static int
read_kind(const char *word, enum progress_kind *kind, struct failure *failure)
{
	static const char *const words[] = { "bar", "plain", "json", "none" };
	for (int i = PROGRESS_BAR; i <= PROGRESS_NONE; i++) {
		if (strcmp(word, words[i]) == 0) {
			*kind = (enum progress_kind)i;
			return 0;
		}
	}
	failure_set(failure, FAILURE_USAGE, "--progress is bar, plain, json or none, not `%s'",
		    word);
	return -1;
}

int
progress_init(struct progress *progress, struct net *net, const struct run_settings *run,
	      bool is_content_on_terminal, struct failure *failure)
{
	bool is_terminal = isatty(STDERR_FILENO);
	*progress = (struct progress){ .net = net };
	progress->kind = is_terminal || run->wants_bar ? PROGRESS_BAR : PROGRESS_PLAIN;
	if (!run->has_progress || run->is_silent || run->is_verbose || is_content_on_terminal)
		progress->kind = PROGRESS_NONE;
	return run->progress != NULL ? read_kind(run->progress, &progress->kind, failure) : 0;
}

void
progress_fini(struct progress *progress)
{
	net_timer_stop(progress->net, &progress->due);
}
