#include "fetch/crawl.h"

#include "fetch/robots.h"

#define NONE UINT32_MAX

int
crawl_init(struct crawl *crawl, const struct crawl_settings *settings, const struct hash_key *key,
	   struct arena *arena, struct idna *idna, uint32_t url_count_max)
{
	*crawl = (struct crawl){ .settings = *settings,
				 .key = *key,
				 .arena = arena,
				 .idna = idna,
				 .entry_count_max = url_count_max };
	assert(url_count_max > 0 && url_count_max < NONE);
	crawl->entries = arena_zalloc(arena, url_count_max, sizeof *crawl->entries);
	crawl->buckets = arena_zalloc(arena, url_count_max, sizeof *crawl->buckets);
	if (crawl->entries == NULL || crawl->buckets == NULL)
		return ERR_NO_MEMORY;
	for (uint32_t i = 0; i < url_count_max; i++)
		crawl->buckets[i] = NONE;
	return 0;
}

static uint32_t *
bucket_of(const struct crawl *crawl, struct span url)
{
	return &crawl->buckets[hash_bytes(&crawl->key, url.at, url.bytes) % crawl->entry_count_max];
}

static uint32_t
find(const struct crawl *crawl, struct span url)
{
	uint32_t index = *bucket_of(crawl, url);
	while (index != NONE && !span_equals(crawl->entries[index].url, url))
		index = crawl->entries[index].next;
	return index;
}

uint32_t
crawl_find(const struct crawl *crawl, const struct url *url)
{
	return find(crawl, url_without_fragment(url));
}

static bool
is_fetched(const struct url *url)
{
	return url->special == URL_HTTP || url->special == URL_HTTPS;
}

static int
copy(struct crawl *crawl, struct span text, struct span *copied)
{
	const char *octets = arena_copy(crawl->arena, text.at, text.bytes);
	if (octets == NULL)
		return ERR_NO_MEMORY;
	*copied = span_of(octets, text.bytes);
	return 0;
}

/* The host whose robots.txt counts for a URL; CRAWL_HOSTS_MAX when there is no room for another. */
static int
host_of(struct crawl *crawl, const struct url *url, uint32_t *host)
{
	struct span origin;
	int err = url_origin(url, crawl->arena, &origin);
	if (err != 0)
		return err;
	for (*host = 0; *host < crawl->host_count; ++*host) {
		if (span_equals(crawl->hosts[*host].origin, origin))
			return 0;
	}
	if (crawl->host_count < CRAWL_HOSTS_MAX)
		crawl->hosts[crawl->host_count++].origin = origin;
	return 0;
}

/* *index: the new entry, or the one that the URL has already with ERR_EXISTS. */
static int
add(struct crawl *crawl, const struct url *url, struct crawl_entry entry, uint32_t *index)
{
	*index = crawl_find(crawl, url);
	if (*index != NONE)
		return ERR_EXISTS;
	if (crawl->entry_count == crawl->entry_count_max) {
		crawl->dropped_count++;
		return ERR_FULL;
	}
	int err = copy(crawl, url_without_fragment(url), &entry.url);
	if (err != 0)
		return err;
	uint32_t *bucket = bucket_of(crawl, entry.url);
	entry.next = *bucket;
	*index = *bucket = crawl->entry_count++;
	crawl->entries[*index] = entry;
	return 0;
}

/* Up to the last slash of the path. */
static struct span
directory_of(const struct url *url)
{
	struct span path = url->path;
	while (path.bytes != 0 && path.at[path.bytes - 1] != '/')
		path.bytes--;
	return span_of(url->href.at, (size_t)(path.at - url->href.at) + path.bytes);
}

int
crawl_start(struct crawl *crawl, const struct url *url)
{
	uint32_t index;
	struct crawl_entry entry = { .kind = LINK_PAGE, .host = CRAWL_HOSTS_MAX };
	if (!is_fetched(url))
		return 0;
	int err = copy(crawl, directory_of(url), &entry.directory);
	if (err == 0)
		err = add(crawl, url, entry, &index);
	if (err == 0)
		crawl->entries[index].from = index;
	return err == ERR_EXISTS ? 0 : err;
}

/* Style sheets and frames have requisites of their own, at the depth of their page. */
static bool
is_wanted_page(const struct crawl *crawl, const struct crawl_entry *from, const struct url *base,
	       const struct url *url)
{
	const struct crawl_settings *settings = &crawl->settings;
	if (from->depth >= settings->level_max)
		return false;
	if (!settings->spans_hosts && !span_equals(url->host, base->host))
		return false;
	return !settings->no_parent || span_starts(url->href, from->directory);
}

