#include "fetch/psl.h"

#include <dlfcn.h>
#include <libpsl.h>

#define PSL_FILE "libpsl.so.5"

static void
load(struct psl *psl)
{
	__typeof__(psl_latest) *latest;
	psl->has_tried = true;
	psl->library = dlopen(PSL_FILE, RTLD_NOW | RTLD_LOCAL);
	if (psl->library == NULL)
		return;
	*(void **)&latest = dlsym(psl->library, "psl_latest");
	if (latest != NULL)
		psl->list = latest(NULL);
}

static bool
is_suffix(void *data, struct span domain)
{
	struct psl *psl = data;
	char name[COOKIE_ATTRIBUTE_BYTES_MAX + 1];
	__typeof__(psl_is_public_suffix) *ask = NULL;
	if (!psl->has_tried)
		load(psl);
	if (psl->list != NULL)
		*(void **)&ask = dlsym(psl->library, "psl_is_public_suffix");
	if (ask == NULL || domain.bytes > COOKIE_ATTRIBUTE_BYTES_MAX)
		return span_find(domain, '.') == domain.bytes;
	for (size_t i = 0; i < domain.bytes; i++)
		name[i] = span_lower(domain.at[i]);
	name[domain.bytes] = '\0';
	return ask(psl->list, name) != 0;
}

void
psl_init(struct psl *psl)
{
	*psl = (struct psl){ .suffixes = { is_suffix, psl } };
}

void
psl_fini(struct psl *psl)
{
	__typeof__(psl_free) *list_free = NULL;
	if (psl->list != NULL)
		*(void **)&list_free = dlsym(psl->library, "psl_free");
	if (list_free != NULL)
		list_free(psl->list);
	if (psl->library != NULL)
		dlclose(psl->library);
	psl_init(psl);
}

bool
psl_is_loaded(const struct psl *psl)
{
	return psl->list != NULL;
}
