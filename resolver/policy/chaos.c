#include "resolver/policy/chaos.h"

#include "stack/base/arena.h"

#define CHAOS_VERSION "cairn " CAIRN_VERSION

/* The names in wire form. */
static const struct {
	const char *wire;
	size_t wire_bytes;
	bool asks_version;
} chaos_names[] = {
	{ "\7version\4bind", 14, true },
	{ "\7version\6server", 16, true },
	{ "\10hostname\4bind", 15, false },
	{ "\2id\6server", 11, false },
};

/* What the question asks for; NULL: nothing that is to be told. */
static const char *
chaos_text(const struct chaos_config *config, const struct question *question)
{
	if (question->qtype != TYPE_TXT && question->qtype != TYPE_ANY)
		return NULL;
	for (unsigned i = 0; i < sizeof chaos_names / sizeof chaos_names[0]; i++) {
		struct name name;
		if (name_from_wire(&name, (const uint8_t *)chaos_names[i].wire,
				   chaos_names[i].wire_bytes) != 0 ||
		    !name_equal(&name, &question->qname))
			continue;
		bool asks_version = chaos_names[i].asks_version;
		if (asks_version ? config->hide_version : config->hide_identity)
			return NULL;
		const char *text = asks_version ? config->version : config->identity;
		if (text != NULL && text[0] != 0)
			return text;
		return asks_version ? CHAOS_VERSION : NULL;
	}
	return NULL;
}

static struct rrset *
chaos_rrset(const struct question *question, const char *text, struct arena *arena)
{
	size_t text_bytes = strnlen(text, CHAOS_TEXT_BYTES_MAX);
	struct rrset *rrset = arena_zalloc(arena, 1, sizeof *rrset);
	uint8_t *rdata = arena_alloc(arena, 3 + text_bytes);
	const struct name *owner = name_store(arena, &question->qname);
	if (rrset == NULL || rdata == NULL || owner == NULL)
		return NULL;
	rdata[0] = (uint8_t)((text_bytes + 1) >> 8);
	rdata[1] = (uint8_t)(text_bytes + 1);
	rdata[2] = (uint8_t)text_bytes;
	memcpy(rdata + 3, text, text_bytes);
	*rrset = (struct rrset){
		.owner = owner,
		.type = TYPE_TXT,
		.class = CLASS_CH,
		.rr_count = 1,
		.rdata_bytes = (uint32_t)(3 + text_bytes),
		.rdata = rdata,
	};
	return rrset;
}

int
chaos_answer(const struct chaos_config *config, const struct question *question,
	     struct arena *arena, struct answer *answer)
{
	*answer = (struct answer){ .rcode = RCODE_REFUSED,
				   .security = SECURITY_INSECURE,
				   .ede = EDE_NONE };
	const char *text = chaos_text(config, question);
	if (text == NULL)
		return 0;
	answer->sections[SECTION_ANSWER] = chaos_rrset(question, text, arena);
	if (answer->sections[SECTION_ANSWER] == NULL)
		return ERR_NO_MEMORY;
	answer->rcode = RCODE_NOERROR;
	return 0;
}
