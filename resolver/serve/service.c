#include "resolver/serve/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "resolver/cache/ready.h"
#include "resolver/serve/entry_words.h"
#include "resolver/serve/groups.h"
#include "resolver/serve/local_zones.h"
#include "resolver/serve/policy_zones.h"
#include "resolver/serve/private_addresses.h"
#include "resolver/serve/rated_zones.h"
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
	build->acl = acl_new(&build->service->own->arena);
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
	*copy = arena_copy(&build->service->own->arena, text, strlen(text) + 1);
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
	if (config->prefer_ip4 && config->prefer_ip6)
		return refuse(build, config_line(config, "prefer-ip6"), "prefer-ip6", "yes", "and prefer-ip4 exclude each other");
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

/* What a renewal leaves as it is. */
static int
build_base(struct build *build, const char *hostname, struct rng *rng)
{
	const struct config *config = build->config;
	struct service *service = build->service;
	struct arena *arena = &service->own->arena;
	struct client_policy *policy = &service->policy;
	struct notified *notified;
	struct tags *tags = NULL;
	struct views *views;
	struct dns64 *dns64;
	int err = build_acl(build);
	if (err == 0)
		err = groups_build(&tags, arena, config, rng, build->error);
	if (err == 0)
		err = local_zones_build(&build->local, tags, arena, config, rng, build->error);
	if (err == 0)
		err = local_views_build(&views, arena, config, rng, build->error);
	if (err == 0)
		err = build_options(build, hostname, rng);
	if (err == 0)
		err = build_cookie(build, rng);
	if (err == 0)
		err = zones_build(&service->forwards, arena, config, rng, build->error);
	if (err == 0)
		err = private_addresses_build(&service->rebind, arena, config, rng, build->error);
	if (err == 0)
		err = not_asked_build(&service->not_asked, arena, config, build->error);
	if (err == 0)
		err = upstream_words_build(&service->strings, arena, config, build->error);
	if (err == 0)
		err = rated_zones_build(&service->rate_zones, arena, config, rng, build->error);
	if (err == 0)
		err = translation_build(&dns64, arena, config, rng, build->error);
	if (err == 0)
		err = secondaries_notified(&notified, arena, config, build->error);
	if (err != 0)
		return err;
	policy->acl = build->acl;
	policy->local = build->local;
	policy->tags = tags->count > 0 ? tags : NULL;
	policy->views = views;
	policy->dns64 = dns64;
	policy->notified = notified;
	return 0;
}

/* ---- the whole -------------------------------------------------------------------------------------------- */

struct making {
	const struct config *config;
	const char *hostname;
	const struct service *before; /* NULL: everything is new */
	struct rng *rng;
	struct service *service;
	char *error;
};

/* The service itself, with what lies in its own block. */
static int
make_own(void *context, struct shared_block *own)
{
	struct making *making = context;
	struct arena *arena = &own->arena;
	struct service *service = making->service = arena_zalloc(arena, 1, sizeof *service);
	int err = service != NULL ? 0 : ERR_NO_MEMORY;

	if (err != 0)
		return err;
	if (making->before != NULL)
		*service = *making->before;
	service->own = own;
	service->rules = NULL;
	service->kept = NULL;
	if (making->before == NULL) {
		struct build build = { .service = service, .config = making->config, .error = making->error };
		service->base = own;
		err = build_base(&build, making->hostname, making->rng);
	}
	if (err == 0)
		err = trust_anchors_build(&service->trust, arena, making->config, &service->log, making->error);
	if (err != 0 && service->base == own)
		notified_wipe(service->policy.notified);
	return err;
}

static int
make_rules(void *context, struct shared_block *block)
{
	struct making *making = context;
	struct client_policy *policy = &making->service->policy;
	struct rpz *rpz;

	const int err = policy_zones_build(&rpz, policy->tags, &block->arena, making->config, making->rng, making->error);
	policy->rpz = rpz;
	return err;
}

static int
add_rules(struct making *making)
{
	struct service *service = making->service;

	service->rules_version = policy_zones_version(making->config);
	if (making->before == NULL || making->before->rules_version != service->rules_version)
		return shared_block_build(&service->rules, SERVICE_BYTES_FIRST + policy_zones_bytes(making->config),
					  SERVICE_BYTES_MAX, make_rules, making);
	service->rules = shared_block_hold(making->before->rules);
	return 0;
}

static int
add_kept(struct making *making)
{
	struct service *service = making->service;
	const struct kept_set *before = making->before != NULL ? making->before->kept : NULL;
	const int err = kept_zones_build(&service->kept, making->config, before, making->error);

	service->policy.kept = service->kept != NULL ? service->kept->zones : NULL;
	return err;
}

static int
make(struct service **service, struct making *making)
{
	struct shared_block *own;

	*service = NULL;
	making->error[0] = '\0';
	int err = shared_block_build(&own, SERVICE_BYTES_FIRST, SERVICE_BYTES_MAX, make_own, making);
	if (err == 0) {
		if (making->before != NULL)
			(void)shared_block_hold(making->service->base);
		err = add_kept(making);
		if (err == 0)
			err = add_rules(making);
		if (err != 0)
			service_free(making->service);
	}
	if (err == 0)
		*service = making->service;
	else if (making->error[0] == '\0')
		config_complain(making->error, making->config, 0, "access-control, local-zone, local-data, auth-zone, rpz: %s",
				err_text(err));
	return err;
}

int
service_new(struct service **service, const struct config *config, const char *hostname,
	    struct rng *rng, char error[CONFIG_ERROR_BYTES])
{
	struct making making = { .config = config, .hostname = hostname, .rng = rng, .error = error };

	return make(service, &making);
}

int
service_renew(struct service **service, const struct service *before, const struct config *config, struct rng *rng,
	      char error[CONFIG_ERROR_BYTES])
{
	struct making making = { .config = config, .before = before, .rng = rng, .error = error };
	const int err = make(service, &making);

	if (err == 0)
		(*service)->policy.generation = (uint32_t)rng_u64(rng);
	return err;
}

void
service_free(struct service *service)
{
	if (service == NULL)
		return;
	struct shared_block *own = service->own, *base = service->base;
	kept_zones_free(service->kept);
	shared_block_release(service->rules);
	if (base->holders == 1)
		notified_wipe(service->policy.notified); /* which lies there */
	if (base != own)
		shared_block_release(base);
	shared_block_release(own);
}