static int
add_found(struct crawl *crawl, uint32_t from, const struct url *url, enum link_kind kind)
{
	uint32_t index;
	struct crawl_entry entry = { .kind = kind,
				     .from = from,
				     .directory = crawl->entries[from].directory,
				     .depth = crawl->entries[from].depth,
				     .host = CRAWL_HOSTS_MAX };
	if (crawl_find(crawl, url) != NONE)
		return 0;
	if (kind == LINK_PAGE) {
		entry.depth++;
		int err = crawl->settings.ignores_robots ? 0 : host_of(crawl, url, &entry.host);
		if (err != 0)
			return err;
	}
	return add(crawl, url, entry, &index);
}

int
crawl_link(struct crawl *crawl, uint32_t from, const struct url *base, const struct link *link)
{
	struct url url;
	const struct url_context context = { .arena = crawl->arena, .idna = crawl->idna };
	size_t mark = arena_mark(crawl->arena);
	uint32_t count = crawl->entry_count, host_count = crawl->host_count;
	assert(from < crawl->entry_count);
	int err = url_parse(&url, link->reference, base, &context);
	if (err == ERR_MALFORMED || err == ERR_UNSUPPORTED)
		return 0;
	if (err != 0)
		return err;
	bool is_page = !link_is_requisite(link) && name_filter_is_page(&url);
	bool is_wanted = is_fetched(&url) &&
			 (is_page || name_filter_wants(&crawl->settings.names, &url)) &&
			 (link_is_requisite(link)
				  ? crawl->settings.has_requisites
				  : is_wanted_page(crawl, &crawl->entries[from], base, &url));
	if (is_wanted)
		err = add_found(crawl, from, &url, link->kind);
	if (crawl->entry_count == count && crawl->host_count == host_count)
		arena_rewind(crawl->arena, mark);
	return err;
}

int
crawl_seen(struct crawl *crawl, uint32_t from, const struct url *url)
{
	uint32_t index;
	struct crawl_entry entry = crawl->entries[from];
	entry.state = CRAWL_TAKEN;
	entry.from = from;
	int err = add(crawl, url, entry, &index);
	if (err == ERR_EXISTS) {
		crawl->entries[index].state = CRAWL_TAKEN;
		return 0;
	}
	return err;
}

/* What follows the origin. */
static struct span
target_of(const struct crawl *crawl, const struct crawl_entry *entry)
{
	return span_from(entry->url, crawl->hosts[entry->host].origin.bytes);
}

static struct crawl_action
ask_for_robots(struct crawl *crawl, uint32_t index)
{
	struct crawl_host *host = &crawl->hosts[index];
	const char *url =
		arena_printf(crawl->arena, SPAN_FORMAT "/robots.txt", SPAN_ARGUMENTS(host->origin));
	if (url == NULL) { /* no room for its name is no file */
		host->state = CRAWL_ROBOTS_KNOWN;
		return (struct crawl_action){ CRAWL_NOTHING, 0, { NULL, 0 } };
	}
	host->state = CRAWL_ROBOTS_ASKED;
	return (struct crawl_action){ CRAWL_FETCH_ROBOTS, index, span_from_text(url) };
}

/* False: the entry waits for its host's robots.txt, or was refused by it. */
static bool
is_allowed(struct crawl *crawl, struct crawl_entry *entry)
{
	if (entry->host == CRAWL_HOSTS_MAX)
		return true;
	const struct crawl_host *host = &crawl->hosts[entry->host];
	if (host->state != CRAWL_ROBOTS_KNOWN)
		return false;
	if (robots_allows(host->robots, crawl->settings.product, target_of(crawl, entry)))
		return true;
	entry->state = CRAWL_REFUSED;
	crawl->refused_count++;
	return false;
}

struct crawl_action
crawl_next(struct crawl *crawl)
{
	while (crawl->first_waiting < crawl->entry_count &&
	       crawl->entries[crawl->first_waiting].state != CRAWL_WAITS)
		crawl->first_waiting++;
	for (uint32_t i = crawl->first_waiting; i < crawl->entry_count; i++) {
		struct crawl_entry *entry = &crawl->entries[i];
		if (entry->state != CRAWL_WAITS)
			continue;
		if (entry->host != CRAWL_HOSTS_MAX &&
		    crawl->hosts[entry->host].state == CRAWL_ROBOTS_UNKNOWN) {
			struct crawl_action action = ask_for_robots(crawl, entry->host);
			if (action.kind != CRAWL_NOTHING)
				return action;
		}
		if (is_allowed(crawl, entry)) {
			entry->state = CRAWL_TAKEN;
			return (struct crawl_action){ CRAWL_FETCH, i, entry->url };
		}
	}
	return (struct crawl_action){ CRAWL_NOTHING, 0, { NULL, 0 } };
}

int
crawl_robots(struct crawl *crawl, uint32_t index, struct span text)
{
	struct crawl_host *host = &crawl->hosts[index];
	assert(index < crawl->host_count);
	host->state = CRAWL_ROBOTS_KNOWN;
	return copy(crawl, span_first(text, ROBOTS_BYTES_MAX + 1),
		    &host->robots); /* 1: it shows that it is cut */
}
