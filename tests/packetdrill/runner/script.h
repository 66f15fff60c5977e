/*
 * script.h - a script in packetdrill's language, read into values.
 *
 * The part of the language that scripts about TCP, UDP and ICMP need: events with absolute, relative,
 * free or ranged times; segments with options and ECN marks; calls with numbers, names, structures and
 * expected results; blocking calls; shell lines (only sysctl is heeded); %{ }% with `assert tcpi_...`.
 * Of Fast Open only the options are known, which a stack may ignore.
 * Not done: encapsulation, mutation, MD5, MPTCP.
 *
 * Ownership: everything lies in the arena that script_read is lent.
 * Errors:    a message with the line, as the caller wants it: ends there.
 */
#ifndef CAIRN_TESTS_PACKETDRILL_SCRIPT_H
#define CAIRN_TESTS_PACKETDRILL_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define SCRIPT_OPTION_BYTES_MAX 40u
#define SCRIPT_OPTIONS_MAX      24u
#define SCRIPT_ARGUMENTS_MAX    8u
#define SCRIPT_ITEMS_MAX        64u
#define SCRIPT_NO_TIME          (-1)

/* ---- expressions ------------------------------------------------------------------------------- */

enum expression_kind {
	EXPRESSION_NUMBER,
	EXPRESSION_WORD,
	EXPRESSION_STRING,
	EXPRESSION_ELLIPSIS,
	EXPRESSION_LIST,   /* [a, b] */
	EXPRESSION_STRUCT, /* {a, b} */
	EXPRESSION_FIELD,  /* name = value; name(count) = value */
	EXPRESSION_APPLY,  /* name(value) */
	EXPRESSION_OR,     /* a | b */
};

struct expression {
	enum expression_kind kind;
	long long number;
	const char *text; /* WORD, STRING; FIELD, APPLY: the name */
	struct expression *items[SCRIPT_ITEMS_MAX];
	size_t item_count;
};

/* ---- packets ----------------------------------------------------------------------------------- */

enum packet_kind { PACKET_TCP, PACKET_UDP, PACKET_ICMP };

enum option_kind {
	OPTION_EOL = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WSCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMPS = 8,
	OPTION_FAST_OPEN = 34,
	OPTION_EXPERIMENT = 254, /* Fast Open's, with FAST_OPEN_MAGIC */
};

#define FAST_OPEN_MAGIC 0xf989u /* RFC 7413, section 8 */

struct option {
	enum option_kind kind;
	uint32_t values[16]; /* SACK: begin, end, ...; TIMESTAMPS: val, ecr; of Fast Open: the cookie's octets */
	size_t value_count;
};

enum tos_check { TOS_ANY, TOS_ECN, TOS_ECT01, TOS_WHOLE };

struct packet_spec {
	enum packet_kind kind;
	bool is_inbound;
	enum tos_check tos_check;
	uint8_t tos;
	uint8_t ttl;                            /* 0: not said */
	uint16_t source_port, destination_port; /* 0: not said */
	uint32_t payload_bytes;

	uint16_t flags, urgent;
	uint32_t seq, ack;
	bool has_ack;
	int window; /* -1: not said */
	bool any_options;
	struct option options[SCRIPT_OPTIONS_MAX];
	size_t option_count;

	const char *icmp_type, *icmp_code;
	uint32_t icmp_mtu;
	uint16_t icmp_id;
	enum packet_kind echoed_kind;
	uint32_t echoed_seq, echoed_bytes;
};

/* ---- events ------------------------------------------------------------------------------------ */

enum time_kind { TIME_ABSOLUTE, TIME_RELATIVE, TIME_ANY, TIME_ABSOLUTE_RANGE, TIME_RELATIVE_RANGE };

enum event_kind { EVENT_PACKET, EVENT_CALL, EVENT_COMMAND, EVENT_CODE };

struct call_spec {
	const char *name;
	long long end_us; /* of a blocking call, as written; SCRIPT_NO_TIME: it does not block */
	struct expression *arguments[SCRIPT_ARGUMENTS_MAX];
	size_t argument_count;
	struct expression *result;
	const char *error; /* "EAGAIN"; NULL: not said */
};

struct event {
	struct event *next;
	unsigned line;
	enum time_kind time_kind;
	long long time_us, time_end_us;
	enum event_kind kind;
	struct packet_spec packet;
	struct call_spec call;
	const char *text; /* COMMAND, CODE */
};

struct script_option {
	struct script_option *next;
	const char *name, *value; /* without the dashes; value "" if there is none */
};

struct script {
	const char *path;
	struct script_option *options;
	struct event *events;
	const char *init_command; /* NULL: none */
};

/* Leaves a message in `error` and returns false when the text is no script. */
bool script_read(struct script *script, const char *path, const char *text, struct arena *arena,
		 char *error, size_t error_bytes);

#endif
