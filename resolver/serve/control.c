#include "resolver/serve/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "stack/base/err.h"

struct control_client {
	uv_pipe_t pipe; /* pipe.data is the client's, timer.data too */
	uv_timer_t timer;
	uv_write_t write;
	struct control *control; /* NULL: closed meanwhile */
	bool is_used, is_answered;
	unsigned handles; /* that are not closed yet */
	enum control_wait waits_for;
	char line[CONTROL_LINE_BYTES];
	size_t line_bytes;
	char *answer;
	size_t answer_bytes, answer_room;
};

struct control {
	uv_pipe_t listener;
	control_command on_command;
	void *data;
	bool is_closing, is_listening;
	bool is_full; /* a connection waits for a place; libuv tells of no other until it is accepted */
	struct sockaddr_un address;
	struct control_client clients[CONTROL_CLIENTS_MAX];
};

/* ---- a client's end ----------------------------------------------------------------------------------------------------- */

static void
free_when_closed(struct control *control)
{
	if (!control->is_closing || control->is_listening)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].is_used)
			return;
	free(control);
}

static void on_connection(uv_stream_t *stream, int status);

static void
on_client_closed(uv_handle_t *handle)
{
	struct control_client *client = handle->data;

	if (--client->handles > 0)
		return;
	free(client->answer);
	client->answer = NULL;
	client->is_used = false;
	if (client->control->is_full && !client->control->is_closing)
		on_connection((uv_stream_t *)&client->control->listener, 0);
	free_when_closed(client->control);
}

static void
client_close(struct control_client *client)
{
	if (uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	client->waits_for = CONTROL_NO_WAIT;
	uv_close((uv_handle_t *)&client->pipe, on_client_closed);
	uv_close((uv_handle_t *)&client->timer, on_client_closed);
}

static void
on_impatience(uv_timer_t *timer)
{
	struct control_client *client = timer->data;

	if (client->waits_for == CONTROL_NO_WAIT)
		client_close(client);
	else
		control_refuse(client, "a thread of the server does not answer");
}

/* ---- the answer -------------------------------------------------------------------------------------------------------- */

static bool
make_room(struct control_client *client, size_t bytes)
{
	size_t room = client->answer_room != 0 ? client->answer_room : 4096;

	while (room - client->answer_bytes < bytes)
		room *= 2;
	if (room > CONTROL_ANSWER_BYTES_MAX)
		return false;
	char *answer = room == client->answer_room ? client->answer : realloc(client->answer, room);
	if (answer == NULL)
		return false;
	client->answer = answer;
	client->answer_room = room;
	return true;
}

/* What finds no room is left out: the answer is for a reader who can ask for less. */
static void
say(struct control_client *client, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	const int size = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (size < 0 || !make_room(client, (size_t)size + 1)) /* with a NUL, which what follows is written over */
		return;
	(void)vsnprintf(client->answer + client->answer_bytes, (size_t)size + 1, format, args);
	client->answer_bytes += (size_t)size;
}

void
control_say(struct control_client *client, const char *format, ...)
{
	static const char ok[] = "ok\n";
	va_list args;

	if (client->answer_bytes == 0 && make_room(client, sizeof ok)) {
		memcpy(client->answer, ok, sizeof ok - 1);
		client->answer_bytes = sizeof ok - 1;
	}
	va_start(args, format);
	say(client, format, args);
	va_end(args);
}

static void
on_written(uv_write_t *write, int status)
{
	(void)status;
	client_close(write->data);
}

void
control_finish(struct control_client *client)
{
	control_say(client, "%s", "");
	const uv_buf_t buffer = uv_buf_init(client->answer, (unsigned)client->answer_bytes);
	client->is_answered = true;
	client->write.data = client;
	(void)uv_timer_start(&client->timer, on_impatience, CONTROL_PATIENCE_MS, 0);
	if (client->answer == NULL || uv_write(&client->write, (uv_stream_t *)&client->pipe, &buffer, 1, on_written) != 0)
		client_close(client);
}

void
control_refuse(struct control_client *client, const char *format, ...)
{
	static const char word[] = "error ";
	va_list args;

	client->answer_bytes = 0;
	client->waits_for = CONTROL_NO_WAIT;
	if (!make_room(client, CONTROL_LINE_BYTES)) {
		client_close(client); /* that is told as well by no answer as by half a one */
		return;
	}
	memcpy(client->answer, word, sizeof word - 1);
	client->answer_bytes = sizeof word - 1;
	va_start(args, format);
	say(client, format, args);
	va_end(args);
	control_say(client, "\n");
	control_finish(client);
}

void
control_wait_for(struct control_client *client, enum control_wait what)
{
	client->waits_for = what;
	(void)uv_timer_start(&client->timer, on_impatience, CONTROL_WAIT_MS, 0);
}

struct control_client *
control_take_waiting(struct control *control, enum control_wait what)
{
	for (unsigned i = 0; control != NULL && i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &control->clients[i];
		if (!client->is_used || client->waits_for != what)
			continue;
		client->waits_for = CONTROL_NO_WAIT;
		return client;
	}
	return NULL;
}

/* ---- the command ------------------------------------------------------------------------------------------------------- */

static void
carry_out(struct control_client *client)
{
	const char *words[CONTROL_WORDS_MAX + 1];
	unsigned count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(client->line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
		if (count > CONTROL_WORDS_MAX) {
			control_refuse(client, "more than %u words", CONTROL_WORDS_MAX);
			return;
		}
		words[count++] = word;
	}
	if (count < 2 || strcmp(words[0], CONTROL_GREETING) != 0) {
		control_refuse(client, "this server speaks " CONTROL_GREETING ": use the cairnctl that came with it");
		return;
	}
	client->control->on_command(client->control->data, client, words + 1, count - 1);
}

static void
on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct control_client *client = handle->data;
	(void)suggested;
	*buffer = uv_buf_init(client->line + client->line_bytes, (unsigned)(sizeof client->line - 1 - client->line_bytes));
}

