#include "resolver/serve/modules.h"

#include <string.h>

#include "stack/base/err.h"

static bool
take_word(struct modules *modules, const char *word, size_t size)
{
	const struct {
		const char *word;
		bool *is_on;
	} words[] = {
		{ "validator", &modules->validator },
		{ "iterator", &modules->iterator },
		{ "dns64", &modules->dns64 },
		{ "respip", &modules->respip },
	};
	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strlen(words[i].word) == size && memcmp(words[i].word, word, size) == 0) {
			*words[i].is_on = true;
			return true;
		}
	}
	return false;
}

int
modules_read(struct modules *modules, const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	const char *text = config->module_config != NULL ? config->module_config : "";
	bool is_right = true;

	*modules = (struct modules){ .validator = false };
	for (const char *at = text + strspn(text, " \t"); *at != '\0' && is_right;
	     at += strspn(at, " \t")) {
		const size_t size = strcspn(at, " \t");
		is_right = take_word(modules, at, size);
		at += size;
	}
	if (is_right && modules->iterator)
		return 0;
	config_complain(error, config, config_line(config, "module-config"),
			"module-config: `%s`: is not `iterator` with or without `validator`, "
			"`dns64`, `respip`",
			text);
	return ERR_MALFORMED;
}
