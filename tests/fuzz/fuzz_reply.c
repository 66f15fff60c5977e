/*
 * Any octets as the first reply to an engine that has just asked: it stays consistent, gives an answer in the end,
 * and a good reply to the next question gets that its right answer.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/resolver/iterate/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct world_zone root_zone = { ".", ". 60 SOA ns.root. h.root. 1 1 1 1 1\n"
						  ". 60 NS ns.root.\n"
						  "ns.root. 60 A 192.0.2.1\n"
						  "www.example. 60 A 192.0.2.80\n" };

struct input {
	const uint8_t *bytes;
	size_t size;
};

/* Id and question are the query's, so that more than the match is tested; all else is the input's. */
static void
say_anything(struct world *world, struct world_server *server, const struct query *query,
	     struct world_reply *reply)
{
	static uint8_t octets[MESSAGE_BYTES_MAX];
	const struct input *input = server->context;
	struct writer out = writer_over(octets, sizeof octets);
	(void)world;
	server->habit = NULL; /* this once */
	writer_u16(&out, query->id);
	writer_bytes(&out, input->bytes, 2);
	writer_u16(&out, 1);
	writer_bytes(&out, input->bytes + 2, 6);
	writer_bytes(&out, query->question.qname.wire, query->question.qname.size);
	writer_u16(&out, query->question.qtype);
	writer_u16(&out, query->question.qclass);
	writer_bytes(&out, input->bytes + 8, input->size - 8);
	reply->raw = octets;
	reply->raw_bytes = out.pos;
}

static struct input input;

START_TEST(an_engine_survives_any_reply)
{
	struct world *world = world_new(1, NULL);
	struct world_server *root = world_server(world, "192.0.2.1", &root_zone);
	root->habit = say_anything;
	root->context = &input;
	ck_assert(world_resolve(world, "a.example.", TYPE_A)->done);
	root->habit = NULL;
	world_run(world, 8ull * 86400 * 1000000); /* whatever TTL was kept */
	const struct world_result *result = world_resolve(world, "www.example.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.example.", TYPE_A, "192.0.2.80"));
	world_free(world);
}
END_TEST

/* The world's checks are Check's, which wants to run them itself. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (size < 8 || size > 4096)
		return 0;
	input = (struct input){ bytes, size };
	Suite *suite = suite_create("fuzz_reply");
	TCase *tcase = tcase_create("engine");
	tcase_add_test(tcase, an_engine_survives_any_reply);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	if (srunner_ntests_failed(runner) != 0) {
		srunner_print(runner, CK_VERBOSE);
		abort();
	}
	srunner_free(runner);
	return 0;
}
