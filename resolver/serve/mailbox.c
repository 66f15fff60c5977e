#include "resolver/serve/mailbox.h"

int
mailbox_init(struct mailbox *mailbox, uv_loop_t *loop, uv_async_cb on_mail, void *data)
{
	mailbox->first = mailbox->last = NULL;
	mailbox->is_closed = false;
	int err = uv_mutex_init(&mailbox->lock);
	if (err != 0)
		return err;
	err = uv_async_init(loop, &mailbox->async, on_mail);
	mailbox->async.data = data;
	if (err != 0)
		uv_mutex_destroy(&mailbox->lock);
	return err;
}

void
mailbox_close(struct mailbox *mailbox)
{
	uv_mutex_lock(&mailbox->lock);
	mailbox->is_closed = true;
	uv_mutex_unlock(&mailbox->lock);
	uv_close((uv_handle_t *)&mailbox->async, NULL);
}

void
mailbox_fini(struct mailbox *mailbox)
{
	uv_mutex_destroy(&mailbox->lock);
}

void
mailbox_knock(struct mailbox *mailbox)
{
	uv_mutex_lock(&mailbox->lock);
	if (!mailbox->is_closed)
		(void)uv_async_send(&mailbox->async);
	uv_mutex_unlock(&mailbox->lock);
}

void
mailbox_post(struct mailbox *mailbox, struct letter *letter)
{
	letter->next = NULL;
	uv_mutex_lock(&mailbox->lock);
	if (mailbox->last != NULL)
		mailbox->last->next = letter;
	else
		mailbox->first = letter;
	mailbox->last = letter;
	uv_mutex_unlock(&mailbox->lock);
	(void)uv_async_send(&mailbox->async);
}

struct letter *
mailbox_take(struct mailbox *mailbox)
{
	uv_mutex_lock(&mailbox->lock);
	struct letter *letter = mailbox->first;
	if (letter != NULL) {
		mailbox->first = letter->next;
		if (mailbox->first == NULL)
			mailbox->last = NULL;
	}
	uv_mutex_unlock(&mailbox->lock);
	return letter;
}
