#include "fetch/mirror.h"

#include <stdlib.h>
#include <unistd.h>

#include "fetch/crawl.h"
#include "fetch/local_path.h"
#include "fetch/mirror_page.h"
#include "fetch/robots.h"
#include "fetch/url_guess.h"
#include "fetch/url_shown.h"
#include "stack/base/rng.h"

/* A file of the mirror, by the entry of the crawl that it is of. */
struct file {
	struct span path; /* relative, local_path.h; empty: it was not begun */
	const char *name; /* where it lies; NULL: it is not whole */
	struct span url;  /* after redirects: what its links are relative to */
	enum mirror_page_kind kind;
};

struct mirror {
	struct client *client;
	const struct settings *settings;
	struct transfer_job job; /* of the start URL */
	struct mirror_callbacks callbacks;
	void *memory;
	struct arena arena;
	struct crawl crawl;
	struct file *files;
	struct visit *visits; /* under way */
	size_t active_count;
	uint64_t next_us; /* no request before it */
	uint64_t got_bytes; /* for --quota */
	struct net_timer timer;
};

/* A transfer of the mirror under way. */
struct visit {
	struct mirror *mirror;
	struct visit *next;
	struct transfer *transfer;
	struct transfer_job job;
	struct setting_item output;
	uint32_t index; /* of the entry, or of the host whose robots.txt this is */
	bool is_robots;
	struct span path;
};

static void go_on(struct mirror *mirror);

static void
tell(const struct mirror *mirror, const struct failure *failure)
{
	mirror->callbacks.on_failure(mirror->callbacks.data, failure);
}

static struct url_context
context_of(struct mirror *mirror)
{
	return (struct url_context){ .arena = &mirror->arena, .idna = &mirror->client->idna.idna };
}

/* ---- what was fetched ------------------------------------------------------------------------------- */

/* What the crawl has no room for it counts; that is told at the end. */
static void
add_links(struct mirror *mirror, uint32_t index, const struct url *url,
	  const struct mirror_page *page)
{
	struct url base = *url;
	const struct url_context context = context_of(mirror);
	const struct links_html *links = &page->links;
	if (links->base.bytes != 0)
		url_parse(&base, links->base, url, &context); /* one that is none is not there */
	for (size_t i = 0; i < links->count; i++) {
		bool is_forbidden = links->is_nofollow && mirror->settings->heeds_robots;
		if (!is_forbidden || link_is_requisite(&links->list[i]))
			crawl_link(&mirror->crawl, index, &base, &links->list[i]);
	}
}

/* The final URL of a transfer is known to the crawl, as the same file. */
static int
note_final_url(struct mirror *mirror, uint32_t index, const struct url *url)
{
	int err = crawl_seen(&mirror->crawl, index, url);
	uint32_t final = crawl_find(&mirror->crawl, url);
	if (final != UINT32_MAX && mirror->files[final].name == NULL)
		mirror->files[final] = mirror->files[index];
	return err;
}

static struct span
content_type_of(const struct transfer_facts *facts)
{
	return facts->head != NULL ? fields_value(&facts->head->fields, "Content-Type") : SPAN("");
}

/* It was fetched for its links alone. */
static void
discard(struct mirror *mirror, uint32_t index)
{
	const char *name = mirror->files[index].name;
	for (uint32_t i = 0; i < mirror->crawl.entry_count; i++) {
		if (mirror->files[i].name == name)
			mirror->files[i].name = NULL;
	}
	(void)unlink(name);
}

static void
on_page(struct visit *visit, const struct transfer_facts *facts)
{
	struct mirror *mirror = visit->mirror;
	const struct url_context context = context_of(mirror);
	enum link_kind kind = mirror->crawl.entries[visit->index].kind;
	struct file *file = &mirror->files[visit->index];
	struct failure failure;
	struct mirror_page page;
	struct url url;
	if (facts->path == NULL || url_parse(&url, facts->url, NULL, &context) != 0)
		return;
	*file = (struct file){ .path = visit->path,
			       .name = arena_printf(&mirror->arena, "%s", facts->path),
			       .url = url.href,
			       .kind = mirror_page_kind_of(content_type_of(facts), kind) };
	note_final_url(mirror, visit->index, &url);
	if (file->kind == MIRROR_PAGE_OTHER || file->name == NULL)
		return;
	if (mirror_page_open(&page, file->kind, file->name, &failure) != 0) {
		tell(mirror, &failure);
		return;
	}
	add_links(mirror, visit->index, &url, &page);
	mirror_page_free(&page);
	if (!name_filter_wants(&mirror->crawl.settings.names, &url))
		discard(mirror, visit->index);
}

