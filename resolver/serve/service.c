#include "resolver/serve/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "resolver/cache/ready.h"
#include "resolver/serve/entry_words.h"
#include "resolver/serve/groups.h"
#include "resolver/serve/kept_zones.h"
#include "resolver/serve/local_zones.h"
#include "resolver/serve/policy_zones.h"
#include "resolver/serve/private_addresses.h"
#include "resolver/serve/secondaries.h"
#include "resolver/serve/translation.h"
#include "resolver/serve/upstream_words.h"
#include "stack/base/rng.h"

#define SERVICE_BYTES_FIRST (UINT64_C(1) << 20)

struct build {
	struct service *service;
	const struct config *config;
	struct acl *acl;
	struct local *local;
	char *error;
};

static int
refuse(const struct build *build, unsigned line, const char *option, const char *text, const char *why)
{
	return config_refuse(build->error, build->config, line, option, text, why);
}

/* ---- the parts ------------------------------------------------------------------------------------------- */

static int
build_acl_entry(struct build *build, const char *text, unsigned line)
{
	struct entry_words words;
	struct ip_addr prefix;
	unsigned prefix_len;
	enum acl_action action;
	if (!entry_words_split(&words, text))
		return refuse(build, line, "access-control", text, "is not `NETBLOCK ACTION`");
	if (addr_prefix_from_text(&prefix, &prefix_len, words.first) != 0)
		return refuse(build, line, "access-control", words.first,
			      "is no address and prefix length");
	if (addr_has_host_bits(&prefix, prefix_len))
		return refuse(build, line, "access-control", words.first,
			      "names an address in the netblock: leave the bits behind the prefix 0, or write "
			      "/32 or /128 for the one address");
	if (acl_action_from_text(words.second, &action) != 0)
		return refuse(build, line, "access-control", words.second,
			      "is not one of: deny refuse allow allow_setrd allow_snoop "
			      "deny_non_local refuse_non_local allow_cookie");
	return acl_add(build->acl, &prefix, prefix_len, action);
}

static int
build_acl(struct build *build)
{
	const struct config_list *list = &build->config->access_control;
	build->acl = acl_new(&build->service->arena);
	if (build->acl == NULL)
		return ERR_NO_MEMORY;
	int err = acl_add_defaults(build->acl);
	for (size_t i = 0; i < list->count && err == 0; i++)
		err = build_acl_entry(build, list->items[i], list->lines[i]);
	return err;
}

static int
build_text(struct build *build, const char *text, const char **copy)
{
	*copy = NULL;
	if (text == NULL || text[0] == '\0')
		return 0;
	*copy = arena_copy(&build->service->arena, text, strlen(text) + 1);
	return *copy != NULL ? 0 : ERR_NO_MEMORY;
}

/* "ascii_TEXT" or octets in hexadecimal, as unbound has it. */
static int
build_nsid(struct build *build)
{
	struct respond_config *respond = &build->service->policy.respond;
	const char *text = build->config->nsid != NULL ? build->config->nsid : "";
	bool is_ascii = strncasecmp(text, "ascii_", 6) == 0;
	size_t text_bytes = strlen(text), size = is_ascii ? text_bytes - 6 : text_bytes / 2;
	if (size > RESPOND_NSID_BYTES_MAX)
		return refuse(build, config_line(build->config, "nsid"), "nsid", text, "is longer than 128 octets");
	if (is_ascii) {
		memcpy(respond->nsid, text + 6, size);
	} else {
		if (strspn(text, "0123456789abcdefABCDEF") != text_bytes || text_bytes % 2 != 0)
			return refuse(build, config_line(build->config, "nsid"), "nsid", text,
				      "is neither `ascii_TEXT` nor hexadecimal octets");
		for (size_t i = 0; i < size; i++)
			(void)sscanf(text + 2 * i, "%2hhx", &respond->nsid[i]);
	}
	respond->nsid_bytes = (uint8_t)size;
	return 0;
}

static enum log_level
verbosity_level(uint32_t verbosity)
{
	static const enum log_level levels[] = { LOG_LEVEL_ERROR, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO,
						 LOG_LEVEL_DEBUG };
	return verbosity < 3 ? levels[verbosity] : LOG_LEVEL_DEBUG;
}

static int
build_options(struct build *build, const char *hostname, struct rng *rng)
{
	const struct config *config = build->config;
	struct service *service = build->service;
	struct client_policy *policy = &service->policy;
	policy->deny_any = config->deny_any;
	policy->no_dnssec = config->disable_edns_do;
	policy->answers_anew = config->msg_cache_size != 0 && config->msg_cache_size < READY_BYTES_MAX;
	policy->ignores_cd = config->ignore_cd_flag;
	policy->rate = (struct rate_limit){ config->ip_ratelimit, config->ip_ratelimit_factor,
					    config->ip_ratelimit_backoff };
	policy->cookie_rate = (struct rate_limit){ config->ip_ratelimit_cookie, config->ip_ratelimit_factor,
						   config->ip_ratelimit_backoff };
	policy->discard_after_us = (uint64_t)config->discard_timeout * 1000;
	policy->respond.minimal_responses = config->minimal_responses;
	policy->respond.serve_original_ttl = config->serve_original_ttl;
	policy->respond.udp_bytes_max = (uint16_t)config->max_udp_size;
	policy->respond.tcp_idle_timeout_ms = config->tcp_idle_timeout;
	policy->generation = (uint32_t)rng_u64(rng);
	service->tcp_idle_timeout_ms = config->tcp_idle_timeout;
	service->log_queries = config->log_queries;
	service->log_replies = config->log_replies;
	service->log_servfail = config->log_servfail;
	log_init(&service->log, "cairnd", verbosity_level(config->verbosity));
	log_init(&service->query_log, "cairnd", LOG_LEVEL_INFO);

	policy->chaos.hide_version = config->hide_version;
	policy->chaos.hide_identity = config->hide_identity;
	const char *identity = config->identity != NULL ? config->identity : hostname;
	int err = build_text(build, identity, &policy->chaos.identity);
	if (err == 0)
		err = build_text(build, config->version, &policy->chaos.version);
	return err == 0 ? build_nsid(build) : err;
}

