#include "resolver/serve/descriptors.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

#include "resolver/serve/worker.h"

/* The guards are planned for; clients' sockets come on top. */
static uint64_t
wanted_for(const struct config *config, size_t endpoint_count)
{
	const uint64_t own = config->num_threads * worker_descriptors(config, endpoint_count);
	return own + 2 * (network_is_shared(config) ? config->guard_ports : 0) + GUARD_FDS_RESERVED;
}

static void
raise_limit(uint64_t wanted, const struct log *log)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return;
	struct rlimit raised = { .rlim_cur = wanted,
				 .rlim_max = limit.rlim_max > wanted ? limit.rlim_max : wanted };
	if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
		return;
	raised.rlim_cur = raised.rlim_max = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &raised);
	log_warning(log,
		    "RLIMIT_NOFILE is %llu and %llu are wanted: fewer TCP clients than "
		    "incoming-num-tcp can be held; raise "
		    "LimitNOFILE= of the unit, or `ulimit -n`",
		    (unsigned long long)raised.rlim_cur, (unsigned long long)wanted);
}

/* By a descriptor at its end.  Nothing depends on it. */
static void
grow_table(uint64_t wanted)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == 0)
		return;
	const uint64_t count = limit.rlim_cur < wanted ? limit.rlim_cur : wanted;
	const int fd = open("/", O_PATH | O_CLOEXEC);
	const int last =
		fd >= 0 && count <= INT_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, (int)count - 1) : -1;
	if (last >= 0)
		(void)close(last);
	if (fd >= 0)
		(void)close(fd);
}

void
descriptors_open(const struct config *config, size_t endpoint_count, const struct log *log)
{
	const uint64_t wanted = wanted_for(config, endpoint_count);
	raise_limit(wanted, log);
	grow_table(wanted);
}