/* A site without the file, or one that gives none, allows everything (RFC 9309, section 2.3.1.3). */
static void
on_robots(struct visit *visit, const struct transfer_facts *facts)
{
	struct mirror *mirror = visit->mirror;
	struct mirror_page page;
	struct failure failure;
	struct span text = SPAN("");
	bool is_there = facts->failure.cause == FAILURE_NONE && facts->path != NULL &&
			mirror_page_open(&page, MIRROR_PAGE_OTHER, facts->path, &failure) == 0;
	if (is_there)
		text = span_of(page.octets, page.bytes);
	crawl_robots(&mirror->crawl, visit->index, text);
	if (is_there)
		mirror_page_free(&page);
}

/* ---- links between files ---------------------------------------------------------------------------- */

/* What a link of a file is to be, in the arena of its page; empty: it stays. */
static struct span
converted(struct mirror *mirror, const struct file *from, const struct url *base,
	  const struct link *link, struct mirror_page *page)
{
	struct span by = SPAN(""), fragment;
	struct url url;
	const struct url_context context = { .arena = &page->arena,
					     .idna = &mirror->client->idna.idna };
	if (span_starts(link->reference, SPAN("#")) ||
	    url_parse(&url, link->reference, base, &context) != 0 || url.has_opaque_path)
		return by;
	uint32_t index = crawl_find(&mirror->crawl, &url);
	if (index == UINT32_MAX || mirror->files[index].name == NULL) {
		rewrite_quote(url.href, from->kind == MIRROR_PAGE_HTML, &page->arena, &by);
		return by;
	}
	int err = local_path_reference(from->path, mirror->files[index].path, &page->arena, &by);
	if (err != 0 || !url.has_fragment)
		return err == 0 ? by : SPAN("");
	err = rewrite_quote(url.fragment, from->kind == MIRROR_PAGE_HTML, &page->arena, &fragment);
	const char *whole = err != 0 ? NULL
				     : arena_printf(&page->arena, SPAN_FORMAT "#" SPAN_FORMAT,
						    SPAN_ARGUMENTS(by), SPAN_ARGUMENTS(fragment));
	return span_from_text(whole);
}

static void
convert_page(struct mirror *mirror, const struct file *file, struct mirror_page *page)
{
	struct links_html *links = &page->links;
	struct url url, base;
	struct failure failure;
	size_t count = 0;
	const struct url_context context = { .arena = &page->arena };
	struct replacement *list = calloc(links->count + 1, sizeof *list);
	if (list == NULL || url_parse(&url, file->url, NULL, &context) != 0) {
		free(list);
		return;
	}
	base = url;
	if (links->base.bytes != 0 && url_parse(&base, links->base, &url, &context) == 0)
		list[count++] =
			(struct replacement){ links->base_written,
					      SPAN("") }; /* files are relative to themselves */
	for (size_t i = 0; i < links->count; i++) {
		struct span by = converted(mirror, file, &base, &links->list[i], page);
		if (by.bytes != 0)
			list[count++] = (struct replacement){ links->list[i].written, by };
	}
	if (mirror_page_rewrite(page, file->name, list, count, &failure) != 0)
		tell(mirror, &failure);
	free(list);
}

/* Two URLs may have led to one file, which is converted once. */
static bool
is_converted(const struct mirror *mirror, uint32_t index)
{
	const struct file *file = &mirror->files[index];
	if (file->kind == MIRROR_PAGE_OTHER || file->name == NULL)
		return true;
	for (uint32_t i = mirror->crawl.entries[index].from; i < index; i++) {
		if (mirror->files[i].name == file->name)
			return true;
	}
	return false;
}

static void
convert_links(struct mirror *mirror)
{
	struct mirror_page page;
	struct failure failure;
	for (uint32_t i = 0; i < mirror->crawl.entry_count; i++) {
		const struct file *file = &mirror->files[i];
		if (is_converted(mirror, i))
			continue;
		if (mirror_page_open(&page, file->kind, file->name, &failure) != 0) {
			tell(mirror, &failure);
			continue;
		}
		convert_page(mirror, file, &page);
		mirror_page_free(&page);
	}
}

