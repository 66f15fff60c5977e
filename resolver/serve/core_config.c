#include "resolver/serve/core_config.h"

#include "resolver/iterate/upstream_tcp.h"
#include "resolver/serve/network.h"

#define TCP_BUFFER_BYTES       (16u << 20) /* of all connections of our own stack upstream ... */
#define TCP_CLIENT_BUFFER_BYTES 16384u      /* ... and of a client's, on average: hardly any has much unread */
#define TCP_CLIENTS_BUFFERED_MAX 65536u     /* 1 GiB; with more there is less for each */
#define ORIGINAL_TTL_MAX_S 604800u /* serve-original-ttl: nothing is cut but what nobody should send (RFC 8767, section 4) */
#define TASKS_PER_QUESTION_MEAN 2u /* its own, and one that looks for a server's address or a zone's keys */
#define CLIENTS_PER_TASK_MEAN 4u /* places for waiting clients, a question that may be resolved */
/*
 * A name that many want at once and that takes long: those who come after so many are told SERVFAIL.  Each address is
 * bounded by itself (quota.h), so this one may be wide.
 */
#define CLIENTS_PER_TASK_MAX  1000u

struct engine_config
core_config_engine(const struct config *config)
{
	struct engine_config engine = engine_config_default;
	engine.do_ip4 = config->do_ip4;
	engine.do_ip6 = config->do_ip6;
	engine.preferred = config->prefer_ip4 ? ADDR_IPV4 : config->prefer_ip6 ? ADDR_IPV6 : ADDR_NONE;
	if (config->do_nat64)
		(void)nat64_from_text(&engine.nat64, config->nat64_prefix); /* service_new has tried it */
	engine.qname_minimisation = config->qname_minimisation;
	engine.use_caps_for_id = config->use_caps_for_id;
	engine.send_cookie = config->send_cookie;
	engine.zone_rate = (struct rate_limit){ config->ratelimit, config->ratelimit_factor, config->ratelimit_backoff };
	engine.disable_edns_do = config->disable_edns_do;
	engine.error_reporting = config->dns_error_reporting;
	engine.val_permissive_mode = config->val_permissive_mode;
	engine.harden_algo_downgrade = config->harden_algo_downgrade;
	engine.val_bogus_ttl_s = config->val_bogus_ttl;
	engine.val_sig_skew = (struct verify_skew){ config->val_sig_skew_min, config->val_sig_skew_max };
	engine.trust_anchor_signaling = config->trust_anchor_signaling;
	engine.root_key_sentinel = config->root_key_sentinel;
	engine.aggressive_nsec = config->aggressive_nsec;
	engine.tcp_upstream = config->tcp_upstream;
	engine.harden_glue = config->harden_glue;
	engine.harden_unverified_glue = config->harden_unverified_glue;
	engine.iter_scrub_promiscuous = config->iter_scrub_promiscuous;
	engine.prime_root = config->prime_root;
	engine.do_not_query_localhost = config->do_not_query_localhost;
	engine.minimal_responses = config->minimal_responses;
	engine.cache_min_ttl_s = config->serve_original_ttl ? 0 : config->cache_min_ttl;
	engine.cache_max_ttl_s = config->serve_original_ttl ? ORIGINAL_TTL_MAX_S : config->cache_max_ttl;
	engine.cache_max_negative_ttl_s = config->cache_max_negative_ttl;
	engine.cache_min_negative_ttl_s = config->cache_min_negative_ttl;
	engine.prefetch = config->prefetch;
	engine.second_level = config->cachedb_backend != NULL && config->cachedb_backend[0] != '\0';
	engine.serve_expired = config->serve_expired;
	engine.serve_expired_ttl_reset = config->serve_expired_ttl_reset;
	engine.serve_expired_ttl_s = config->serve_expired_ttl != 0 ? config->serve_expired_ttl : UINT32_MAX;
	engine.serve_expired_reply_ttl_s = config->serve_expired_reply_ttl;
	engine.serve_expired_client_timeout_ms = config->serve_expired_client_timeout;
	engine.jostle_timeout_ms = config->jostle_timeout;
	engine.outbound_msg_retry = config->outbound_msg_retry > 0 ? (uint8_t)config->outbound_msg_retry : 1;
	engine.edns_udp_bytes = (uint16_t)config->edns_buffer_size;
	return engine;
}

struct engine_limits
core_config_engine_limits(const struct config *config)
{
	struct engine_limits limits = engine_limits_default;
	limits.question_count = config->num_queries_per_thread;
	limits.task_count = config->num_queries_per_thread * TASKS_PER_QUESTION_MEAN;
	limits.client_count = config->num_queries_per_thread * CLIENTS_PER_TASK_MEAN;
	limits.query_count = config->outgoing_range;
	limits.clients_per_task = CLIENTS_PER_TASK_MAX;
	return limits;
}

/* Connections upstream, and where the stack is a station, those of clients. */
struct stack_limits
core_config_stack_limits(const struct config *config, const struct engine_limits *engine)
{
	struct stack_limits limits = stack_limits_default;
	uint32_t clients = network_is_shared(config) || !config->do_tcp ? 0 : config->incoming_num_tcp;
	limits.flow_count = engine->query_count;
	limits.tcp_count = 4 * UPSTREAM_TCP_CONNS + clients;
	limits.tcp_buffer_bytes = TCP_BUFFER_BYTES + (clients < TCP_CLIENTS_BUFFERED_MAX ? clients : TCP_CLIENTS_BUFFERED_MAX) *
						     TCP_CLIENT_BUFFER_BYTES;
	limits.tcp_sent_count = 16 * UPSTREAM_TCP_CONNS + 4 * clients;
	limits.tcp_syn_count = UPSTREAM_TCP_CONNS + clients;
	limits.tcp_time_wait_count = 16 * UPSTREAM_TCP_CONNS + 4 * clients;
	return limits;
}