static void
on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
	struct control_client *client = stream->data;
	(void)buffer;

	if (size == UV_ENOBUFS && !client->is_answered) {
		(void)uv_read_stop(stream);
		control_refuse(client, "a command of more than %u octets", CONTROL_LINE_BYTES - 1);
		return;
	}
	if (size < 0) {
		client_close(client);
		return;
	}
	client->line_bytes += (size_t)size;
	char *end = memchr(client->line, '\n', client->line_bytes);
	if (end == NULL)
		return;
	(void)uv_read_stop(stream);
	*end = '\0';
	carry_out(client);
}

static struct control_client *
client_new(struct control *control)
{
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &control->clients[i];
		if (client->is_used)
			continue;
		*client = (struct control_client){ .control = control, .is_used = true, .handles = 2 };
		(void)uv_pipe_init(control->listener.loop, &client->pipe, 0); /* neither can fail */
		(void)uv_timer_init(control->listener.loop, &client->timer);
		client->pipe.data = client->timer.data = client;
		return client;
	}
	return NULL;
}

static void
on_connection(uv_stream_t *stream, int status)
{
	struct control *control = stream->data;
	struct control_client *client = status == 0 ? client_new(control) : NULL;

	control->is_full = status == 0 && client == NULL;
	if (client == NULL)
		return;
	if (uv_accept(stream, (uv_stream_t *)&client->pipe) != 0 ||
	    uv_read_start((uv_stream_t *)&client->pipe, on_room, on_read) != 0)
		client_close(client);
	else
		(void)uv_timer_start(&client->timer, on_impatience, CONTROL_PATIENCE_MS, 0);
}

/* ---- the file ----------------------------------------------------------------------------------------------------------- */

