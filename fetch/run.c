#include "fetch/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch/glob.h"
#include "fetch/mirror.h"
#include "fetch/progress.h"
#include "fetch/transfer.h"
#include "fetch/url_shown.h"
#include "fetch/writeout.h"

#define JOB_SPARE_BYTES 65536u /* beside the URL: for the name of its file */

struct run {
	struct client *client;
	const struct options *options;
	size_t group_at, url_at; /* of the command line: the URL whose turn it is */
	struct glob glob;        /* of that URL, when it has begun */
	uint64_t glob_at;
	bool has_glob;
	unsigned job_count;
	size_t active_count;
	size_t writer_count, line_count; /* of those: who write to standard output, and only a line at their end */
	int exit_status;
	bool is_ending; /* --fail-early */
	uint64_t next_start_us; /* --rate */
	bool is_waiting;        /* for that time */
	struct net_timer timer;
	struct progress progress;
	FILE *report; /* --json-report; NULL: none */
};

/* What a job writes to standard output: content and heads must not have anything of another's between them. */
enum stdout_use { STDOUT_NOTHING, STDOUT_LINE, STDOUT_WHOLE };

/* A transfer under way, and the texts of its job. */
struct active {
	struct run *run;
	struct transfer_job job;
	struct setting_item output;
	enum stdout_use stdout_use;
	struct arena arena; /* over the memory behind */
};

/* ---- what is told -------------------------------------------------------------------------------- */

static void
tell_failure(const struct run *run, const struct failure *failure)
{
	const struct run_settings *settings = run->client->run;
	if (settings->is_silent && !settings->shows_errors)
		return;
	const char *text =
		failure->text[0] != '\0' ? failure->text : failure_summary(failure->cause);
	fprintf(stderr, "cairn-fetch: (%d) %s\n", failure_exit_status(failure->cause), text);
}

/* ---- what is to be done -------------------------------------------------------------------------- */

/* The nth -o, -O or -T is of the nth URL of its group. */
static const struct setting_item *
nth(const struct setting_list *list, size_t n)
{
	return n < list->count ? &list->items[n] : NULL;
}

static void
count_failure(struct run *run, enum failure_cause cause)
{
	if (run->exit_status == 0)
		run->exit_status = failure_exit_status(cause);
	if (run->client->run->fails_early)
		run->is_ending = true;
}

static void
on_failure(struct run *run, const struct failure *failure)
{
	tell_failure(run, failure);
	count_failure(run, failure->cause);
}

/* The URL of the command line that is to be fetched next; NULL at the end. */
static const char *
next_text(struct run *run)
{
	const struct options *options = run->options;
	for (; run->group_at < options->group_count; run->group_at++, run->url_at = 0) {
		const struct setting_list *urls = &options->groups[run->group_at].urls;
		if (run->url_at < urls->count)
			return urls->items[run->url_at].text;
	}
	return NULL;
}

/* Opens the pattern of the next URL that is one; false at the end. */
static bool
open_glob(struct run *run)
{
	const char *text;
	while ((text = next_text(run)) != NULL) {
		struct span pattern = span_from_text(text);
		int err = 0;
		if (run->options->groups[run->group_at].settings.has_no_globs)
			glob_none(&run->glob, pattern);
		else
			err = glob_parse(&run->glob, pattern);
		run->glob_at = 0;
		run->has_glob = err == 0;
		if (err == 0)
			return true;
		struct failure failure;
		char shown[URL_SHOWN_BYTES];
		url_shown_as_written(text, false, shown, sizeof shown);
		failure_set(&failure, FAILURE_URL,
			    "URL `%s', column %zu: %s; -g takes it as it stands", shown,
			    run->glob.column, run->glob.why);
		on_failure(run, &failure);
		run->url_at++;
	}
	return false;
}

static struct active *
active_new(struct run *run, size_t url_bytes)
{
	size_t bytes = 4 * url_bytes + JOB_SPARE_BYTES;
	struct active *active = malloc(sizeof *active + bytes);
	if (active == NULL)
		return NULL;
	*active = (struct active){ .run = run };
	arena_init(&active->arena, active + 1, bytes);
	return active;
}

static const char *
terminated(struct arena *arena, struct span text)
{
	return arena_printf(arena, SPAN_FORMAT, SPAN_ARGUMENTS(text));
}

