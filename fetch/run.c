#include "fetch/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "fetch/transfer.h"

struct run {
	struct client *client;
	const struct options *options;
	struct transfer_job *jobs;
	size_t job_count, next, active_count;
	int exit_status;
	bool is_ending; /* --fail-early */
};

/* ---- what is to be done -------------------------------------------------------------------------- */

/* The nth -o, -O or -T is of the nth URL of its group. */
static const struct setting_item *
nth(const struct setting_list *list, size_t n)
{
	return n < list->count ? &list->items[n] : NULL;
}

static int
list_jobs(struct run *run)
{
	const struct options *options = run->options;
	size_t count = 0;
	for (size_t i = 0; i < options->group_count; i++)
		count += options->groups[i].urls.count;
	run->jobs = calloc(count != 0 ? count : 1, sizeof *run->jobs);
	if (run->jobs == NULL)
		return -1;
	for (size_t i = 0; i < options->group_count; i++) {
		const struct option_group *group = &options->groups[i];
		for (size_t j = 0; j < group->urls.count; j++) {
			const struct setting_item *upload = nth(&group->settings.uploads, j);
			run->jobs[run->job_count] = (struct transfer_job){
				.settings = &group->settings,
				.url = group->urls.items[j].text,
				.output = nth(&group->settings.outputs, j),
				.upload = upload != NULL ? upload->text : NULL,
				.number = (unsigned)run->job_count,
			};
			run->job_count++;
		}
	}
	return 0;
}

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

/* ---- one after the other, or several at once ------------------------------------------------------- */

static void start_more(struct run *run);

static void
count_failure(struct run *run, enum failure_cause cause)
{
	if (run->exit_status == 0)
		run->exit_status = failure_exit_status(cause);
	if (run->client->run->fails_early)
		run->is_ending = true;
}

static void
on_done(void *data, struct transfer *transfer)
{
	struct run *run = data;
	const struct transfer_facts *facts = transfer_facts(transfer);

	if (facts->failure.cause != FAILURE_NONE) {
		tell_failure(run, &facts->failure);
		count_failure(run, facts->failure.cause);
	}
	transfer_free(transfer);
	run->active_count--;
	start_more(run);
}

static size_t
active_max(const struct run *run)
{
	uint64_t wanted = run->client->run->parallel_max;
	if (!run->client->run->is_parallel)
		return 1;
	return wanted == 0 || wanted > RUN_PARALLEL_MAX ? RUN_PARALLEL_MAX : (size_t)wanted;
}

static void
start_more(struct run *run)
{
	while (run->next < run->job_count && run->active_count < active_max(run) &&
	       !run->is_ending) {
		if (transfer_start(run->client, &run->jobs[run->next++], on_done, run) == NULL) {
			struct failure failure;
			failure_set(&failure, FAILURE_MEMORY, "no memory for a transfer");
			tell_failure(run, &failure);
			count_failure(run, failure.cause);
			continue;
		}
		run->active_count++;
	}
	if (run->active_count == 0)
		net_stop(run->client->net);
}

int
run_transfers(struct client *client, const struct options *options)
{
	struct run run = { .client = client, .options = options };
	if (list_jobs(&run) != 0)
		return failure_exit_status(FAILURE_MEMORY);
	start_more(&run);
	if (run.active_count != 0)
		net_run(client->net);
	free(run.jobs);
	return run.exit_status;
}
