#include "fetch/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The directory of the program's file, without the final slash; false when the system does not tell. */
static bool
own_directory(char *into, size_t into_bytes)
{
	const ssize_t bytes = readlink("/proc/self/exe", into, into_bytes - 1);

	if (bytes <= 0)
		return false;
	into[bytes] = '\0';
	char *slash = strrchr(into, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

/* NULL: it is not there, or dlerror tells. */
static void *
open_in(const char *directory, const char *place, const char *file)
{
	char path[PATH_MAX + 64];
	const int bytes = snprintf(path, sizeof path, "%s/%s/%s", directory, place, file);

	if (bytes < 0 || (size_t)bytes >= sizeof path || access(path, R_OK) != 0)
		return NULL;
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static void *
open_module(const char *file)
{
	char directory[PATH_MAX];
	void *module = NULL;

	if (own_directory(directory, sizeof directory)) {
		module = open_in(directory, "../lib", file);
		if (module == NULL)
			module = open_in(directory, "../lib/cairn", file);
	}
	return module != NULL ? module : dlopen(file, RTLD_NOW | RTLD_LOCAL);
}

const void *
module_load(const char *file, const char *symbol, enum failure_cause cause, struct failure *failure)
{
	void *module = open_module(file);
	const void *found = module != NULL ? dlsym(module, symbol) : NULL;

	if (found == NULL) {
		const char *why = dlerror();
		failure_set(failure, cause, "%s cannot be loaded: %s", file, why != NULL ? why : "no reason given");
	}
	return found;
}
