#include "tests/bench/dns/load/traffic.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MTU 1500u

static struct traffic *
traffic_of(struct link *link)
{
	return (struct traffic *)link;
}

/* ---- clocks ------------------------------------------------------------------------------------------- */

static uint64_t
clock_ns(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void
pin(struct traffic *traffic)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(traffic->worker % (unsigned)(processors > 0 ? processors : 1), &set);
	(void)sched_setaffinity(
		0, sizeof set,
		&set); /* where it is not allowed to, the kernel's choice has to do */
	traffic->is_pinned = true;
}

static void
begin_when_warm(struct traffic *traffic)
{
	if (traffic->is_measured || traffic->next < traffic->plan->warm_count ||
	    traffic->unanswered > 0)
		return;
	(void)pthread_barrier_wait(traffic->plan->begin);
	traffic->is_measured = true;
	traffic->answers = traffic->upstream = 0;
	traffic->begin_ns = clock_ns(CLOCK_MONOTONIC);
	traffic->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void
end_when_answered(struct traffic *traffic)
{
	if (traffic->is_done || traffic->next < traffic->plan->count || traffic->unanswered > 0)
		return;
	traffic->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - traffic->cpu_ns;
	traffic->end_ns = clock_ns(CLOCK_MONOTONIC);
	traffic->is_done = true;
	(void)sem_post(traffic->plan->done);
}

/* ---- clients ------------------------------------------------------------------------------------------ */

static bool
can_ask(const struct traffic *traffic)
{
	const uint32_t end =
		traffic->is_measured ? traffic->plan->count : traffic->plan->warm_count;

	return traffic->next < end && traffic->unanswered < traffic->plan->window;
}

static size_t
ask(struct traffic *traffic, struct link_frame *frames, size_t max)
{
	size_t count = 0;

	for (; count < max && can_ask(traffic); count++) {
		const uint16_t id = traffic->free_ids[traffic->unanswered++];
		const uint32_t name = traffic->plan->questions[traffic->next];
		traffic->next += traffic->plan->workers;
		traffic->names[id] = name;
		frames[count] = (struct link_frame){
			.bytes = traffic->questions[count],
			.size = packets_question(traffic->questions[count], name, id,
						 traffic->asked++),
			.rx_flags = STACK_RX_CHECKSUM_OK,
		};
	}
	return count;
}

static void
hear_answer(struct traffic *traffic, const uint8_t *bytes, size_t size)
{
	const uint16_t id = packets_answer_id(bytes, size);

	if (id >= TRAFFIC_WINDOW_MAX || traffic->unanswered == 0 ||
	    !packets_answer_is_right(bytes, size, traffic->names[id]))
		traffic->wrong++;
	if (traffic->unanswered > 0)
		traffic->free_ids[--traffic->unanswered] = id % TRAFFIC_WINDOW_MAX;
	traffic->answers++;
	end_when_answered(traffic);
}

/* ---- name servers ------------------------------------------------------------------------------------- */

static struct traffic_reply *
reply_at(const struct traffic *traffic, uint32_t index)
{
	return &traffic->replies[(traffic->first_reply + index) % TRAFFIC_REPLIES_MAX];
}

static void
hear_query(struct traffic *traffic, const uint8_t *bytes, size_t size, uint64_t now_us)
{
	if (traffic->reply_count == TRAFFIC_REPLIES_MAX) {
		traffic->lost++;
		return;
	}
	struct traffic_reply *reply = reply_at(traffic, traffic->reply_count);
	reply->size = packets_reply(reply->bytes, bytes, size);
	reply->at_us = now_us + traffic->plan->delay_us;
	traffic->reply_count += reply->size > 0;
	traffic->upstream++;
}

static size_t
take_replies(struct traffic *traffic, struct link_frame *frames, size_t max, uint64_t now_us)
{
	size_t count = 0;

	for (; count < max && count < traffic->reply_count &&
	       reply_at(traffic, (uint32_t)count)->at_us <= now_us;
	     count++) {
		const struct traffic_reply *reply = reply_at(traffic, (uint32_t)count);
		frames[count] = (struct link_frame){ .bytes = reply->bytes,
						     .size = reply->size,
						     .rx_flags = STACK_RX_CHECKSUM_OK };
	}
	traffic->lent_count = (uint32_t)count;
	return count;
}

static void
take_back_replies(struct traffic *traffic)
{
	traffic->first_reply += traffic->lent_count;
	traffic->reply_count -= traffic->lent_count;
	traffic->lent_count = 0;
}

/* ---- the link ----------------------------------------------------------------------------------------- */

static void
traffic_describe(const struct link *link, struct stack_if_config *config)
{
	(void)link;
	*config = (struct stack_if_config){ .name = "load", .kind = STACK_IF_IP, .mtu = MTU };
}

static size_t
traffic_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct traffic *traffic = traffic_of(link);

	assert(max <= LINK_BATCH_MAX);
	if (!traffic->is_pinned)
		pin(traffic);
	begin_when_warm(traffic);
	take_back_replies(traffic);
	const size_t replies = take_replies(traffic, frames, max, now_us);
	return replies + ask(traffic, frames + replies, max - replies);
}

static void
traffic_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	switch (packets_kind(frame->bytes, frame->size)) {
	case PACKETS_QUERY: hear_query(traffic_of(link), frame->bytes, frame->size, now_us); break;
	case PACKETS_ANSWER: hear_answer(traffic_of(link), frame->bytes, frame->size); break;
	case PACKETS_OTHER: break;
	}
}

static void
traffic_flush(struct link *link, uint64_t now_us)
{
	(void)link;
	(void)now_us;
}

static size_t
traffic_fds(const struct link *link, int fds[LINK_FDS_MAX])
{
	(void)link;
	(void)fds;
	return 0;
}

static uint64_t
traffic_deadline(const struct link *link)
{
	const struct traffic *traffic = (const struct traffic *)link;
	const bool is_to_begin = !traffic->is_measured && traffic->unanswered == 0;

	if (is_to_begin || can_ask(traffic))
		return 0;
	return traffic->reply_count > traffic->lent_count
		       ? reply_at(traffic, traffic->lent_count)->at_us
		       : STACK_NEVER;
}

static void
traffic_close(struct link *link)
{
	(void)link; /* the run's */
}

static const struct link_ops traffic_ops = {
	.name = "load",
	.describe = traffic_describe,
	.receive = traffic_receive,
	.send = traffic_send,
	.flush = traffic_flush,
	.fds = traffic_fds,
	.deadline = traffic_deadline,
	.close = traffic_close,
};

bool
traffic_init(struct traffic *traffic, const struct traffic_plan *plan, unsigned worker)
{
	assert(plan->window <= TRAFFIC_WINDOW_MAX);
	*traffic = (struct traffic){
		.link = { .ops = &traffic_ops }, .plan = plan, .worker = worker, .next = worker
	};
	for (uint16_t id = 0; id < TRAFFIC_WINDOW_MAX; id++)
		traffic->free_ids[id] = id;
	traffic->replies = calloc(TRAFFIC_REPLIES_MAX, sizeof *traffic->replies);
	return traffic->replies != NULL;
}

void
traffic_fini(struct traffic *traffic)
{
	free(traffic->replies);
}