/* ---- transfers --------------------------------------------------------------------------------------- */

static void
visit_remove(struct visit *visit)
{
	struct visit **link = &visit->mirror->visits;
	while (*link != visit)
		link = &(*link)->next;
	*link = visit->next;
	visit->mirror->active_count--;
	transfer_free(visit->transfer);
	free(visit);
}

static void
on_transfer_done(void *data, struct transfer *transfer)
{
	struct visit *visit = data;
	struct mirror *mirror = visit->mirror;
	const struct transfer_facts *facts = transfer_facts(transfer);
	if (visit->is_robots) {
		on_robots(visit, facts);
	} else {
		mirror->got_bytes += facts->content_bytes;
		mirror->callbacks.on_end(mirror->callbacks.data, transfer);
		if (facts->failure.cause == FAILURE_NONE)
			on_page(visit, facts);
	}
	visit_remove(visit);
	go_on(mirror);
}

/* ---- where files go ---------------------------------------------------------------------------------- */

/* `a` is a directory of `b`. */
static bool
is_directory_of(struct span a, struct span b)
{
	return b.bytes > a.bytes && b.at[a.bytes] == '/' && span_starts(b, a);
}

/* Only what is cut short can be the path of two URLs. */
static bool
has_cut_paths(const struct settings *settings)
{
	return !settings->has_host_directories || settings->cut_directories != 0;
}

static bool
is_taken(const struct mirror *mirror, struct span path)
{
	for (uint32_t i = 0; i < mirror->crawl.entry_count; i++) {
		if (span_equals(mirror->files[i].path, path))
			return true;
	}
	return false;
}

/* False when the arena is full. */
static bool
cut_path(struct mirror *mirror, struct span *path)
{
	const struct settings *settings = mirror->settings;
	if (!has_cut_paths(settings))
		return true;
	if (local_path_cut(path, settings->has_host_directories, settings->cut_directories, &mirror->arena) != 0)
		return false;
	const struct span plain = *path;
	for (unsigned number = 1; is_taken(mirror, *path); number++) {
		const char *numbered = arena_printf(&mirror->arena, SPAN_FORMAT ".%u", SPAN_ARGUMENTS(plain), number);
		if (numbered == NULL)
			return false;
		*path = span_from_text(numbered);
	}
	return true;
}

/* What is the file of one URL and a directory of another; the directory's or the file's own name gets a mark. */
static struct span
clash(const struct mirror *mirror, struct span path)
{
	for (uint32_t i = 0; i < mirror->crawl.entry_count; i++) {
		struct span other = mirror->files[i].path;
		if (other.bytes != 0 && is_directory_of(other, path))
			return other;
		if (other.bytes != 0 && is_directory_of(path, other))
			return path;
	}
	return SPAN("");
}

/* http://h/a and http://h/a/b are both pages, but a file system has one `a`: the later one is `a%2F`. */
static bool
avoid_clashes(struct mirror *mirror, struct span *path)
{
	for (;;) {
		struct span at = clash(mirror, *path);
		if (at.bytes == 0)
			return true;
		struct span rest = span_from(*path, at.bytes);
		const char *marked = arena_printf(&mirror->arena, SPAN_FORMAT "%%2F" SPAN_FORMAT,
						  SPAN_ARGUMENTS(at), SPAN_ARGUMENTS(rest));
		if (marked == NULL)
			return false;
		*path = span_from_text(marked);
	}
}

/* Where the file of a URL goes; false when the arena is full. */
static bool
place(struct mirror *mirror, struct visit *visit, struct span text)
{
	const struct url_context context = context_of(mirror);
	struct url url;
	if (url_parse(&url, text, NULL, &context) != 0 ||
	    local_path_of(&url, &mirror->arena, &visit->path) != 0 ||
	    (!visit->is_robots && !cut_path(mirror, &visit->path)) || !avoid_clashes(mirror, &visit->path))
		return false;
	visit->job.url = arena_printf(&mirror->arena, SPAN_FORMAT, SPAN_ARGUMENTS(url.href));
	visit->output.kind = OUTPUT_FILE;
	visit->output.text = arena_printf(&mirror->arena, SPAN_FORMAT, SPAN_ARGUMENTS(visit->path));
	return visit->job.url != NULL && visit->output.text != NULL;
}

