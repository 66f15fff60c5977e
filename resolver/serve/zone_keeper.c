#include "resolver/serve/zone_keeper.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/serve/endpoint.h"
#include "stack/base/log.h"

#define LENGTH_BYTES 2u /* in front of a message over TCP (RFC 1035, section 4.2.2) */

enum link_state { LINK_CLOSED, LINK_CONNECTING, LINK_OPEN, LINK_CLOSING };

/* A zone's connection to the primary in hand. */
struct link {
	struct zone_keeper *keeper;
	struct secondary *secondary;
	enum link_state state;
	bool has_query;           /* `out` waits for the connection, or for the end of the one before */
	struct sockaddr_storage to;
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_write_t write;
	bool is_writing;          /* `sent` is the loop's */
	size_t out_bytes, in_bytes;
	uint8_t out[LENGTH_BYTES + SECONDARY_QUERY_BYTES_MAX];
	uint8_t sent[LENGTH_BYTES + SECONDARY_QUERY_BYTES_MAX];
	uint8_t in[LENGTH_BYTES + MESSAGE_BYTES_MAX];
};

struct zone_keeper {
	uv_loop_t *loop;
	uv_timer_t timer;
	struct secondaries secondaries;
	struct link *links; /* one a zone */
	unsigned handles;   /* that the loop has not closed yet */
	bool is_closed;
	void (*on_change)(void *data);
	void *data;
};

static uint64_t
now_us(const struct zone_keeper *keeper)
{
	return uv_now(keeper->loop) * 1000;
}

static void on_closed(uv_handle_t *handle);
static void on_timer(uv_timer_t *timer);
static void run(struct link *link);

/* ---- a connection ------------------------------------------------------------------------------------------- */

static void
shut(struct link *link)
{
	link->has_query = false;
	if (link->state != LINK_CONNECTING && link->state != LINK_OPEN)
		return;
	link->state = LINK_CLOSING;
	uv_close((uv_handle_t *)&link->tcp, on_closed);
}

static void
failed(struct link *link)
{
	shut(link);
	refresh_failed(&link->secondary->refresh, now_us(link->keeper));
	run(link);
}

static void
on_written(uv_write_t *write, int status)
{
	struct link *link = write->data;

	link->is_writing = false;
	if (status != 0 && link->state == LINK_OPEN)
		failed(link);
}

/* Each query follows an answer, so the one before has long been written. */
static void
put_out(struct link *link)
{
	const uv_buf_t buffer = uv_buf_init((char *)link->sent, (unsigned)link->out_bytes);

	if (link->is_writing) {
		failed(link);
		return;
	}
	link->has_query = false;
	link->is_writing = true;
	memcpy(link->sent, link->out, link->out_bytes);
	link->write.data = link;
	if (uv_write(&link->write, (uv_stream_t *)&link->tcp, &buffer, 1, on_written) != 0) {
		link->is_writing = false;
		failed(link);
	}
}

/* The octets of one message are all there. */
static bool
has_message(const struct link *link, size_t *size)
{
	if (link->in_bytes < LENGTH_BYTES)
		return false;
	*size = (size_t)link->in[0] << 8 | link->in[1];
	return link->in_bytes >= LENGTH_BYTES + *size;
}

static void
take_messages(struct link *link)
{
	size_t size;

	while (link->state == LINK_OPEN && has_message(link, &size)) {
		secondaries_receive(&link->keeper->secondaries, link->secondary, link->in + LENGTH_BYTES, size, now_us(link->keeper));
		link->in_bytes -= LENGTH_BYTES + size;
		memmove(link->in, link->in + LENGTH_BYTES + size, link->in_bytes);
		run(link);
	}
}

static void
on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
	struct link *link = stream->data;
	(void)buffer;

	if (link->state != LINK_OPEN)
		return;
	if (size < 0) {
		failed(link);
		return;
	}
	link->in_bytes += (size_t)size;
	take_messages(link);
}

/* There is room: a whole message of any size is taken out before more is read. */
static void
on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct link *link = handle->data;
	(void)suggested;
	assert(link->in_bytes < sizeof link->in);
	*buffer = uv_buf_init((char *)link->in + link->in_bytes, (unsigned)(sizeof link->in - link->in_bytes));
}

static void
on_connected(uv_connect_t *connect, int status)
{
	struct link *link = connect->data;

	if (link->state != LINK_CONNECTING)
		return;
	link->state = LINK_OPEN;
	if (status != 0 || uv_read_start((uv_stream_t *)&link->tcp, on_room, on_read) != 0)
		failed(link);
	else if (link->has_query)
		put_out(link);
}

static void
dial(struct link *link)
{
	const struct sockaddr *to = (const struct sockaddr *)&link->to;

	if (link->keeper->is_closed)
		return;
	link->in_bytes = 0;
	if (uv_tcp_init(link->keeper->loop, &link->tcp) != 0) {
		failed(link);
		return;
	}
	link->keeper->handles++;
	link->state = LINK_CONNECTING;
	link->tcp.data = link->connect.data = link;
	if (uv_tcp_connect(&link->connect, &link->tcp, to, on_connected) != 0)
		failed(link);
}

