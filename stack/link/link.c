#include "stack/link/link_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "stack/base/err.h"

static int
err_of_errno(int errno_value)
{
	switch (errno_value) {
	case EPERM:
	case EACCES:        return ERR_PERMISSION;
	case EADDRINUSE:
	case EBUSY:
	case EEXIST:        return ERR_IN_USE;
	case ENODEV:
	case ENOENT:
	case ENXIO:         return ERR_NOT_FOUND;
	case ENOMEM:        return ERR_NO_MEMORY;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:       return ERR_FULL;
	case EAFNOSUPPORT:
	case EOPNOTSUPP:
	case ENOPROTOOPT:   return ERR_UNSUPPORTED;
	default:            return ERR_IO;
	}
}

int
link__fail(struct link_error *error, int errno_value, const char *capability, const char *format, ...)
{
	int err = err_of_errno(errno_value);
	char what[sizeof error->text / 2];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(what, sizeof what, format, arguments);
	va_end(arguments);
	if (err == ERR_PERMISSION && capability != NULL)
		(void)snprintf(error->text, sizeof error->text, "%s: %s (needs %s)", what, strerror(errno_value),
		               capability);
	else
		(void)snprintf(error->text, sizeof error->text, "%s: %s", what, strerror(errno_value));
	return err;
}

int
link__attach(int fd, const struct filter *filter)
{
	const struct sock_fprog program = { .len = filter->count,
		                            .filter = (struct sock_filter *)filter->insns };
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static void
grow(int fd, int forced, int polite, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0)
		(void)setsockopt(fd, SOL_SOCKET, polite, &bytes, sizeof bytes);
}

void
link__grow_buffers(int fd, int receive_bytes, int send_bytes)
{
	grow(fd, SO_RCVBUFFORCE, SO_RCVBUF, receive_bytes);
	grow(fd, SO_SNDBUFFORCE, SO_SNDBUF, send_bytes);
}
