/* config_options.c - the table of all options (config.h). The order is that of conf/cairn.conf and cairn.conf(5). */
#include "resolver/serve/config.h"

#define AT(field) offsetof(struct config, field)
#define SERVER(name, form, field, initial, smallest, largest, what)                                                    \
	{ "server", name, form, AT(field), initial, smallest, largest, NULL, what }
#define ZONE(section, name, form, field, initial, what)                                                                \
	{ section, name, form, offsetof(struct config_zone, field), initial, 0, 0, NULL, what }
#define STACK(name, form, field, initial, smallest, largest, what)                                                     \
	{ "stack", name, form, AT(field), initial, smallest, largest, NULL, what }

#define KIB 1024ull
#define MIB (KIB * KIB)
#define GIB (KIB * MIB)

const struct config_option config_options[] = {
	/* who is served */
	SERVER("interface", CONFIG_LIST, interface, "127.0.0.1, ::1", 0, 0,
	       "addresses to serve clients on, each with @port if it is not the port below"),
	SERVER("port", CONFIG_NUMBER, port, "53", 1, 65535, "the port of every interface without one of its own"),
	SERVER("access-control", CONFIG_LIST, access_control, "", 0, 0,
	       "netblock and action; the longest prefix decides, loopback is allowed, others are refused"),
	SERVER("define-tag", CONFIG_LIST, define_tag, "", 0, 0,
	       "names of tags for groups of clients, apart from each other by spaces"),
	SERVER("access-control-tag", CONFIG_LIST, access_control_tag, "", 0, 0,
	       "netblock and tags of the clients in it; the longest prefix decides"),
	SERVER("do-ip4", CONFIG_BOOL, do_ip4, "yes", 0, 0, "ask name servers over IPv4"),
	SERVER("do-ip6", CONFIG_BOOL, do_ip6, "yes", 0, 0, "ask name servers over IPv6"),
	SERVER("do-nat64", CONFIG_BOOL, do_nat64, "no", 0, 0,
	       "ask name servers that have only IPv4 addresses through a NAT64"),
	SERVER("nat64-prefix", CONFIG_STRING, nat64_prefix, "64:ff9b::/96", 0, 0,
	       "prefix of that NAT64 (RFC 6052)"),
	SERVER("do-udp", CONFIG_BOOL, do_udp, "yes", 0, 0, "serve clients over UDP"),
	SERVER("do-tcp", CONFIG_BOOL, do_tcp, "yes", 0, 0, "serve clients over TCP"),
	SERVER("incoming-num-tcp", CONFIG_NUMBER, incoming_num_tcp, "1000", 1, 1000000,
	       "TCP connections of clients that one thread holds at once"),
	SERVER("tcp-idle-timeout", CONFIG_NUMBER, tcp_idle_timeout, "10000", 1, 1200000,
	       "milliseconds until an idle TCP client is closed; less when connections run short"),
	SERVER("so-rcvbuf", CONFIG_SIZE, so_rcvbuf, "1m", 0, GIB, "receive buffer of the UDP sockets; 0 leaves the system's"),
	SERVER("so-sndbuf", CONFIG_SIZE, so_sndbuf, "1m", 0, GIB, "send buffer of the UDP sockets; 0 leaves the system's"),
	SERVER("so-reuseport", CONFIG_BOOL, so_reuseport, "yes", 0, 0,
	       "a socket a thread on the same port, the kernel spreads the clients"),
	SERVER("ip-freebind", CONFIG_BOOL, ip_freebind, "no", 0, 0, "bind addresses that the host does not have yet"),

	/* how it runs */
	SERVER("num-threads", CONFIG_NUMBER, num_threads, "1", 1, 64, "threads, each with a loop and a stack of its own"),
	SERVER("username", CONFIG_STRING, username, "", 0, 0,
	       "user to become once the sockets are open; empty stays who started it"),
	SERVER("pidfile", CONFIG_STRING, pidfile, "", 0, 0, "file to write the process id to; empty writes none"),
	SERVER("verbosity", CONFIG_NUMBER, verbosity, "1", 0, 4, "0 errors, 1 warnings and notices, 2 information, 3 and 4 debug"),
	SERVER("log-queries", CONFIG_BOOL, log_queries, "no", 0, 0, "a line for each query of a client"),
	SERVER("log-replies", CONFIG_BOOL, log_replies, "no", 0, 0,
	       "a line for each answer: rcode, time taken, from cache or not, size"),
	SERVER("log-servfail", CONFIG_BOOL, log_servfail, "no", 0, 0, "a line with the reason for each SERVFAIL"),

	/* what is told */
	SERVER("minimal-responses", CONFIG_BOOL, minimal_responses, "yes", 0, 0,
	       "leave out records that the client did not ask for and does not need"),
	SERVER("deny-any", CONFIG_BOOL, deny_any, "yes", 0, 0,
	       "answer ANY with one HINFO record (RFC 8482) instead of all that is known"),
	SERVER("max-udp-size", CONFIG_NUMBER, max_udp_size, "1232", 512, 4096,
	       "largest UDP answer, whatever the client allows; larger ones are truncated"),
	SERVER("discard-timeout", CONFIG_NUMBER, discard_timeout, "1900", 0, 60000,
	       "milliseconds after which a UDP answer is no longer sent; 0 sends all"),
	SERVER("hide-identity", CONFIG_BOOL, hide_identity, "no", 0, 0, "refuse id.server and hostname.bind"),
	SERVER("hide-version", CONFIG_BOOL, hide_version, "no", 0, 0, "refuse version.server and version.bind"),
	SERVER("identity", CONFIG_STRING, identity, "", 0, 0, "answer to id.server; empty is the host's name"),
	SERVER("version", CONFIG_STRING, version, "", 0, 0, "answer to version.server; empty is the program's"),
	SERVER("nsid", CONFIG_STRING, nsid, "", 0, 0, "RFC 5001 identifier: ascii_TEXT or hexadecimal; empty sends none"),
	SERVER("answer-cookie", CONFIG_BOOL, answer_cookie, "no", 0, 0,
	       "answer DNS cookies (RFC 7873), and judge those of `allow_cookie` clients by them"),
	SERVER("cookie-secret", CONFIG_STRING, cookie_secret, "", 0, 0,
	       "32 hexadecimal digits that servers of one address share (RFC 9018); empty draws them"),

	/* names with a meaning of their own */
	SERVER("local-zone", CONFIG_LIST, local_zone, "", 0, 0, "zone and type; `nodefault` switches a built-in zone off"),
	SERVER("local-data", CONFIG_LIST, local_data, "", 0, 0, "a record to answer with, in master-file form"),
	SERVER("local-data-ptr", CONFIG_LIST, local_data_ptr, "", 0, 0, "address and name: the reverse record of the two"),
	SERVER("unblock-lan-zones", CONFIG_BOOL, unblock_lan_zones, "no", 0, 0,
	       "switch the built-in zones of private addresses (RFC 6303) off"),

	/* how names are resolved */
	SERVER("root-hints", CONFIG_STRING, root_hints, "", 0, 0, "master file with the root servers; empty is the built-in list"),
	SERVER("prime-root", CONFIG_BOOL, prime_root, "yes", 0, 0, "ask a root server for the present list (RFC 8109)"),
	SERVER("qname-minimisation", CONFIG_BOOL, qname_minimisation, "yes", 0, 0,
	       "tell each server only as much of the name as it needs (RFC 9156)"),
	SERVER("use-caps-for-id", CONFIG_BOOL, use_caps_for_id, "yes", 0, 0,
	       "random letter case in queries, checked in replies (0x20)"),
	SERVER("send-cookie", CONFIG_BOOL, send_cookie, "yes", 0, 0,
	       "DNS cookies in queries over UDP (RFC 7873): from a server that has shown to know them nothing is taken without"),
	SERVER("harden-glue", CONFIG_BOOL, harden_glue, "yes", 0, 0,
	       "believe addresses beside a delegation only for names that the sender is in charge of"),
	SERVER("do-not-query-localhost", CONFIG_BOOL, do_not_query_localhost, "yes", 0, 0,
	       "never ask a name server at a loopback address"),
	SERVER("private-address", CONFIG_LIST, private_address, "", 0, 0,
	       "netblock that no public name may have an address in (DNS rebinding)"),
	SERVER("private-domain", CONFIG_LIST, private_domain, "", 0, 0,
	       "name that may, with all below it"),
	SERVER("module-config", CONFIG_STRING, module_config, "validator iterator", 0, 0,
	       "`validator iterator` validates answers (RFC 4035), `iterator` does not; `dns64` makes AAAA records of A"),
	SERVER("dns64-prefix", CONFIG_STRING, dns64_prefix, "64:ff9b::/96", 0, 0,
	       "with `dns64` in module-config: prefix of the AAAA records made from A (RFC 6147)"),
	SERVER("dns64-synthall", CONFIG_BOOL, dns64_synthall, "no", 0, 0,
	       "make them also where there are AAAA records"),
	SERVER("dns64-ignore-aaaa", CONFIG_LIST, dns64_ignore_aaaa, "", 0, 0,
	       "name for which, with all below it, AAAA records are looked for only if there are no A"),
	SERVER("trust-anchor", CONFIG_LIST, trust_anchor, "", 0, 0,
	       "a DS or DNSKEY record to start validation from, in master-file form"),
	SERVER("trust-anchor-file", CONFIG_LIST, trust_anchor_file, "", 0, 0,
	       "master file with such records; without any anchor the root's keys are built in"),
	SERVER("domain-insecure", CONFIG_LIST, domain_insecure, "", 0, 0, "name from which on nothing is validated (RFC 7646)"),
	SERVER("val-override-date", CONFIG_STRING, val_override_date, "", 0, 0,
	       "YYYYMMDDHHmmSS to validate as of that time; empty is now"),
	SERVER("trust-anchor-signaling", CONFIG_BOOL, trust_anchor_signaling, "no", 0, 0,
	       "tell the root which keys are trusted (RFC 8145); only `no` is possible yet"),
	SERVER("edns-buffer-size", CONFIG_NUMBER, edns_buffer_size, "1232", 512, 4096,
	       "UDP size offered to name servers; above 1232 replies may be fragmented, and fragments are dropped"),
	SERVER("disable-edns-do", CONFIG_BOOL, disable_edns_do, "no", 0, 0,
	       "clear DO in queries to name servers; nothing can be validated then"),
	SERVER("edns-client-string", CONFIG_LIST, edns_client_string, "", 0, 0,
	       "netblock of servers, and a text that queries to them carry"),
	SERVER("edns-client-string-opcode", CONFIG_NUMBER, edns_client_string_opcode, "65001", 0, 65535,
	       "EDNS option that the text is in"),
	SERVER("num-queries-per-thread", CONFIG_NUMBER, num_queries_per_thread, "4096", 16, 65536,
	       "names that one thread resolves at once"),
	SERVER("outgoing-range", CONFIG_NUMBER, outgoing_range, "8192", 16, 262144,
	       "queries to name servers that one thread has in flight at once"),

	/* what is kept */
	SERVER("rrset-cache-size", CONFIG_SIZE, rrset_cache_size, "auto", 0, 1024 * GIB,
	       "memory for records; auto is an eighth of the machine's, 64 MiB to 4 GiB"),
	SERVER("neg-cache-size", CONFIG_SIZE, neg_cache_size, "auto", 0, 1024 * GIB,
	       "memory for what does not exist or failed; auto is an eighth of rrset-cache-size"),
	SERVER("delegation-cache-size", CONFIG_SIZE, delegation_cache_size, "auto", 0, 1024 * GIB,
	       "memory for who serves which zone; auto is an eighth of rrset-cache-size"),
	SERVER("infra-cache-numhosts", CONFIG_NUMBER, infra_cache_numhosts, "65536", 64, 16777216,
	       "name servers whose round-trip time and faults are remembered"),
	SERVER("cache-min-ttl", CONFIG_NUMBER, cache_min_ttl, "0", 0, 86400, "seconds that any record is kept at least"),
	SERVER("cache-max-ttl", CONFIG_NUMBER, cache_max_ttl, "86400", 0, 604800, "seconds that any record is kept at most"),
	SERVER("cache-max-negative-ttl", CONFIG_NUMBER, cache_max_negative_ttl, "3600", 0, 86400,
	       "seconds that an absence is kept at most (RFC 2308)"),

	/* zones with servers of their own */
	ZONE("forward-zone", "name", CONFIG_STRING, name, "", "the zone; `.` is everything"),
	ZONE("forward-zone", "forward-addr", CONFIG_LIST, addr, "", "address of a resolver to ask, with @port if it is not 53"),
	ZONE("forward-zone", "forward-host", CONFIG_LIST, host, "", "name of a resolver to ask"),
	ZONE("forward-zone", "forward-first", CONFIG_BOOL, first, "no", "without an answer from them ask the zone's own servers"),
	ZONE("stub-zone", "name", CONFIG_STRING, name, "", "the zone"),
	ZONE("stub-zone", "stub-addr", CONFIG_LIST, addr, "", "address of a name server of the zone, with @port if it is not 53"),
	ZONE("stub-zone", "stub-host", CONFIG_LIST, host, "", "name of a name server of the zone"),
	ZONE("stub-zone", "stub-first", CONFIG_BOOL, first, "no", "without an answer from them ask the servers of the delegation"),
	ZONE("stub-zone", "stub-prime", CONFIG_BOOL, prime, "no", "ask them for the zone's own NS set and use that; only `no` is possible yet"),

	/* response policy zones */
	ZONE("rpz", "name", CONFIG_STRING, name, "", "the zone's name, which its file may leave out"),
	ZONE("rpz", "zonefile", CONFIG_STRING, zonefile, "", "master file with the rules"),
	ZONE("rpz", "rpz-action-override", CONFIG_STRING, action_override, "",
	     "what every rule does instead: nxdomain, nodata, passthru, drop, cname, or disabled"),
	ZONE("rpz", "rpz-cname-override", CONFIG_STRING, cname_override, "", "with `cname`: the name to answer with an alias of"),
	ZONE("rpz", "rpz-log", CONFIG_BOOL, log, "no", "a line for each answer that the zone has changed"),
	ZONE("rpz", "rpz-log-name", CONFIG_STRING, log_name, "", "what the zone is called in that line; empty is its name"),
	ZONE("rpz", "rpz-signal-nxdomain-ra", CONFIG_BOOL, signal_nxdomain_ra, "no", "clear RA in the zone's NXDOMAIN answers"),
	ZONE("rpz", "rpz-ede", CONFIG_STRING, ede, "",
	     "extended error of what it blocks: blocked, censored or filtered (RFC 8914); empty is blocked"),
	ZONE("rpz", "tags", CONFIG_LIST, tags, "", "apply the zone only to clients with one of these tags"),

	/* Cairn's own place on the network */
	{ "stack", "link", CONFIG_CHOICE, AT(link), "raw", 0, 0, "raw packet tap",
	  "how Cairn is on the network: with the host's address (raw), or as a host of its own on a device (packet) or a TAP (tap)" },
	STACK("device", CONFIG_STRING, device, "", 0, 0, "network device of link packet, name of link tap"),
	STACK("address", CONFIG_LIST, address, "", 0, 0,
	      "links packet and tap: address/prefix-length, `dhcp` (IPv4) or `slaac` (IPv6)"),
	STACK("gateway", CONFIG_LIST, gateway, "", 0, 0, "links packet and tap: default gateways, one a family"),
	STACK("mac", CONFIG_STRING, mac, "", 0, 0, "links packet and tap: MAC address; empty draws a random local one"),
	STACK("vlan", CONFIG_NUMBER, vlan, "0", 0, 4094, "links packet and tap: 802.1Q tag; 0 is untagged"),
	STACK("mtu", CONFIG_NUMBER, mtu, "0", 0, 65535, "largest IP packet; 0 is the device's"),
	STACK("guard-ports", CONFIG_NUMBER, guard_ports, "4096", 64, 32768,
	      "link raw: ports held ready at once, from which each query's is drawn"),
	STACK("capture", CONFIG_STRING, capture, "", 0, 0, "file for every packet sent and received, as pcapng; empty writes none"),
	STACK("faults", CONFIG_STRING, faults, "", 0, 0,
	      "for tests: loss, duplication, reordering, corruption, delay and rate of the link"),
};

const size_t config_option_count = sizeof config_options / sizeof config_options[0];