static void
start_visit(struct mirror *mirror, const struct crawl_action *action)
{
	struct visit *visit = calloc(1, sizeof *visit);
	struct failure failure;
	if (visit != NULL)
		visit->is_robots = action->kind == CRAWL_FETCH_ROBOTS;
	if (visit != NULL && place(mirror, visit, action->url)) {
		visit->mirror = mirror;
		visit->index = action->index;
		visit->job.group = mirror->job.group;
		visit->job.output = &visit->output;
		visit->job.number = mirror->job.number;
		visit->transfer =
			transfer_start(mirror->client, &visit->job, on_transfer_done, visit);
	}
	if (visit != NULL && visit->transfer != NULL) {
		if (!visit->is_robots) {
			mirror->files[visit->index].path = visit->path;
			mirror->callbacks.on_begin(mirror->callbacks.data, visit->transfer);
		}
		visit->next = mirror->visits;
		mirror->visits = visit;
		mirror->active_count++;
		return;
	}
	free(visit);
	failure_set(&failure, FAILURE_MEMORY, "no memory for " SPAN_FORMAT,
		    SPAN_ARGUMENTS(span_first(action->url, 80)));
	tell(mirror, &failure);
	if (action->kind == CRAWL_FETCH_ROBOTS)
		crawl_robots(&mirror->crawl, action->index, SPAN(""));
}

/* ---- politeness -------------------------------------------------------------------------------------- */

static uint32_t
wait_ms_of(uint64_t wait_us)
{
	return wait_us / 1000 < UINT32_MAX - 1 ? (uint32_t)(wait_us / 1000) : UINT32_MAX - 1;
}

/* The longest that the user or a site asks for. */
static uint64_t
wait_of(const struct mirror *mirror)
{
	const struct crawl *crawl = &mirror->crawl;
	uint64_t wait_us = mirror->settings->wait_us;
	if (mirror->settings->waits_random && wait_us != 0)
		wait_us = wait_us / 2 + 1000ull * rng_below(net_rng(mirror->client->net), wait_ms_of(wait_us) + 1);
	for (uint32_t i = 0; i < crawl->host_count; i++) {
		uint64_t asked_us =
			1000ull * robots_delay_ms(crawl->hosts[i].robots, crawl->settings.product);
		wait_us = asked_us > wait_us ? asked_us : wait_us;
	}
	return wait_us;
}

static void
on_time(void *data)
{
	go_on(data);
}

/* True when the next request has to wait, for which the timer is set. */
static bool
has_to_wait(struct mirror *mirror, uint64_t wait_us)
{
	uint64_t now_us = net_now_us(mirror->client->net);
	if (wait_us == 0)
		return false;
	if (mirror->active_count != 0)
		return true; /* one after the other; the end of that one goes on */
	if (now_us < mirror->next_us) {
		net_timer_start(mirror->client->net, &mirror->timer, mirror->next_us, on_time,
				mirror);
		return true;
	}
	mirror->next_us = now_us + wait_us;
	return false;
}

static bool
has_more(const struct mirror *mirror)
{
	const struct crawl *crawl = &mirror->crawl;
	for (uint32_t i = crawl->first_waiting; i < crawl->entry_count; i++) {
		if (crawl->entries[i].state == CRAWL_WAITS)
			return true;
	}
	return false;
}

static bool
is_over_quota(const struct mirror *mirror)
{
	return mirror->settings->quota != 0 && mirror->got_bytes >= mirror->settings->quota;
}

static void
finish(struct mirror *mirror)
{
	struct failure failure;
	if (mirror->crawl.dropped_count != 0) {
		failure_set(&failure, FAILURE_SIZE,
			    "%llu links were left out: a mirror has %u URLs at most",
			    (unsigned long long)mirror->crawl.dropped_count, MIRROR_URLS_MAX);
		tell(mirror, &failure);
	}
	if (is_over_quota(mirror) && has_more(mirror))
		verbose_warn(&mirror->client->verbose, "the quota is used up: further files of the mirror are left out");
	if (mirror->settings->converts_links)
		convert_links(mirror);
	mirror->callbacks.on_done(mirror->callbacks.data, mirror);
}

