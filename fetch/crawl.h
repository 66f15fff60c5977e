/*
 * crawl.h - which URLs a recursive fetch goes to, and in which order: --requisites, --mirror, --level.
 *
 * A start URL has depth 0, and what its pages link to a depth one larger. A URL is fetched once, whatever its
 * fragment. Requisites are fetched for every page and style sheet that is shown, from any host, as
 * browsers do. Pages are followed down to level_max, on the hosts they were found on unless spans_hosts,
 * below the directory of their start URL with no_parent, and where the site's robots.txt allows it (RFC 9309:
 * a file that cannot be had allows everything; that a user names a URL is not crawling).
 *
 * No I/O: crawl_next says what to fetch, and what was found comes back through crawl_link and
 * crawl_robots.
 * Ownership: everything lies in the arena.
 * Errors:    ERR_NO_MEMORY; ERR_FULL: the URLs or hosts that were allowed for, counted in dropped_count.
 * Bounds:    url_count_max URLs; CRAWL_HOSTS_MAX hosts whose robots.txt counts.
 */
#ifndef CAIRN_FETCH_CRAWL_H
#define CAIRN_FETCH_CRAWL_H

#include "fetch/link.h"
#include "fetch/name_filter.h"
#include "fetch/url.h"
#include "stack/base/hash.h"

#define CRAWL_HOSTS_MAX      256u
#define CRAWL_LEVEL_NO_LIMIT UINT32_MAX

struct crawl_settings {
	uint32_t level_max; /* 0: pages are not followed */
	bool has_requisites;
	bool spans_hosts;
	bool no_parent;
	bool ignores_robots;
	struct name_filter names; /* what is to be kept; pages are fetched for their links all the same */
	struct span product; /* for robots.txt: "cairn-fetch" */
};

enum crawl_state {
	CRAWL_WAITS,   /* for its turn */
	CRAWL_TAKEN,   /* crawl_next has given it out */
	CRAWL_REFUSED, /* by robots.txt */
};

struct crawl_entry {
	struct span url;       /* without its fragment */
	struct span directory; /* of the start URL: "http://h/a/" */
	uint32_t depth;
	uint32_t from; /* the entry it was found on; its own index for a start URL */
	uint32_t host; /* whose robots.txt counts; CRAWL_HOSTS_MAX: none does */
	uint32_t next; /* of the same bucket; UINT32_MAX: none */
	enum link_kind kind;
	enum crawl_state state;
};

enum crawl_robots_state { CRAWL_ROBOTS_UNKNOWN, CRAWL_ROBOTS_ASKED, CRAWL_ROBOTS_KNOWN };

struct crawl_host {
	struct span origin; /* "http://h:81" */
	struct span robots;
	enum crawl_robots_state state;
};

struct crawl {
	struct crawl_settings settings;
	struct hash_key key;
	struct arena *arena;
	struct idna *idna;
	struct crawl_entry *entries;
	uint32_t *buckets;
	uint32_t entry_count, entry_count_max;
	uint32_t first_waiting; /* no entry before it waits */
	struct crawl_host hosts[CRAWL_HOSTS_MAX];
	uint32_t host_count;
	uint64_t dropped_count, refused_count;
};

enum crawl_action_kind {
	CRAWL_NOTHING, /* all that is known was given out, or waits for a robots.txt that was */
	CRAWL_FETCH,   /* index: of the entry */
	CRAWL_FETCH_ROBOTS, /* index: of the host; crawl_robots is owed */
};

struct crawl_action {
	enum crawl_action_kind kind;
	uint32_t index;
	struct span url;
};

int crawl_init(struct crawl *crawl, const struct crawl_settings *settings,
	       const struct hash_key *key, struct arena *arena, struct idna *idna,
	       uint32_t url_count_max);

int crawl_start(struct crawl *crawl, const struct url *url);

/* A link that the document of an entry has; base: what it is relative to. 0 also when it is not wanted. */
int crawl_link(struct crawl *crawl, uint32_t from, const struct url *base, const struct link *link);

/* A redirect led to it, so it is not fetched again. */
int crawl_seen(struct crawl *crawl, uint32_t from, const struct url *url);

struct crawl_action crawl_next(struct crawl *crawl);

/* The robots.txt of a host; empty when it has none. */
int crawl_robots(struct crawl *crawl, uint32_t host, struct span text);

/* The entry of a URL; UINT32_MAX when it is not known: what a link may be converted to. */
uint32_t crawl_find(const struct crawl *crawl, const struct url *url);

#endif
