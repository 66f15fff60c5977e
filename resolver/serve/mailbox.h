/*
 * mailbox.h - letters from one thread to another's loop.
 *
 * The sender posts, the owner's loop wakes and takes the letters one by one in the order of posting.  The lock
 * makes everything that the sender wrote before posting visible to the taker.
 *
 * Ownership: a letter is embedded in what it carries, which belongs to the taker from post to the
 *            time that it is posted back.
 */
#ifndef CAIRN_RESOLVER_SERVE_MAILBOX_H
#define CAIRN_RESOLVER_SERVE_MAILBOX_H

#include <stdbool.h>
#include <uv.h>

struct letter {
	struct letter *next;
};

struct mailbox {
	uv_async_t async; /* async.data is the owner's */
	uv_mutex_t lock;
	struct letter *first, *last;
	bool is_closed;
};

/* on_mail runs on the loop's thread, once for one or more posts. */
int mailbox_init(struct mailbox *mailbox, uv_loop_t *loop, uv_async_cb on_mail, void *data);
/* Nobody may post any more; knocking is allowed until mailbox_fini.  The rest is done in the loop; mailbox_fini after that. */
void mailbox_close(struct mailbox *mailbox);
void mailbox_fini(struct mailbox *mailbox);

/* on_mail runs soon, letters or not; nothing happens once the mailbox is closed. */
void mailbox_knock(struct mailbox *mailbox);
void mailbox_post(struct mailbox *mailbox, struct letter *letter);
struct letter *mailbox_take(struct mailbox *mailbox); /* NULL: empty */

#endif
