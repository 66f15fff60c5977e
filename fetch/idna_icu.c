#include "fetch/idna_icu.h"

#include <dlfcn.h>
#include <stdio.h>

#include "stack/base/err.h"

#define ICU_VERSION_NEWEST 99
#define ICU_VERSION_OLDEST 60
#define SYMBOL_BYTES       40u

/* What of unicode/uidna.h and unicode/utypes.h is needed; ICU keeps these for ever. */
enum {
	ICU_ZERO_ERROR = 0,
	ICU_BUFFER_OVERFLOW = 15,

	ICU_CHECK_BIDI = 4,
	ICU_CHECK_CONTEXTJ = 8,
	ICU_NONTRANSITIONAL_TO_ASCII = 0x10,
	ICU_NONTRANSITIONAL_TO_UNICODE = 0x20,

	ICU_ERROR_EMPTY_LABEL = 1,
	ICU_ERROR_LABEL_TOO_LONG = 2,
	ICU_ERROR_DOMAIN_NAME_TOO_LONG = 4,
	ICU_ERROR_LEADING_HYPHEN = 8,
	ICU_ERROR_TRAILING_HYPHEN = 0x10,
	ICU_ERROR_HYPHEN_3_4 = 0x20,
};

struct icu_info {
	int16_t size;
	int8_t is_transitional_different;
	int8_t reserved_b3;
	uint32_t errors;
	int32_t reserved_i2, reserved_i3;
};

/* ICU always checks hyphens and lengths (CheckHyphens, VerifyDnsLength); without beStrict they do not count. */
#define ERRORS_OF_STRICT_ONLY                                                                      \
	(ICU_ERROR_EMPTY_LABEL | ICU_ERROR_LABEL_TOO_LONG | ICU_ERROR_DOMAIN_NAME_TOO_LONG |       \
	 ICU_ERROR_LEADING_HYPHEN | ICU_ERROR_TRAILING_HYPHEN | ICU_ERROR_HYPHEN_3_4)

static void *
symbol(void *library, const char *name, int version)
{
	char versioned[SYMBOL_BYTES];
	snprintf(versioned, sizeof versioned, "%s_%d", name, version);
	return dlsym(library, versioned);
}

static bool
open_version(struct idna_icu *icu, int version)
{
	char name[SYMBOL_BYTES];
	int status = ICU_ZERO_ERROR;
	snprintf(name, sizeof name, "libicuuc.so.%d", version);
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return false;
	struct icu_uidna *(*open_uts46)(uint32_t options, int *status) =
		symbol(library, "uidna_openUTS46", version);
	icu->name_to_ascii = symbol(library, "uidna_nameToASCII_UTF8", version);
	icu->close = symbol(library, "uidna_close", version);
	if (open_uts46 != NULL && icu->name_to_ascii != NULL && icu->close != NULL)
		icu->uts46 = open_uts46(ICU_CHECK_BIDI | ICU_CHECK_CONTEXTJ |
						ICU_NONTRANSITIONAL_TO_ASCII |
						ICU_NONTRANSITIONAL_TO_UNICODE,
					&status);
	if (icu->uts46 != NULL && status <= ICU_ZERO_ERROR) /* below are warnings */
		return true;
	icu->uts46 = NULL;
	return false;
}

static bool
open_once(struct idna_icu *icu)
{
	if (!icu->has_tried) {
		icu->has_tried = true;
		int version = ICU_VERSION_NEWEST;
		while (version >= ICU_VERSION_OLDEST && !open_version(icu, version))
			version--;
	}
	return icu->uts46 != NULL;
}

static int
to_ascii(struct idna *idna, struct span domain, char *ascii, size_t ascii_bytes_max,
	 size_t *ascii_bytes, bool *is_strict)
{
	struct idna_icu *icu = (struct idna_icu *)idna;
	struct icu_info info = { .size = sizeof info };
	int status = ICU_ZERO_ERROR;
	if (domain.bytes > INT32_MAX)
		return ERR_NO_MEMORY;
	if (!open_once(icu))
		return ERR_UNSUPPORTED;

	int32_t bytes_max = ascii_bytes_max < INT32_MAX ? (int32_t)ascii_bytes_max : INT32_MAX;
	int32_t bytes = icu->name_to_ascii(icu->uts46, domain.at, (int32_t)domain.bytes, ascii,
					   bytes_max, &info, &status);
	if (status == ICU_BUFFER_OVERFLOW)
		return ERR_NO_MEMORY;
	if (status > ICU_ZERO_ERROR || (info.errors & ~(uint32_t)ERRORS_OF_STRICT_ONLY) != 0)
		return ERR_MALFORMED;
	*ascii_bytes = (size_t)bytes;
	*is_strict = info.errors == 0 && idna_is_strict_ascii(span_of(ascii, (size_t)bytes));
	return 0;
}

void
idna_icu_init(struct idna_icu *icu)
{
	static const struct idna_ops ops = { .to_ascii = to_ascii };
	*icu = (struct idna_icu){ .idna = { .ops = &ops } };
}

void
idna_icu_fini(struct idna_icu *icu)
{
	if (icu->uts46 != NULL)
		icu->close(icu->uts46);
	icu->uts46 = NULL;
}