/* Sixteen octets in hexadecimal, or drawn: then cookies are good until the next reading of the configuration. */
static int
build_cookie(struct build *build, struct rng *rng)
{
	struct client_policy *policy = &build->service->policy;
	const char *text = build->config->cookie_secret;
	policy->answers_cookies = build->config->answer_cookie;
	if (text == NULL) {
		rng_bytes(rng, policy->cookie_secret.octets, COOKIE_SECRET_BYTES);
		return 0;
	}
	if (strlen(text) != 2 * COOKIE_SECRET_BYTES ||
	    strspn(text, "0123456789abcdefABCDEF") != 2 * COOKIE_SECRET_BYTES)
		return refuse(build, config_line(build->config, "cookie-secret"), "cookie-secret", "...", "is not 32 hexadecimal digits");
	for (size_t i = 0; i < COOKIE_SECRET_BYTES; i++)
		(void)sscanf(text + 2 * i, "%2hhx", &policy->cookie_secret.octets[i]);
	return 0;
}

/* One try with a block of this size; ERR_NO_MEMORY asks for a larger one. */
static int
service_try(struct service **service, const struct config *config, const char *hostname,
	    struct rng *rng, size_t block_bytes, char *error)
{
	void *block = mmap(NULL, block_bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (block == MAP_FAILED)
		return ERR_TOO_BIG;
	struct arena arena;
	arena_init(&arena, block, block_bytes);
	struct build build = {
		.service = arena_zalloc(&arena, 1, sizeof(struct service)),
		.config = config,
		.error = error,
	};
	build.service->arena = arena;
	build.service->block = block;
	build.service->block_bytes = block_bytes;
	struct tags *tags = NULL;
	struct views *views = NULL;
	int err = build_acl(&build);
	if (err == 0)
		err = groups_build(&tags, &build.service->arena, config, rng, error);
	if (err == 0)
		err = local_zones_build(&build.local, tags, &build.service->arena, config, rng, error);
	if (err == 0)
		err = local_views_build(&views, &build.service->arena, config, rng, error);
	if (err == 0)
		err = build_options(&build, hostname, rng);
	if (err == 0)
		err = build_cookie(&build, rng);
	if (err == 0)
		err = zones_build(&build.service->forwards, &build.service->arena, config, rng, error);
	if (err == 0)
		err = private_addresses_build(&build.service->rebind, &build.service->arena, config, rng, error);
	if (err == 0)
		err = not_asked_build(&build.service->not_asked, &build.service->arena, config, error);
	if (err == 0)
		err = upstream_words_build(&build.service->strings, &build.service->arena, config, error);
	struct dns64 *dns64;
	if (err == 0)
		err = translation_build(&dns64, &build.service->arena, config, rng, error);
	struct notified *notified;
	if (err == 0)
		err = secondaries_notified(&notified, &build.service->arena, config, error);
	struct kept_zones *kept;
	if (err == 0)
		err = kept_zones_build(&kept, &build.service->arena, config, error);
	struct rpz *rpz;
	if (err == 0)
		err = policy_zones_build(&rpz, tags, &build.service->arena, config, rng, error);
	if (err == 0)
		err = trust_anchors_build(&build.service->trust, &build.service->arena, config, &build.service->log, error);
	if (err != 0) {
		(void)munmap(block, block_bytes);
		return err;
	}
	build.service->policy.acl = build.acl;
	build.service->policy.local = build.local;
	build.service->policy.tags = tags->count > 0 ? tags : NULL;
	build.service->policy.dns64 = dns64;
	build.service->policy.views = views;
	build.service->policy.kept = kept;
	build.service->policy.notified = notified;
	build.service->policy.rpz = rpz;
	*service = build.service;
	return 0;
}

int
service_new(struct service **service, const struct config *config, const char *hostname,
	    struct rng *rng, char error[CONFIG_ERROR_BYTES])
{
	int err = ERR_NO_MEMORY;
	error[0] = '\0';
	*service = NULL;
	for (uint64_t bytes = SERVICE_BYTES_FIRST;
	     bytes <= SERVICE_BYTES_MAX && err == ERR_NO_MEMORY; bytes *= 4)
		err = service_try(service, config, hostname, rng, bytes, error);
	if (err != 0 && error[0] == '\0')
		config_complain(error, config, 0, "access-control, local-zone, local-data, auth-zone, rpz: %s",
				err_text(err));
	return err;
}

void
service_free(struct service *service)
{
	if (service != NULL)
		(void)munmap(service->block, service->block_bytes);
}
