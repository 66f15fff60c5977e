#include "resolver/serve/file_map.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stack/base/err.h"

/* Of the map that there is, for the handler; size 0: none. */
static _Atomic uintptr_t mapped_at;
static _Atomic size_t mapped_size;
static size_t page_bytes;
static struct sigaction before;

/* Whether it comes of an access, which happens again when the handler returns; not from kill(2), or of memory that nobody reads. */
static bool
is_of_access(const siginfo_t *info)
{
	return info->si_code > 0 && info->si_code != BUS_MCEERR_AO;
}

static bool
fill_with_zeros(const siginfo_t *info)
{
	const uintptr_t at = (uintptr_t)info->si_addr & ~(uintptr_t)(page_bytes - 1);

	return is_of_access(info) && at - mapped_at < mapped_size &&
	       mmap((void *)at, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

/* Nothing but system calls.  What is not for us meets the former action behind it: the access again, or the signal raised again. */
static void
on_bus_error(int number, siginfo_t *info, void *context)
{
	const int saved_errno = errno;
	(void)context;

	if (!fill_with_zeros(info)) {
		(void)sigaction(number, &before, NULL);
		if (!is_of_access(info))
			(void)raise(number);
	}
	errno = saved_errno;
}

int
file_map_open(struct file_map *map, int fd, uint64_t size)
{
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };

	*map = (struct file_map){ .bytes = NULL };
	if (size == 0 || size > SIZE_MAX || mapped_size != 0)
		return ERR_IO;
	void *bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return ERR_IO;
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	(void)sigemptyset(&action.sa_mask);
	mapped_at = (uintptr_t)bytes;
	mapped_size = (size_t)size;
	(void)sigaction(SIGBUS, &action, &before);
	*map = (struct file_map){ .bytes = bytes, .size = (size_t)size };
	return 0;
}

void
file_map_close(struct file_map *map)
{
	if (map->bytes == NULL)
		return;
	(void)sigaction(SIGBUS, &before, NULL);
	mapped_size = 0;
	(void)munmap((void *)(uintptr_t)map->bytes, map->size);
	*map = (struct file_map){ .bytes = NULL };
}
