#include <assert.h>

#include "resolver/iterate/engine_priv.h"

static uint32_t *
head_of(struct engine *engine, uint64_t id)
{
	return &engine->client_heads[hash_u64x2(&engine->key, id, 0) & engine->client_mask];
}

int
client__add(struct engine *engine, struct task *task, uint64_t id)
{
	bool is_first;
	if (task->client_count >= engine->limits.clients_per_task)
		return ERR_FULL;
	uint32_t index = slots_take(&engine->client_slots, &is_first);
	if (index == SLOT_NONE)
		return ERR_FULL;

	struct client *client = &engine->clients[index];
	uint32_t *head = head_of(engine, id);
	*client = (struct client){
		.id = id,
		.task = engine__task_index(engine, task),
		.next = SLOT_NONE,
		.prev = task->clients_tail,
		.hash_next = *head,
	};
	*head = index + 1;
	if (task->clients_tail == SLOT_NONE)
		task->clients = index;
	else
		engine->clients[task->clients_tail].next = index;
	task->clients_tail = index;
	task->client_count++;
	return 0;
}

struct client *
client__find(struct engine *engine, uint64_t id)
{
	uint32_t at = *head_of(engine, id);
	while (at != 0 && engine->clients[at - 1].id != id)
		at = engine->clients[at - 1].hash_next;
	return at != 0 ? &engine->clients[at - 1] : NULL;
}

void
client__move_all(struct engine *engine, struct task *from, struct task *to)
{
	assert(to->clients == SLOT_NONE);
	jostle__leave(engine, from);
	for (uint32_t at = from->clients; at != SLOT_NONE; at = engine->clients[at].next)
		engine->clients[at].task = engine__task_index(engine, to);
	to->clients = from->clients;
	to->clients_tail = from->clients_tail;
	to->client_count = from->client_count;
	from->clients = from->clients_tail = SLOT_NONE;
	from->client_count = 0;
}

void
client__remove(struct engine *engine, struct client *client)
{
	struct task *task = &engine->tasks[client->task];
	uint32_t index = (uint32_t)(client - engine->clients);

	if (client->prev == SLOT_NONE)
		task->clients = client->next;
	else
		engine->clients[client->prev].next = client->next;
	if (client->next == SLOT_NONE)
		task->clients_tail = client->prev;
	else
		engine->clients[client->next].prev = client->prev;
	assert(task->client_count > 0);
	task->client_count--;

	uint32_t *at = head_of(engine, client->id);
	while (*at != index + 1)
		at = &engine->clients[*at - 1].hash_next;
	*at = client->hash_next;
	slots_give(&engine->client_slots, index);
}
