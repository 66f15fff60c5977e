/* config_unbound.c - options and sections that people bring from unbound, and why there are none of that name here. */
#include "resolver/serve/config_priv.h"

#include <string.h>

#define ALWAYS "it is always so"
#define SLABS  "the caches have no slabs to be counted"
#define NO_TLS "there is no TLS, towards clients or name servers"
#define STATS  "`cairnctl stats` tells all counters, and SIGUSR1 logs them"
#define SOCKET "commands come by a Unix socket that only the server's user opens (`control-interface`)"
#define NO_TAP "there is no dnstap; `log-queries` and `log-replies` tell what is asked, `capture` keeps what name servers say"
#define NO_ECS "no part of a client's address is sent to name servers"
#define ONE_FILE "a configuration is one file: write what this includes into it, where a section may stand several times"
#define NO_MODULE "there are no modules beside those of `module-config`"
#define RTTS   "a server's time-out follows its round-trip times, within fixed bounds"
#define KNOWN  "what is known of a server is kept for 15 minutes"
#define CONNS  "connections to name servers are shared by queries; how many and how long is fixed"
#define PORTS  "ports of queries are drawn by chance (`guard-ports`)"
#define STACK  "queries go through cairnd's own stack, not through sockets"
#define MSS    "it follows from the MTU"
#define FASTER "servers are chosen by their round-trip times, in a fixed way"
#define BOUNDS "the work for one question has fixed bounds"
#define QUOTA  "the answers that one address waits for have a fixed bound"
#define BY_ADDR "clients are told apart by their addresses alone (`access-control` and its kind)"

