/*
 * control.h - the channel of cairnctl(8): a Unix socket on a loop, one command a connection (control-enable,
 * control-interface).
 *
 * A client sends one line, CONTROL_GREETING and then words apart from each other by single spaces; it gets `ok` or
 * `error REASON` as the first line, then what it asked for or the other lines of the reason, then the end of the stream.
 * Only who may open the file may command: mode 0600, of the user that the server runs as, so that user and root.
 *
 * What carries a command out gets words, and says its answer by control_say and then control_finish, at once or in a
 * later turn of the loop; or nothing but control_refuse.
 *
 * Ownership: the channel allocates what it needs; all of it on the loop's thread.
 * Errors:    a negative ERR_* and one line in `error`.
 * Bounds:    CONTROL_CLIENTS_MAX, CONTROL_LINE_BYTES, CONTROL_WORDS_MAX, CONTROL_ANSWER_BYTES_MAX, CONTROL_PATIENCE_MS for
 *            the line, and again for the answer to be read, CONTROL_WAIT_MS for what it waits for.
 */
#ifndef CAIRN_RESOLVER_SERVE_CONTROL_H
#define CAIRN_RESOLVER_SERVE_CONTROL_H

#include <uv.h>

#include "resolver/serve/config.h"
#include "resolver/serve/privilege.h"

#define CONTROL_GREETING         "cairn1"
#define CONTROL_CLIENTS_MAX      8u
#define CONTROL_LINE_BYTES       2048u
#define CONTROL_WORDS_MAX        8u /* of a command, with its own */
#define CONTROL_ANSWER_BYTES_MAX (1024u * 1024u)
#define CONTROL_PATIENCE_MS      5000u
#define CONTROL_WAIT_MS          30000u /* for what a client waits for */

struct control;
struct control_client;

typedef void (*control_command)(void *data, struct control_client *client, const char *const *words, unsigned count);

/* Makes the file; what an earlier server has left there goes, unless it still listens. Before privileges are dropped. */
int control_open(struct control **control, uv_loop_t *loop, const char *path, const struct privilege_user *owner,
		 control_command on_command, void *data, char error[CONFIG_ERROR_BYTES]);
/* No client is served any more, and the file goes if it may. The rest is done in the loop, then it frees itself. NULL is nothing. */
void control_close(struct control *control);

void control_say(struct control_client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));
void control_finish(struct control_client *client);
void control_refuse(struct control_client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What a client waits for, to be told when it has happened; if it does not, that is told. */
enum control_wait { CONTROL_NO_WAIT, CONTROL_REPORT, CONTROL_RELOAD, CONTROL_TRUST };
void control_wait_for(struct control_client *client, enum control_wait what);
/* One that waits for that; it waits no more. NULL: none. */
struct control_client *control_take_waiting(struct control *control, enum control_wait what);

#endif
