#include "fetch/http2.h"

#include "fetch/module.h"
#include "stack/base/err.h"

int
http2_open(struct stream *under, struct stream **stream, struct failure *failure)
{
	const struct http2_module *module =
		module_load(HTTP2_MODULE_FILE, HTTP2_MODULE_SYMBOL, FAILURE_HTTP2, failure);
	if (module == NULL) {
		stream_close(under);
		return ERR_NOT_FOUND;
	}
	return module->open(under, stream, failure);
}
