/*
 * config.h - cairn.conf: YAML with unbound's option names (cairn.conf(5)).
 *
 * One table (config_options) names every option once: section, name, form, default, bounds and a line of what it
 * is for.  The parser, `cairnd -t`, the check of conf/cairn.conf and of the man page all read
 * that table.  An option may stand once or, where it is a list, be a YAML list or repeated, as people bring it from
 * unbound.conf.
 *
 * Ownership: config_load allocates; config_free frees everything.  Strings live as long as the config.
 * Units:     as the option's name or text says; sizes in octets (k, m, g are powers of 1024).
 * Errors:    config_load returns a negative ERR_* and fills `error` with a line for each mistake, the first of many:
 *            file, line, option, what is wrong and the nearest known name or the allowed values.
 */
#ifndef CAIRN_RESOLVER_SERVE_CONFIG_H
#define CAIRN_RESOLVER_SERVE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_LIST_MAX      65536u /* entries of one list option */
#define CONFIG_OPTIONS_MAX   256u   /* of the table */
#define CONFIG_MISTAKES_MAX  20u    /* told at once */
#define CONFIG_ERROR_BYTES   6144u  /* all of them; the lines are apart by a newline, and the last has none */
#define CONFIG_FILE_BYTES_MAX (64u * 1024u * 1024u)

/* A list of strings, with the line that each came from, so that later checks can still name it. */
struct config_list {
	char **items;
	unsigned *lines;
	size_t count;
};

enum config_zone_kind { CONFIG_FORWARD_ZONE, CONFIG_STUB_ZONE, CONFIG_AUTH_ZONE, CONFIG_RPZ, CONFIG_VIEW, CONFIG_KEY };

/* A section that may stand several times: `forward-zone:`, `stub-zone:`, `auth-zone:`, `rpz:`, `view:` or `key:`; the fields of the others are unset. */
struct config_zone {
	enum config_zone_kind kind;
	unsigned line; /* of the section */
	char *name;    /* NULL: missing */

	/* forward-zone, stub-zone */
	struct config_list addr, host; /* "192.0.2.1@5353", "ns.example.com" */
	bool first;    /* the ordinary way when these servers fail; of a view: when it has nothing */
	bool prime;    /* stub: ask them for the zone's own NS set */
	bool no_cache, tcp_upstream;

	/* auth-zone, rpz */
	char *zonefile;                    /* NULL: missing */
	struct config_list primary, master; /* the same: "192.0.2.1@5353", "192.0.2.1 key"; with one the file is what has come from there */
	struct config_list allow_notify;   /* "192.0.2.0/24" */
	bool has_expired;                  /* no option: its primaries have been silent for too long (secondaries.h) */
	bool is_followed;                  /* no option: has_expired is kept up to date; else its file's age tells */
	unsigned version;                  /* no option: another one when its records have changed, or those of an auth-zone have expired */

	/* auth-zone */
	bool for_downstream, for_upstream, fallback_enabled;
	struct config_list url; /* refused: zones are not fetched over HTTP */

	/* rpz */
	char *action_override, *cname_override;
	bool log, signal_nxdomain_ra;
	char *log_name;                    /* NULL: the zone's */
	char *ede;                         /* NULL: blocked */
	struct config_list tags;           /* empty: for all clients */

	/* key */
	char *algorithm;                   /* NULL: sha256 */
	char *secret;                      /* base64; NULL: missing */

	/* view */
	struct config_list local_zone, local_data, local_data_ptr;
};

#define CONFIG_ZONES_MAX 4096u

enum config_link { CONFIG_LINK_RAW, CONFIG_LINK_PACKET, CONFIG_LINK_TAP, CONFIG_LINK_XDP };
enum config_xdp_mode { CONFIG_XDP_AUTO, CONFIG_XDP_ZERO_COPY, CONFIG_XDP_NATIVE, CONFIG_XDP_GENERIC };

struct config {
	char *file; /* as given to config_load */
	unsigned lines[CONFIG_OPTIONS_MAX]; /* of config_options, one by one: of the first mention, 0: none (config_line) */

