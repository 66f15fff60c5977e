#include "fetch/decode_libraries.h"

#include <dlfcn.h>
#include <stdio.h>

const struct decode_libraries decode_libraries = { .br = &decode_br, .zstd = &decode_zstd };

void *
decode__library(const char *file, enum coding coding, struct failure *failure)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL && failure != NULL)
		failure_set(failure, FAILURE_CODING,
			    "the content's coding %s needs %s, which is not installed",
			    coding_name(coding), file);
	return library;
}

static bool
is_installed(const struct decoder_ops *ops)
{
	void *state;
	if (ops->open(&state, NULL, NULL) != 0)
		return false;
	ops->close(state);
	return true;
}

void
decode_accept_encoding(char text[DECODE_ACCEPT_BYTES])
{
	snprintf(text, DECODE_ACCEPT_BYTES, "gzip, deflate%s%s",
		 is_installed(&decode_br) ? ", br" : "",
		 is_installed(&decode_zstd) ? ", zstd" : "");
}