static int
complain(char error[CONFIG_ERROR_BYTES], const char *path, const char *why)
{
	(void)snprintf(error, CONFIG_ERROR_BYTES, "control-interface: %s: %s", path, why);
	return ERR_IO;
}

/* Whether somebody listens there. */
static bool
is_alive(const struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Anything else, such as a queue that is full, is somebody. */
	const bool is = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno != ECONNREFUSED);

	if (fd >= 0)
		(void)close(fd);
	return is;
}

/* A socket that nobody listens at is what a server that was killed has left; anything else is not ours to remove. */
static int
make_way(const struct sockaddr_un *address, char error[CONFIG_ERROR_BYTES])
{
	struct stat is;

	if (lstat(address->sun_path, &is) != 0)
		return 0;
	if (!S_ISSOCK(is.st_mode))
		return complain(error, address->sun_path, "is there already, and no socket; choose another path");
	if (is_alive(address))
		return complain(error, address->sun_path, "another server listens there; choose another path");
	return unlink(address->sun_path) == 0 ? 0 : complain(error, address->sun_path, strerror(errno));
}

static int
bind_file(int fd, const struct sockaddr_un *address, const struct privilege_user *owner, char error[CONFIG_ERROR_BYTES])
{
	const mode_t mask = umask(0177); /* before there are threads */
	const int bound = bind(fd, (const struct sockaddr *)address, sizeof *address);
	const int why = errno;

	(void)umask(mask);
	if (bound != 0)
		return complain(error, address->sun_path, strerror(why));
	if (!owner->is_set || lchown(address->sun_path, owner->uid, owner->gid) == 0)
		return 0;
	(void)complain(error, address->sun_path, strerror(errno));
	(void)unlink(address->sun_path);
	return ERR_IO;
}

static int
listen_there(struct control *control, uv_loop_t *loop, const struct privilege_user *owner, char error[CONFIG_ERROR_BYTES])
{
	const char *path = control->address.sun_path;
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return complain(error, path, strerror(errno));
	int err = bind_file(fd, &control->address, owner, error);
	if (err != 0) {
		(void)close(fd);
		return err;
	}
	(void)uv_pipe_init(loop, &control->listener, 0);
	control->listener.data = control;
	control->is_listening = true;
	err = uv_pipe_open(&control->listener, fd);
	if (err == 0)
		err = uv_listen((uv_stream_t *)&control->listener, CONTROL_CLIENTS_MAX, on_connection);
	return err == 0 ? 0 : complain(error, path, uv_strerror(err));
}

int
control_open(struct control **opened, uv_loop_t *loop, const char *path, const struct privilege_user *owner,
	     control_command on_command, void *data, char error[CONFIG_ERROR_BYTES])
{
	struct control *control = calloc(1, sizeof *control);

	*opened = control;
	if (control == NULL)
		return complain(error, path, err_text(ERR_NO_MEMORY));
	control->address.sun_family = AF_UNIX;
	control->on_command = on_command;
	control->data = data;
	int err = strlen(path) < sizeof control->address.sun_path ? 0 : complain(error, path, "the path is too long for a socket");
	if (err == 0) {
		strcpy(control->address.sun_path, path);
		err = make_way(&control->address, error);
	}
	return err == 0 ? listen_there(control, loop, owner, error) : err;
}

static void
on_listener_closed(uv_handle_t *handle)
{
	struct control *control = handle->data;
	control->is_listening = false;
	free_when_closed(control);
}

void
control_close(struct control *control)
{
	if (control == NULL)
		return;
	control->is_closing = true;
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].is_used && !control->clients[i].is_answered)
			client_close(&control->clients[i]);
	if (control->is_listening) {
		(void)unlink(control->address.sun_path); /* its directory may be root's: then the next start removes it */
		uv_close((uv_handle_t *)&control->listener, on_listener_closed);
	} else {
		free_when_closed(control);
	}
}
