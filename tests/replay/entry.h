/*
 * entry.h - reading an ENTRY_BEGIN ... ENTRY_END, and comparing messages with it.
 */
#ifndef CAIRN_TESTS_REPLAY_ENTRY_H
#define CAIRN_TESTS_REPLAY_ENTRY_H

#include "tests/replay/lines.h"
#include "tests/replay/script.h"

/* Reads up to ENTRY_END; NULL with the reason in script->error. */
struct entry *entry_read(struct script *script, struct lines *lines);
void entry_free(struct entry *entry);

/* What was received, and how. */
struct packet {
	const uint8_t *bytes;
	size_t size;
	bool is_tcp;
};

/* Whether the packet is what the entry describes; else the reason in `why`. */
bool entry_matches(const struct entry *entry, const struct packet *packet, char *why, size_t why_bytes);

/* The entry as a reply to a query: id and question as ADJUST says.  Returns its octets; out has 65535. */
size_t entry_reply(const struct entry *entry, const struct packet *query, uint8_t *out);

#endif
