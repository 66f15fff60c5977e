#include "fetch/svcb.h"

#include <string.h>

#include "stack/base/cursor.h"
#include "stack/base/err.h"

/* RFC 9460, section 14.3.2; ech is not done here. */
enum svcb_key {
	SVCB_MANDATORY = 0,
	SVCB_ALPN = 1,
	SVCB_NO_DEFAULT_ALPN = 2,
	SVCB_PORT = 3,
	SVCB_IPV4HINT = 4,
	SVCB_IPV6HINT = 6,
};

struct svcb_alpn {
	bool has_ours, has_no_default;
};

static bool
is_known(uint16_t key)
{
	return key <= SVCB_IPV4HINT || key == SVCB_IPV6HINT;
}

/* Section 8: all of these must be understood, or the record is not for us. */
static int
read_mandatory(struct cursor *value)
{
	while (value->err == 0 && cursor_left(value) > 0)
		if (!is_known(cursor_u16(value)))
			return ERR_UNSUPPORTED;
	return value->err;
}

static int
read_alpn(struct cursor *value, struct svcb_alpn *alpn)
{
	while (value->err == 0 && cursor_left(value) > 0) {
		const uint8_t bytes = cursor_u8(value);
		const uint8_t *id = cursor_bytes(value, bytes);
		if (id != NULL && ((bytes == 2 && memcmp(id, "h2", 2) == 0) ||
				   (bytes == 8 && memcmp(id, "http/1.1", 8) == 0)))
			alpn->has_ours = true;
	}
	return value->err;
}

static int
read_param(struct names_service *service, struct svcb_alpn *alpn, uint16_t key,
	   struct cursor *value)
{
	switch (key) {
	case SVCB_MANDATORY: return read_mandatory(value);
	case SVCB_ALPN: return read_alpn(value, alpn);
	case SVCB_NO_DEFAULT_ALPN: alpn->has_no_default = true; return 0;
	case SVCB_PORT: service->port = cursor_u16(value); return value->err;
	default: return 0; /* hints: the target's addresses are asked for in any case */
	}
}

int
svcb_read(struct names_service *service, const struct name *owner, const uint8_t *bytes,
	  size_t size)
{
	struct svcb_alpn alpn = { false, false };
	struct cursor cursor = cursor_over(bytes, size);

	*service = (struct names_service){ 0 };
	service->priority = cursor_u16(&cursor);
	int err = cursor.err == 0 ? name_read(&service->target, &cursor) : cursor.err;
	while (err == 0 && service->priority != 0 && cursor_left(&cursor) > 0) {
		const uint16_t key = cursor_u16(&cursor), value_bytes = cursor_u16(&cursor);
		const uint8_t *at = cursor_bytes(&cursor, value_bytes);
		if (at == NULL)
			return ERR_MALFORMED;
		struct cursor value = cursor_over(at, value_bytes);
		err = read_param(service, &alpn, key, &value);
	}
	if (err != 0)
		return err;
	if (alpn.has_no_default && !alpn.has_ours)
		return ERR_UNSUPPORTED; /* section 7.1: without it http/1.1 is always among them */
	if (service->target.size == 1 && service->priority == 0)
		return ERR_UNSUPPORTED; /* section 2.5.1: there is no such service */
	if (service->target.size == 1)
		name_copy(&service->target, owner);
	service->is_at_owner = name_equal(&service->target, owner);
	return 0;
}