/* Fills in #1 and so on. */
static int
name_output(struct active *active, const struct setting_item *given)
{
	struct run *run = active->run;
	struct span name;
	if (given == NULL)
		return 0;
	active->output = *given;
	active->job.output = &active->output;
	if (given->text == NULL)
		return 0;
	int err = glob_name(&run->glob, run->glob_at, span_from_text(given->text), &active->arena,
			    &name);
	if (err != 0)
		return err;
	active->output.text = terminated(&active->arena, name);
	return active->output.text != NULL ? 0 : ERR_NO_MEMORY;
}

static int
fill_job(struct active *active)
{
	struct run *run = active->run;
	const struct option_group *group = &run->options->groups[run->group_at];
	const struct setting_item *upload = nth(&group->settings.uploads, run->url_at);
	struct span url;
	int err = glob_url(&run->glob, run->glob_at, &active->arena, &url);
	if (err != 0)
		return err;
	active->job = (struct transfer_job){ .group = &run->client->groups[run->group_at],
					     .url = terminated(&active->arena, url),
					     .upload = upload != NULL ? upload->text : NULL,
					     .number = run->job_count };
	if (active->job.url == NULL)
		return ERR_NO_MEMORY;
	return name_output(active, nth(&group->settings.outputs, run->url_at));
}

/* The next job, and past it; NULL when there is no memory for it. */
static struct active *
next_job(struct run *run)
{
	struct active *active = active_new(run, strlen(next_text(run)));
	if (active != NULL && fill_job(active) != 0) {
		free(active);
		active = NULL;
	}
	run->job_count++;
	if (++run->glob_at == run->glob.url_count) {
		run->has_glob = false;
		run->url_at++;
	}
	return active;
}

/* ---- one after the other, or several at once ------------------------------------------------------- */

static void start_more(struct run *run);

static void
count_stdout(struct run *run, enum stdout_use use, int more)
{
	if (use == STDOUT_WHOLE)
		run->writer_count += (size_t)more;
	else if (use == STDOUT_LINE)
		run->line_count += (size_t)more;
}

static void
active_free(struct active *active)
{
	struct run *run = active->run;
	count_stdout(run, active->stdout_use, -1);
	free(active);
	run->active_count--;
	start_more(run);
}

static void
report(struct run *run, const struct transfer_facts *facts)
{
	const char *format = facts->job->group->settings->write_out;
	struct failure failure;
	if (format != NULL && !writeout(format, facts)) {
		failure_set(&failure, FAILURE_WRITE, "what -w prints cannot be written: %s", strerror(errno));
		on_failure(run, &failure);
	}
	if (run->report == NULL || writeout_report(run->report, facts))
		return;
	failure_set(&failure, FAILURE_WRITE, "the report cannot be written: %s", strerror(errno));
	on_failure(run, &failure);
}

static void
begin(struct run *run, struct transfer *transfer)
{
	progress_add(&run->progress, transfer);
}

static void
end(struct run *run, struct transfer *transfer)
{
	const struct transfer_facts *facts = transfer_facts(transfer);
	progress_remove(&run->progress, transfer);
	if (facts->failure.cause != FAILURE_NONE)
		on_failure(run, &facts->failure);
	report(run, facts);
}

static void
on_done(void *data, struct transfer *transfer)
{
	struct active *active = data;
	end(active->run, transfer);
	transfer_free(transfer);
	active_free(active);
}

static void
on_mirror_begin(void *data, struct transfer *transfer)
{
	const struct active *active = data;
	begin(active->run, transfer);
}

static void
on_mirror_end(void *data, struct transfer *transfer)
{
	const struct active *active = data;
	end(active->run, transfer);
}

static void
on_mirror_failure(void *data, const struct failure *failure)
{
	const struct active *active = data;
	on_failure(active->run, failure);
}

static void
on_mirror_done(void *data, struct mirror *mirror)
{
	mirror_free(mirror);
	active_free(data);
}

/* 0: it is under way. */
static int
start_job(struct active *active, struct failure *failure)
{
	struct client *client = active->run->client;
	if (settings_has_mirror(active->job.group->settings)) {
		const struct mirror_callbacks callbacks = { on_mirror_begin, on_mirror_end,
							    on_mirror_failure, on_mirror_done,
							    active };
		return mirror_start(client, &active->job, &callbacks, failure) != NULL ? 0 : -1;
	}
	struct transfer *transfer = transfer_start(client, &active->job, on_done, active);
	if (transfer == NULL) {
		failure_set(failure, FAILURE_MEMORY, "no memory for a transfer");
		return -1;
	}
	begin(active->run, transfer);
	return 0;
}