static void
go_on(struct mirror *mirror)
{
	uint64_t wait_us = wait_of(mirror);
	while (mirror->active_count < MIRROR_PARALLEL_MAX && has_more(mirror) && !is_over_quota(mirror)) {
		if (has_to_wait(mirror, wait_us))
			return;
		struct crawl_action action = crawl_next(&mirror->crawl);
		if (action.kind == CRAWL_NOTHING)
			break;
		start_visit(mirror, &action);
	}
	if (mirror->active_count == 0)
		finish(mirror);
}

/* ---- beginning and end ------------------------------------------------------------------------------- */

static struct crawl_settings
crawl_settings_of(const struct settings *settings)
{
	uint64_t level_max = settings->is_mirror && settings->level_max == 0 ? CRAWL_LEVEL_NO_LIMIT
									     : settings->level_max;
	return (struct crawl_settings){
		.level_max = level_max < CRAWL_LEVEL_NO_LIMIT ? (uint32_t)level_max
							      : CRAWL_LEVEL_NO_LIMIT,
		.has_requisites = settings->has_requisites,
		.spans_hosts = settings->spans_hosts,
		.no_parent = !settings->follows_parents,
		.ignores_robots = !settings->heeds_robots,
		.names = { .accept = settings->accept, .reject = settings->reject },
		.product = SPAN("cairn-fetch"),
	};
}

static int
open_crawl(struct mirror *mirror, struct failure *failure)
{
	const struct crawl_settings settings = crawl_settings_of(mirror->settings);
	const struct hash_key key = { (uintptr_t)mirror, net_now_us(mirror->client->net) };
	struct url_report report = { .failure = URL_ERROR_COUNT };
	struct url_context context = context_of(mirror);
	struct url url;
	char shown[URL_SHOWN_BYTES];
	struct span given = span_from_text(mirror->job.url);
	url_shown_as_written(mirror->job.url, false, shown, sizeof shown);
	context.report = &report;
	mirror->files = arena_zalloc(&mirror->arena, MIRROR_URLS_MAX, sizeof *mirror->files);
	const char *whole =
		arena_printf(&mirror->arena, "%s%s", url_guess_scheme(given), mirror->job.url);
	int err = mirror->files == NULL || whole == NULL ? ERR_NO_MEMORY : 0;
	if (err == 0)
		err = crawl_init(&mirror->crawl, &settings, &key, &mirror->arena,
				 &mirror->client->idna.idna, MIRROR_URLS_MAX);
	if (err == 0)
		err = url_parse(&url, span_from_text(whole), NULL, &context);
	if (err == 0)
		err = crawl_start(&mirror->crawl, &url);
	if (err == 0 && mirror->crawl.entry_count == 0)
		failure_set(failure, FAILURE_SCHEME,
			    "only http and https URLs can be mirrored, not `%s'",
			    shown);
	else if (err != 0)
		failure_set(failure, FAILURE_URL, "URL `%s': %s", shown,
			    report.failure != URL_ERROR_COUNT ? url_error_meaning(report.failure)
							      : err_text(err));
	return err == 0 && mirror->crawl.entry_count == 1 ? 0 : ERR_MALFORMED;
}

/* Its first step comes from the loop too. */
struct mirror *
mirror_start(struct client *client, const struct transfer_job *job,
	     const struct mirror_callbacks *callbacks, struct failure *failure)
{
	struct mirror *mirror = calloc(1, sizeof *mirror);
	if (mirror == NULL || (mirror->memory = malloc(MIRROR_ARENA_BYTES)) == NULL) {
		failure_set(failure, FAILURE_MEMORY, "no memory for a mirror");
		free(mirror);
		return NULL;
	}
	mirror->client = client;
	mirror->job = *job;
	mirror->settings = job->group->settings;
	mirror->callbacks = *callbacks;
	arena_init(&mirror->arena, mirror->memory, MIRROR_ARENA_BYTES);
	if (open_crawl(mirror, failure) != 0) {
		mirror_free(mirror);
		return NULL;
	}
	net_timer_start(client->net, &mirror->timer, net_now_us(client->net), on_time, mirror);
	return mirror;
}

void
mirror_free(struct mirror *mirror)
{
	if (mirror == NULL)
		return;
	net_timer_stop(mirror->client->net, &mirror->timer);
	while (mirror->visits != NULL)
		visit_remove(mirror->visits);
	free(mirror->memory);
	free(mirror);
}