static const struct {
	const char *option, *why;
} elsewhere[] = {
	{ "harden-dnssec-stripped", ALWAYS },
	{ "harden-below-nxdomain", ALWAYS ", below what is proved not to be there" },
	{ "val-clean-additional", ALWAYS },
	{ "ede", ALWAYS },
	{ "ede-serve-expired", ALWAYS },
	{ "edns-tcp-keepalive", ALWAYS },
	{ "use-systemd", ALWAYS ", where systemd has started cairnd" },
	{ "interface-automatic", ALWAYS " with `interface: [ 0.0.0.0, \"::\" ]`: replies leave from the address that was asked" },
	{ "ip-transparent", "`ip-freebind` binds addresses that the host does not have" },
	{ "unwanted-reply-threshold", "a query that gets replies which do not fit is asked again over TCP, and no cache is emptied" },
	{ "caps-whitelist", "a server that does not repeat the case of a name is noticed, and asked without" },
	{ "caps-exempt", "a server that does not repeat the case of a name is noticed, and asked without" },
	{ "response-ip-tag", "an `rpz:` section with `tags` and rules for addresses (rpz-ip) does that for clients with a tag" },
	{ "trusted-keys-file", "`trust-anchor-file` takes keys, as DS or DNSKEY records" },
	{ "include", ONE_FILE },
	{ "include-toplevel", ONE_FILE },
	{ "infra-cache-min-rtt", RTTS },
	{ "infra-cache-max-rtt", RTTS },
	{ "infra-keep-probing", RTTS },
	{ "unknown-server-time-limit", RTTS },
	{ "infra-host-ttl", KNOWN },
	{ "infra-lame-ttl", KNOWN },
	{ "infra-cache-lame-size", "it is a part of `infra-cache-numhosts`" },
	{ "outgoing-num-tcp", CONNS },
	{ "tcp-reuse-timeout", CONNS },
	{ "tcp-auth-query-timeout", CONNS },
	{ "max-reuse-tcp-queries", CONNS },
	{ "outgoing-port-permit", PORTS },
	{ "outgoing-port-avoid", PORTS },
	{ "outgoing-interface", "queries leave from the host's addresses, or from `address` of `stack:`" },
	{ "tcp-mss", MSS },
	{ "outgoing-tcp-mss", MSS },
	{ "udp-connect", STACK },
	{ "delay-close", STACK },
	{ "msg-buffer-size", "messages of every size find room" },
	{ "stream-wait-size", "what one connection waits for has a fixed bound" },
	{ "target-fetch-policy", "addresses of name servers are looked for when they are needed" },
	{ "fast-server-*", FASTER },
	{ "low-rtt*", FASTER },
	{ "harden-short-bufsize", ALWAYS },
	{ "harden-large-queries", ALWAYS },
	{ "harden-unknown-additional", ALWAYS },
	{ "qname-minimisation-strict", "the whole name is asked before an error is believed" },
	{ "prefetch-key", "keys are asked for when an answer is to be judged" },
	{ "val-max-restart", "an answer that does not hold is asked of two other servers" },
	{ "max-sent-count", BOUNDS },
	{ "max-query-restarts", BOUNDS },
	{ "max-global-quota", BOUNDS },
	{ "iter-scrub-ns", BOUNDS },
	{ "iter-scrub-cname", BOUNDS },
	{ "wait-limit*", QUOTA },
	{ "ratelimit-size", "the table has a fixed size" },
	{ "ip-ratelimit-size", "the table has a fixed size" },
	{ "interface-action", BY_ADDR },
	{ "interface-view", BY_ADDR },
	{ "interface-tag*", BY_ADDR },
	{ "proxy-protocol-port", "the PROXY protocol is not spoken" },
	{ "dlv-anchor*", "DLV is history (RFC 8749)" },
	{ "python*", NO_MODULE },
	{ "dynlib*", NO_MODULE },
	{ "ipsecmod-*", NO_MODULE },
	{ "ipset", NO_MODULE },
	{ "dnscrypt*", "there is no DNSCrypt" },
	{ "log-local-actions", "local zones of type `inform` and its kind are logged" },
	{ "log-tag-queryreply", "lines of answers go on behind the question" },
	{ "msg-cache-slabs", SLABS },
	{ "rrset-cache-slabs", SLABS },
	{ "infra-cache-slabs", SLABS },
	{ "key-cache-slabs", SLABS },
	{ "ratelimit-slabs", SLABS },
	{ "ip-ratelimit-slabs", SLABS },
	{ "key-cache-size", "keys are in the cache of `rrset-cache-size`" },
	{ "do-daemonize", "cairnd stays in the foreground" },
	{ "directory", "cairnd changes to none: write paths in full" },
	{ "chroot", "cairnd changes to none; cairnd.service confines it" },
	{ "val-log-level", "`log-servfail` tells the reason of each failure" },
	{ "val-log-squelch", "`log-servfail` tells the reason of each failure" },
	{ "log-time-iso", ALWAYS ", in UTC, and is left to the journal where lines go there" },
	{ "log-time-ascii", "lines begin with the time in UTC, and leave it to the journal where they go there" },
	{ "extended-statistics", STATS },
	{ "statistics-*", STATS },
	{ "shm-*", STATS },
	{ "control-port", SOCKET },
	{ "control-use-cert", SOCKET },
	{ "control-key-file", SOCKET },
	{ "control-cert-file", SOCKET },
	{ "server-key-file", SOCKET },
	{ "server-cert-file", SOCKET },
	{ "dnstap", NO_TAP },
	{ "dnstap-*", NO_TAP },
	{ "send-client-subnet", NO_ECS },
	{ "client-subnet-*", NO_ECS },
	{ "max-client-subnet-*", NO_ECS },
	{ "logfile", "cairnd logs to standard error" },
	{ "use-syslog", "cairnd logs to standard error" },
	{ "tls-*", NO_TLS },
	{ "ssl-*", NO_TLS },
	{ "forward-tls-upstream", NO_TLS },
	{ "forward-ssl-upstream", NO_TLS },
	{ "stub-tls-upstream", NO_TLS },
	{ "stub-ssl-upstream", NO_TLS },
	{ "additional-tls-port", NO_TLS },
	{ "https-port", NO_TLS },
	{ "http-*", NO_TLS },
	{ "quic-*", NO_TLS },
	{ "pad-responses*", NO_TLS ", and without it padding hides nothing" },
	{ "pad-queries*", NO_TLS ", and without it padding hides nothing" },
};

/* A pattern that ends with a star stands for every name that begins like it. */
static bool
stands_for(const char *pattern, const char *name)
{
	const size_t size = strlen(pattern);

	return pattern[size - 1] == '*' ? strncmp(pattern, name, size - 1) == 0 : strcmp(pattern, name) == 0;
}

const char *
config__why_not(const char *name)
{
	for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
		if (stands_for(elsewhere[i].option, name))
			return elsewhere[i].why;
	return NULL;
}