/* ---- what the zones want ------------------------------------------------------------------------------------ */

static void
send_query(struct link *link, const struct refresh_action *action)
{
	link->out[0] = (uint8_t)(action->size >> 8);
	link->out[1] = (uint8_t)action->size;
	memcpy(link->out + LENGTH_BYTES, action->bytes, action->size);
	link->out_bytes = LENGTH_BYTES + action->size;
	link->has_query = true;
	(void)endpoint_to_sockaddr(&action->primary->addr, action->primary->port, 0, &link->to);
	switch (link->state) {
	case LINK_CLOSED: dial(link); break;
	case LINK_OPEN: put_out(link); break;
	case LINK_CONNECTING:
	case LINK_CLOSING: break; /* when that is done */
	}
}

static void
arm(struct zone_keeper *keeper)
{
	const uint64_t at_us = secondaries_deadline(&keeper->secondaries), us = now_us(keeper);

	if (at_us != REFRESH_NEVER && !keeper->is_closed)
		(void)uv_timer_start(&keeper->timer, on_timer, at_us > us ? (at_us - us) / 1000 + 1 : 1, 0);
}

/* All that one zone has to be done. */
static void
run(struct link *link)
{
	struct zone_keeper *keeper = link->keeper;
	struct refresh_action action;

	while (!keeper->is_closed && secondaries_next(&keeper->secondaries, link->secondary, &action, now_us(keeper))) {
		if (action.kind == REFRESH_SEND)
			send_query(link, &action);
		else
			shut(link);
	}
	if (keeper->secondaries.has_changed) {
		keeper->secondaries.has_changed = false;
		keeper->on_change(keeper->data);
	}
	arm(keeper);
}

static void
on_timer(uv_timer_t *timer)
{
	struct zone_keeper *keeper = timer->data;

	for (unsigned i = 0; i < keeper->secondaries.count && !keeper->is_closed; i++) {
		refresh_timeout(&keeper->secondaries.items[i].refresh, now_us(keeper));
		run(&keeper->links[i]);
	}
}

/* ---- start and end ------------------------------------------------------------------------------------------ */

static void
release(struct zone_keeper *keeper)
{
	if (--keeper->handles > 0 || !keeper->is_closed)
		return;
	free(keeper->links);
	free(keeper);
}

static void
on_timer_closed(uv_handle_t *handle)
{
	release(handle->data);
}

static void
on_closed(uv_handle_t *handle)
{
	struct link *link = handle->data;

	link->state = LINK_CLOSED;
	link->is_writing = false;
	if (link->has_query)
		dial(link);
	release(link->keeper);
}

int
zone_keeper_new(struct zone_keeper **made, uv_loop_t *loop, struct config *config, const struct kept_set *kept, struct rng *rng,
		const struct log *log, void (*on_change)(void *data), void *data)
{
	struct zone_keeper *keeper = calloc(1, sizeof *keeper);
	int err = keeper != NULL ? 0 : ERR_NO_MEMORY;

	*made = NULL;
	if (err == 0)
		err = secondaries_init(&keeper->secondaries, config, kept, rng, log, uv_now(loop) * 1000);
	if (err != 0 || keeper->secondaries.count == 0)
		goto free_keeper;
	keeper->loop = loop;
	keeper->on_change = on_change;
	keeper->data = data;
	keeper->links = calloc(keeper->secondaries.count, sizeof *keeper->links);
	err = keeper->links != NULL ? uv_timer_init(loop, &keeper->timer) : ERR_NO_MEMORY;
	if (err != 0)
		goto free_links;
	keeper->timer.data = keeper;
	keeper->handles = 1;
	for (unsigned i = 0; i < keeper->secondaries.count; i++) {
		keeper->links[i].keeper = keeper;
		keeper->links[i].secondary = &keeper->secondaries.items[i];
	}
	arm(keeper);
	*made = keeper;
	return 0;
free_links:
	free(keeper->links);
	secondaries_fini(&keeper->secondaries);
free_keeper:
	free(keeper);
	return err;
}

void
zone_keeper_close(struct zone_keeper *keeper)
{
	if (keeper == NULL)
		return;
	keeper->is_closed = true;
	for (unsigned i = 0; i < keeper->secondaries.count; i++)
		shut(&keeper->links[i]);
	secondaries_fini(&keeper->secondaries);
	uv_close((uv_handle_t *)&keeper->timer, on_timer_closed);
}

void
zone_keeper_notify(struct zone_keeper *keeper, unsigned index)
{
	assert(index < keeper->secondaries.count);
	refresh_notify(&keeper->secondaries.items[index].refresh, now_us(keeper));
	arm(keeper);
}

void
zone_keeper_stats(const struct zone_keeper *keeper, struct refresh_stats *sum)
{
	*sum = (struct refresh_stats){ .checks = 0 };
	for (unsigned i = 0; keeper != NULL && i < keeper->secondaries.count; i++)
		refresh_stats_add(sum, &keeper->secondaries.items[i].refresh.stats);
}