	/* server: */
	struct config_list interface;      /* "127.0.0.1", "::1@5353" */
	uint32_t port;
	struct config_list access_control; /* "192.0.2.0/24 allow" */
	uint32_t num_threads;
	char *root_hints;                  /* NULL: built in */
	char *username;                    /* "": stay who we are */
	char *pidfile;                     /* NULL: none */
	uint32_t verbosity;                /* 0 errors .. 4 debug */
	bool log_queries, log_replies, log_servfail;
	bool do_ip4, do_ip6, do_udp, do_tcp;
	bool prefer_ip4, prefer_ip6;       /* upstream */
	uint32_t num_queries_per_thread, jostle_timeout, outgoing_range;
	uint64_t rrset_cache_size, neg_cache_size, delegation_cache_size, msg_cache_size, transfer_memory;
	bool msg_cache_huge_pages;
	uint32_t infra_cache_numhosts;
	char *cache_file;                  /* NULL: none */
	uint32_t cache_min_ttl, cache_max_ttl, cache_max_negative_ttl, cache_min_negative_ttl;
	bool serve_expired, serve_expired_ttl_reset, prefetch;
	uint32_t serve_expired_ttl, serve_expired_reply_ttl; /* s */
	uint32_t serve_expired_client_timeout;               /* ms */
	uint32_t edns_buffer_size, max_udp_size, outbound_msg_retry;
	bool qname_minimisation, use_caps_for_id, harden_glue, harden_unverified_glue, do_not_query_localhost, prime_root;
	bool iter_scrub_promiscuous;
	char *module_config;               /* "validator iterator", "iterator" */
	struct config_list trust_anchor, trust_anchor_file, auto_trust_anchor_file; /* all empty: the root's keys, built in */
	uint32_t add_holddown, del_holddown, keep_missing; /* s */
	bool permit_small_holddown;
	struct config_list domain_insecure;
	char *val_override_date;           /* "": the clock */
	char *val_nsec3_keysize_iterations; /* pairs; "": VALIDATE_NSEC3_ITERATIONS_MAX */
	bool tcp_upstream;
	bool val_permissive_mode, harden_algo_downgrade, ignore_cd_flag;
	uint32_t val_sig_skew_min, val_sig_skew_max;
	uint32_t val_bogus_ttl;
	bool trust_anchor_signaling, root_key_sentinel;
	bool minimal_responses, deny_any, serve_original_ttl;
	bool hide_identity, hide_version;
	char *identity, *version;          /* NULL: host name, program version */
	uint32_t ip_ratelimit, ip_ratelimit_factor, ip_ratelimit_cookie, ratelimit, ratelimit_factor;
	bool ip_ratelimit_backoff, ratelimit_backoff;
	struct config_list ratelimit_for_domain, ratelimit_below_domain; /* "example.com 1000" */
	bool answer_cookie, send_cookie, disable_edns_do, dns_error_reporting, aggressive_nsec;
	struct config_list edns_client_string; /* "192.0.2.0/24 TEXT" */
	uint32_t edns_client_string_opcode;
	char *cookie_secret;               /* NULL: drawn */
	char *nsid;                        /* NULL: none; "ascii_..." or hex */
	struct config_list do_not_query_address;
	struct config_list response_ip, response_ip_data; /* "192.0.2.0/24 redirect", "192.0.2.0/24 A 198.51.100.1" */
	struct config_list private_address, private_domain;
	char *dns64_prefix, *nat64_prefix;
	bool dns64_synthall, do_nat64;
	struct config_list dns64_ignore_aaaa;
	struct config_list local_zone, local_data, local_data_ptr;
	bool unblock_lan_zones, insecure_lan_zones;
	uint32_t incoming_num_tcp;         /* per thread */
	uint32_t tcp_idle_timeout;         /* ms */
	uint64_t so_rcvbuf, so_sndbuf;     /* 0: the system's */
	bool so_reuseport, ip_freebind;
	uint32_t discard_timeout;          /* ms: a UDP answer later than this is not sent */

	struct config_list define_tag;     /* "guest child" */
	struct config_list local_zone_override; /* "example.com 192.0.2.0/24 static" */
	struct config_list access_control_view; /* "192.0.2.0/24 inside" */
	struct config_list access_control_tag_action, access_control_tag_data, local_zone_tag;
	struct config_list access_control_tag; /* "192.0.2.0/24 guest child" */

	struct config_zone *zones;         /* in the order of the file */
	size_t zone_count;

	/* cachedb: */
	char *cachedb_backend;             /* NULL: none; "redis" */
	char *secret_seed;
	char *redis_server_host, *redis_server_path, *redis_server_password; /* path, password NULL: none */
	uint32_t redis_server_port, redis_timeout, redis_logical_db; /* ms */
	bool redis_expire_records, cachedb_no_store;

	/* remote-control: */
	bool control_enable;
	char *control_interface;           /* of a Unix socket */

	/* stack: */
	enum config_link link;
	char *device;                      /* packet, tap, xdp */
	struct config_list address;        /* "192.0.2.7/24", "2001:db8::7/64", "dhcp", "slaac" */
	struct config_list gateway;
	char *mac;                         /* NULL: random, locally administered */
	uint32_t vlan, mtu;                /* 0: none, the device's */
	enum config_xdp_mode xdp_mode;
	uint32_t guard_ports;              /* link raw: kernel sockets that hold our ports */
	char *capture;                     /* pcapng file of all frames; NULL: none */
	char *faults;                      /* "loss=10%,delay=20ms,seed=7" for tests; NULL: none */
};

enum config_form {
	CONFIG_BOOL, CONFIG_NUMBER, CONFIG_SIZE, CONFIG_STRING, CONFIG_LIST, CONFIG_CHOICE,
};

struct config_option {
	const char *section, *name;
	enum config_form form;
	size_t offset;             /* in struct config; of sections that may repeat: in struct config_zone */
	const char *initial;       /* default as it would stand in the file; NULL: none */
	uint64_t smallest, largest; /* NUMBER, SIZE */
	const char *choices;       /* CHOICE: "raw packet tap", in the order of the enum */
	const char *what;          /* one line */
};
extern const struct config_option config_options[];
extern const size_t config_option_count;

/* Whether it comes from primaries, and its file with it. */
static inline bool
config_zone_is_transferred(const struct config_zone *zone)
{
	return zone->primary.count + zone->master.count > 0;
}

/* The defaults alone. */
int config_init(struct config *config);
int config_load(struct config *config, const char *path, char error[CONFIG_ERROR_BYTES]);
/* The same from memory; `name` stands for the path in messages. */
int config_parse(struct config *config, const char *name, const char *text, size_t text_bytes,
                 char error[CONFIG_ERROR_BYTES]);
void config_free(struct config *config);

/* The line that an option of `server:` or `stack:` stands in, the first if it is a list; 0: it is not in the file. */
unsigned config_line(const struct config *config, const char *name);

/* Formats "NAME:LINE: text" for checks that come later (an address that is none, a zone type unknown). */
void config_complain(char error[CONFIG_ERROR_BYTES], const struct config *config, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The usual one, "NAME:LINE: OPTION: `TEXT`: WHY"; returns ERR_MALFORMED. */
int config_refuse(char error[CONFIG_ERROR_BYTES], const struct config *config, unsigned line, const char *option,
                  const char *text, const char *why);

#endif
