/* config_unbound.c - options that people bring from unbound, and why there are none of that name here. */
#include "resolver/serve/config_priv.h"

#include <string.h>

#define ALWAYS "it is always so"
#define SLABS  "the caches have no slabs to be counted"
#define NO_TLS "there is no TLS, towards clients or name servers"

static const struct {
	const char *option, *why;
} elsewhere[] = {
	{ "harden-dnssec-stripped", ALWAYS },
	{ "harden-below-nxdomain", ALWAYS ", below what is proved not to be there" },
	{ "val-clean-additional", ALWAYS },
	{ "msg-cache-slabs", SLABS },
	{ "rrset-cache-slabs", SLABS },
	{ "infra-cache-slabs", SLABS },
	{ "key-cache-slabs", SLABS },
	{ "ratelimit-slabs", SLABS },
	{ "ip-ratelimit-slabs", SLABS },
	{ "key-cache-size", "keys are in the cache of `rrset-cache-size`" },
	{ "do-daemonize", "cairnd stays in the foreground" },
	{ "logfile", "cairnd logs to standard error" },
	{ "use-syslog", "cairnd logs to standard error" },
	{ "tls-service-key", NO_TLS },
	{ "tls-service-pem", NO_TLS },
	{ "tls-port", NO_TLS },
	{ "tls-cert-bundle", NO_TLS },
	{ "tls-upstream", NO_TLS },
	{ "ssl-upstream", NO_TLS },
	{ "forward-tls-upstream", NO_TLS },
	{ "forward-ssl-upstream", NO_TLS },
	{ "stub-tls-upstream", NO_TLS },
	{ "stub-ssl-upstream", NO_TLS },
	{ "https-port", NO_TLS },
	{ "quic-port", NO_TLS },
	{ "pad-responses", NO_TLS ", and without it padding hides nothing" },
	{ "pad-queries", NO_TLS ", and without it padding hides nothing" },
};

const char *
config__why_not(const char *name)
{
	for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
		if (strcmp(elsewhere[i].option, name) == 0)
			return elsewhere[i].why;
	return NULL;
}
