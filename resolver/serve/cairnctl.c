/* cairnctl - commands to a running cairnd; cairnctl(8). */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "resolver/serve/config.h"
#include "resolver/serve/control.h"

#define EXIT_USAGE 2
#define PATIENCE_S 60 /* more than the server has with its threads */

static const char usage[] =
	"usage: cairnctl [-c FILE | -s SOCKET] COMMAND [ARGUMENT...]\n"
	"  -c FILE     the configuration of cairnd, which names its socket\n"
	"  -s SOCKET   the socket itself; without either /run/cairnd.ctl\n"
	"  -V          tell the version and leave\n"
	"  -h, --help  tell this and leave\n"
	"`cairnctl help` has cairnd tell its commands.\n";

static int
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "cairnctl: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* "": the file has commands switched off, or an error; both are told. */
static int
path_from_config(const char *file, char *path, size_t path_bytes)
{
	char error[CONFIG_ERROR_BYTES];
	struct config config;

	if (config_load(&config, file, error) != 0) {
		(void)fprintf(stderr, "cairnctl: %s\n", error);
		return EXIT_FAILURE;
	}
	int status = EXIT_SUCCESS;
	if (!config.control_enable)
		status = fail(file, "commands are switched off; set `control-enable: yes` under `remote-control:` and start cairnd anew");
	else
		(void)snprintf(path, path_bytes, "%s", config.control_interface);
	config_free(&config);
	return status;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
	} else {
		strcpy(address.sun_path, path);
		if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
			return fd;
	}
	const int why = errno;
	(void)close(fd);
	errno = why;
	return -1;
}

static const char *
remedy(int why)
{
	switch (why) {
	case ENOENT:       return "there is no such socket; does cairnd run, with `control-enable: yes` under `remote-control:`?";
	case ECONNREFUSED: return "nobody listens; cairnd has ended";
	case EACCES:       return "may not be opened; only root and the user that cairnd runs as may";
	default:           return strerror(why);
	}
}

/* False: it is told why not. */
static bool
write_command(FILE *to, char *const *words, int count)
{
	size_t size = strlen(CONTROL_GREETING) + 1;

	for (int i = 0; i < count; i++)
		size += strlen(words[i]) + 1;
	if (size >= CONTROL_LINE_BYTES)
		return fail(words[0], "the command is too long") == EXIT_SUCCESS;
	(void)fputs(CONTROL_GREETING, to);
	for (int i = 0; i < count; i++)
		(void)fprintf(to, " %s", words[i]);
	(void)fputc('\n', to);
	return fflush(to) == 0 || fail("cairnd", strerror(errno)) == EXIT_SUCCESS;
}

/* The first line says how it went: what follows is what was asked for, or more of the reason why not. */
static int
print_answer(FILE *from)
{
	char line[CONTROL_LINE_BYTES];

	errno = 0;
	if (fgets(line, sizeof line, from) == NULL)
		return fail("cairnd", errno == EAGAIN ? "does not answer" : "has ended the connection without an answer");
	const bool is_done = strcmp(line, "ok\n") == 0;
	if (!is_done)
		(void)fprintf(stderr, "cairnctl: %s", strncmp(line, "error ", 6) == 0 ? line + 6 : line);
	while (fgets(line, sizeof line, from) != NULL)
		(void)fputs(line, is_done ? stdout : stderr);
	if (!is_done)
		return EXIT_FAILURE;
	return fflush(stdout) == 0 && !ferror(from) ? EXIT_SUCCESS : fail("output", strerror(errno));
}

static int
command(const char *path, char *const *words, int count)
{
	const int fd = connect_to(path);
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	FILE *stream = fd >= 0 ? fdopen(fd, "r+") : NULL;

	if (stream == NULL)
		return fail(path, remedy(errno));
	const int status = write_command(stream, words, count) ? print_answer(stream) : EXIT_FAILURE;
	(void)fclose(stream);
	return status;
}

/* A word with a space or a line's end would be two. */
static bool
is_word(const char *text)
{
	return text[0] != '\0' && strpbrk(text, " \n\r\t") == NULL;
}

int
main(int argc, char *argv[])
{
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	char path[sizeof ((struct sockaddr_un *)NULL)->sun_path + 1] = "/run/cairnd.ctl";
	int option;

	(void)signal(SIGPIPE, SIG_IGN); /* a server that goes away is told */
	while ((option = getopt_long(argc, argv, "+c:hs:V", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			if (path_from_config(optarg, path, sizeof path) != EXIT_SUCCESS)
				return EXIT_FAILURE;
			break;
		case 's': (void)snprintf(path, sizeof path, "%s", optarg); break;
		case 'V': (void)printf("cairnctl %s\n", CAIRN_VERSION); return EXIT_SUCCESS;
		case 'h': (void)fputs(usage, stdout); return EXIT_SUCCESS;
		default: (void)fputs(usage, stderr); return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	for (int i = optind; i < argc; i++) {
		if (is_word(argv[i]))
			continue;
		(void)fprintf(stderr, "cairnctl: `%s` is no word of a command\n", argv[i]);
		return EXIT_USAGE;
	}
	return command(path, argv + optind, argc - optind);
}
