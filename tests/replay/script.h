/*
 * script.h - a scenario file (.rpl) as data: configuration, ranges of what servers answer, steps.
 *
 * The language is that of Unbound's testbound; tests/replay/README.md tells which of it is spoken.
 *
 * Ownership: script_load allocates, script_free frees; everything of a script lives as long as it.
 * Errors:    false, with line and reason in script->error.
 * Bounds:    SCRIPT_*_MAX; files of SCRIPT_BYTES_MAX.
 */
#ifndef CAIRN_TESTS_REPLAY_SCRIPT_H
#define CAIRN_TESTS_REPLAY_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/wire/message.h"
#include "stack/addr.h"

#define SCRIPT_BYTES_MAX   (4u << 20)
#define SCRIPT_ENTRIES_MAX 4096u
#define SCRIPT_RANGES_MAX  1024u
#define SCRIPT_STEPS_MAX   1024u
#define SCRIPT_TEMPFILES_MAX 32u
#define SCRIPT_ERROR_BYTES 300u
#define SCRIPT_WORD_BYTES  256u

enum entry_match {
	MATCH_OPCODE = 1u << 0, MATCH_QNAME = 1u << 1, MATCH_QTYPE = 1u << 2, MATCH_SUBDOMAIN = 1u << 3,
	MATCH_QUESTION = 1u << 4, MATCH_ANSWER = 1u << 5, MATCH_RCODE = 1u << 6, MATCH_ALL = 1u << 7,
	MATCH_ALL_NOEDNS = 1u << 8, MATCH_TTL = 1u << 9, MATCH_DO = 1u << 10, MATCH_NOEDNS = 1u << 11,
	MATCH_EDNSDATA = 1u << 12, MATCH_UDP = 1u << 13, MATCH_TCP = 1u << 14, MATCH_EDE = 1u << 15,
	MATCH_EDE_ANY = 1u << 16, MATCH_CLIENT_COOKIE = 1u << 17, MATCH_SERVER_COOKIE = 1u << 18, MATCH_CO = 1u << 19,
	MATCH_SERIAL = 1u << 20,
};

enum entry_adjust { ADJUST_COPY_ID = 1u << 0, ADJUST_COPY_QUERY = 1u << 1 };

/* A message as the file describes it, complete on the wire but for the id; and how others compare to it. */
struct entry {
	unsigned line;
	uint32_t match;  /* enum entry_match */
	uint32_t adjust; /* enum entry_adjust */
	int ede;
	bool has_hex;    /* the octets are as they stand in the file, header and all */
	uint16_t flags, rcode;
	bool dnssec_ok, is_tcp;
	uint8_t *bytes; /* allocated */
	size_t size;
	uint8_t *edns_data; /* options, NULL: none */
	size_t edns_bytes;
	struct entry *next; /* in its range, or the next packet of a step */
};

struct range {
	unsigned first, last; /* steps */
	bool has_addr;
	struct ip_addr addrs[8];
	unsigned addr_count;
	struct entry *entries;
};

enum step_kind {
	STEP_NOTHING, STEP_QUERY, STEP_CHECK_ANSWER, STEP_CHECK_OUT_QUERY, STEP_REPLY, STEP_TIMEOUT, STEP_ERROR,
	STEP_TIME_PASSES, STEP_TRAFFIC, STEP_ASSIGN, STEP_CHECK_AUTOTRUST, STEP_CHECK_TEMPFILE, STEP_INFRA_RTT,
};

struct step {
	unsigned number, line;
	enum step_kind kind;
	bool has_addr;
	struct ip_addr addr;
	struct entry *entry; /* NULL: none */
	const char *text;    /* the rest of the line: an expression, an id, a file name */
	const char *body;    /* CHECK_AUTOTRUST, CHECK_TEMPFILE: the lines that follow */
};

/* A file that the configuration names, written before the player starts. */
struct tempfile {
	char name[SCRIPT_WORD_BYTES];
	const char *text; /* NUL-terminated */
	bool is_autotrust;
};

struct script {
	char *text; /* the file, cut into pieces */
	char *config; /* up to CONFIG_END, without what follows here */
	struct tempfile tempfiles[SCRIPT_TEMPFILES_MAX];
	unsigned tempfile_count;
	struct range ranges[SCRIPT_RANGES_MAX];
	unsigned range_count;
	struct step steps[SCRIPT_STEPS_MAX];
	unsigned step_count;
	struct entry *entries[SCRIPT_ENTRIES_MAX]; /* all, to be freed */
	unsigned entry_count;
	char error[SCRIPT_ERROR_BYTES];
};

bool script_load(struct script *script, const char *path);
void script_free(struct script *script);

#endif