static size_t
active_max(const struct run *run)
{
	uint64_t wanted = run->client->run->parallel_max;
	if (!run->client->run->is_parallel)
		return 1;
	return wanted == 0 || wanted > RUN_PARALLEL_MAX ? RUN_PARALLEL_MAX : (size_t)wanted;
}

static bool
is_dash(const char *path)
{
	return path != NULL && strcmp(path, "-") == 0;
}

/* Of the job whose turn it is. */
static bool
has_content_on_stdout(const struct run *run)
{
	const struct settings *settings = &run->options->groups[run->group_at].settings;
	const struct setting_item *output = nth(&settings->outputs, run->url_at);
	if (output == NULL)
		return !settings->names_all && !settings_has_mirror(settings);
	return output->kind == OUTPUT_FILE && is_dash(output->text);
}

static enum stdout_use
stdout_use(const struct run *run)
{
	const struct settings *settings = &run->options->groups[run->group_at].settings;
	if (has_content_on_stdout(run) || is_dash(settings->header_file) || run->client->run->is_dry)
		return STDOUT_WHOLE;
	return run->report == stdout || settings->write_out != NULL ? STDOUT_LINE : STDOUT_NOTHING;
}

/* Lines may come one after the other; what is whole stands alone. */
static bool
must_wait_for_stdout(const struct run *run)
{
	switch (stdout_use(run)) {
	case STDOUT_NOTHING: return false;
	case STDOUT_LINE: return run->writer_count != 0;
	case STDOUT_WHOLE: return run->writer_count + run->line_count != 0;
	}
	return false;
}

static void
start_one(struct run *run)
{
	struct failure failure;
	const enum stdout_use use = stdout_use(run);
	struct active *active = next_job(run);
	if (active == NULL)
		failure_set(&failure, FAILURE_MEMORY, "no memory for a transfer");
	else if (start_job(active, &failure) == 0) {
		active->stdout_use = use;
		count_stdout(run, use, 1);
		run->active_count++;
		return;
	}
	free(active);
	on_failure(run, &failure);
}

static void
on_start_due(void *data)
{
	struct run *run = data;
	run->is_waiting = false;
	start_more(run);
}

/* False: a timer comes when it is. */
static bool
is_start_due(struct run *run)
{
	struct net *net = run->client->net;
	if (net_now_us(net) < run->next_start_us) {
		run->is_waiting = true;
		net_timer_start(net, &run->timer, run->next_start_us, on_start_due, run);
		return false;
	}
	run->next_start_us = net_now_us(net) + run->client->run->start_interval_us;
	return true;
}

static void
start_more(struct run *run)
{
	while (run->active_count < active_max(run) && !run->is_ending &&
	       (run->has_glob || open_glob(run)) && !run->is_ending &&
	       !must_wait_for_stdout(run) && is_start_due(run))
		start_one(run);
	if (run->active_count == 0 && (!run->is_waiting || run->is_ending))
		net_stop(run->client->net);
}

/* Progress on the terminal where content appears would be in its way. */
static bool
is_content_on_terminal(const struct options *options)
{
	for (size_t i = 0; i < options->group_count && isatty(STDOUT_FILENO); i++) {
		const struct option_group *group = &options->groups[i];
		if (group->settings.outputs.count < group->urls.count && !group->settings.names_all)
			return true;
	}
	return false;
}

static int
open_report(struct run *run, const char *path, struct failure *failure)
{
	if (path == NULL)
		return 0;
	run->report = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	if (run->report != NULL)
		return 0;
	failure_set(failure, FAILURE_WRITE, "%s: the report cannot be written: %s", path,
		    strerror(errno));
	return -1;
}

static void
make_room(void *data)
{
	progress_hide(data);
}

int
run_transfers(struct client *client, const struct options *options)
{
	struct run run = { .client = client, .options = options };
	struct failure failure;

	if (open_report(&run, options->run.report_file, &failure) != 0 ||
	    progress_init(&run.progress, client->net, &options->run,
			  is_content_on_terminal(options), &failure) != 0) {
		tell_failure(&run, &failure);
		return failure_exit_status(failure.cause);
	}
	client->verbose.make_room = make_room;
	client->verbose.data = &run.progress;
	start_more(&run);
	if (run.active_count != 0 || run.is_waiting)
		net_run(client->net);
	net_timer_stop(client->net, &run.timer);
	client->verbose.make_room = NULL;
	progress_fini(&run.progress);
	if (run.report != NULL && run.report != stdout)
		fclose(run.report);
	return run.exit_status;
}
