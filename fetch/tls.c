#include "fetch/tls.h"

#include <stdlib.h>

#include "fetch/module.h"
#include "fetch/tls_module.h"
#include "stack/base/err.h"

struct tls {
	const struct tls_module *module;
	struct tls_context *context;
};

int
tls_new(struct tls **made, const struct tls_options *options, struct failure *failure)
{
	const struct tls_module *module =
		module_load(TLS_MODULE_FILE, TLS_MODULE_SYMBOL, FAILURE_TLS, failure);
	struct tls *tls = calloc(1, sizeof *tls);

	if (module == NULL || tls == NULL) {
		free(tls);
		return module == NULL ? ERR_NOT_FOUND : ERR_NO_MEMORY;
	}
	tls->module = module;
	const int err = module->context_new(&tls->context, options, failure);
	if (err != 0) {
		free(tls);
		return err;
	}
	*made = tls;
	return 0;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	tls->module->context_free(tls->context);
	free(tls);
}

int
tls_open(struct tls *tls, struct stream *under, const char *host, uint16_t port, const char *alpn,
	 struct stream **stream, struct failure *failure)
{
	return tls->module->open(tls->context, under, host, port, alpn, stream, failure);
}

enum tls_state
tls_state(const struct stream *stream)
{
	return ((const struct tls_stream_head *)stream)->state;
}
