/*
 * settings.h - what the command line asks for: once for the whole run, and once for each group of URLs.
 *
 * Filled by options.h, by the rows of option_table.h; read by everything of the shell. `--next` begins a
 * group with settings of its own.
 * Ownership: texts are of the command line, or of configuration files that struct options keeps.
 * Units:     times in microseconds, sizes in octets; 0: no limit, unless the field says otherwise.
 */
#ifndef CAIRN_FETCH_SETTINGS_H
#define CAIRN_FETCH_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts in the order in which they were given, each with what its option makes of it. */
struct setting_list {
	struct setting_item {
		const char *text; /* NULL: the option takes no argument */
		int kind;
	} * items;
	size_t count;
};

enum output_kind { OUTPUT_FILE, OUTPUT_REMOTE_NAME };
enum data_kind { DATA_TEXT, DATA_RAW, DATA_BINARY, DATA_URLENCODE, DATA_JSON, DATA_QUERY };
enum form_kind { FORM_FIELD, FORM_STRING };
enum auth_scheme { AUTH_BASIC, AUTH_DIGEST, AUTH_ANY };

struct settings {
	/* requests */
	const char *method, *user_agent, *referer, *range, *time_condition;
	const char *etag_save, *etag_compare;
	struct setting_list fields, data, forms, uploads, url_queries;
	const char *protocols, *redirect_protocols; /* --proto, --proto-redir (proto.h) */
	const char *resume_from; /* an offset, or "-": from the size of the local file */
	bool is_head, is_get;    /* -I, -G */
	bool allows_http_0_9, is_http_1_0, is_http_1_1, is_compressed;
	bool has_no_globs; /* -g: braces and brackets in a URL are text */

	/* who asks */
	const char *user, *bearer, *netrc_file;
	int auth_scheme;
	bool has_netrc;
	struct setting_list cookies;
	const char *cookie_jar;
	bool is_new_session;

	/* redirects and retries */
	bool follows, trusts_location, keeps_post_301, keeps_post_302, keeps_post_303;
	uint64_t redirects_max, retries_max;
	uint64_t retry_delay_us, retry_time_max_us;
	bool retries_all, retries_refused;

	/* limits */
	uint64_t time_max_us, connect_timeout_us;
	uint64_t speed_limit, speed_time_us; /* octets a second, for so long */
	uint64_t rate_limit, size_max;

	/* how to get there */
	int family; /* 4, 6; 0: both */
	struct setting_list resolves, connects;
	const char *proxy, *no_proxy, *proxy_user, *proxy_ca_file;
	bool is_proxy_insecure;
	const char *interface; /* to connect from (source.h); NULL: as the route says */
	uint64_t attempt_delay_us;
	bool is_kept_alive;

	/* TLS */
	bool is_insecure;
	const char *hsts_file;
	const char *ca_file, *ca_directory, *certificate, *key, *key_password;
	const char *ciphers, *ciphers_1_3, *pins;
	int tls_version_min; /* 2, 3: TLS 1.2, 1.3; 0: the default */
	const char *tls_version_max; /* "1.2", "1.3"; NULL: none */

	/* what a page refers to */
	bool has_requisites, is_mirror, spans_hosts, follows_parents, heeds_robots, converts_links;
	uint64_t level_max; /* of pages that are followed; 0: none, unless is_mirror */
	uint64_t wait_us;   /* between two of them */
	bool waits_random;  /* half to one and a half of that */
	const char *accept, *reject; /* of their files, by name (name_filter.h) */
	uint64_t quota;     /* no further file once so much has come */
	bool has_host_directories;
	uint64_t cut_directories; /* so many of a path are left out of the names of files */

	/* output */
	struct setting_list outputs;
	const char *output_directory, *header_file, *write_out, *checksum;
	bool names_all, names_by_header, creates_directories, clobbers, skips_existing, removes_on_error;
	bool keeps_time, shows_head, fails, fails_with_body;
};

/* More is fetched than the URLs that are given. */
static inline bool
settings_has_mirror(const struct settings *settings)
{
	return settings->has_requisites || settings->is_mirror || settings->level_max != 0;
}

enum progress_kind { PROGRESS_BAR, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_NONE };

/* What holds for the whole run. */
struct run_settings {
	bool is_silent, shows_errors, is_verbose, fails_early;
	bool has_progress, wants_bar, is_unbuffered;
	const char *progress, *report_file, *trace_file;
	const char *journey, *journey_file; /* the forms, empty: text; NULL: no journey */
	bool journey_secrets, has_hops;
	const char *replay; /* a journey that is drawn anew; NULL: none */
	const char *journey_before; /* a journey that the one in place of a URL is compared with; NULL: none */
	bool is_dry; /* requests are shown, not sent */
	bool is_parallel;
	uint64_t parallel_max;
	uint64_t start_interval_us; /* --rate: between two transfers' beginnings */
	const char *resolver, *link, *device, *address, *gateway, *capture, *faults;
	const char *url_input; /* --parse-url */
};

#endif
