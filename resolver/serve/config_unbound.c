/* config_unbound.c - options that people bring from unbound, and why there are none of that name here. */
#include "resolver/serve/config_priv.h"

#include <string.h>

#define ALWAYS "it is always so"
#define SLABS  "the caches have no slabs to be counted"
#define NO_TLS "there is no TLS, towards clients or name servers"
#define STATS  "`cairnctl stats` tells all counters, and SIGUSR1 logs them"
#define SOCKET "commands come by a Unix socket that only the server's user opens (`control-interface`)"
#define NO_TAP "there is no dnstap; `log-queries` and `log-replies` tell what is asked, `capture` keeps what name servers say"
#define NO_ECS "no part of a client's address is sent to name servers"

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
