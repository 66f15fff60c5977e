#include "resolver/iterate/qmin.h"

#include <assert.h>

void
qmin_start(struct qmin *qmin, const struct name *qname, bool enabled)
{
	uint8_t total = (uint8_t)name_labels(qname);
	*qmin = (struct qmin){ .labels = enabled ? 0 : total, .total = total };
}

/* The label that begins a name of `labels` labels made from the end of qname. */
static const uint8_t *
label_of(const struct name *qname, unsigned total, unsigned labels)
{
	const uint8_t *label = qname->wire;
	for (unsigned skip = total - labels; skip > 0; skip--)
		label += 1 + *label;
	return label;
}

static void
grow(struct qmin *qmin, const struct name *qname)
{
	unsigned left = (unsigned)qmin->total - qmin->labels;
	unsigned add = 1;

	if (qmin->steps >= QMIN_STEPS_MAX)
		add = left;
	else if (qmin->steps >= QMIN_ONE_LABEL_MAX)
		add = left / (QMIN_STEPS_MAX - qmin->steps);
	if (add == 0)
		add = 1;
	qmin->labels = (uint8_t)(qmin->labels + (add < left ? add : left));

	while (!qmin_is_whole(qmin)) {
		const uint8_t *label = label_of(qname, qmin->total, qmin->labels);
		if (label[0] == 0 || label[1] != '_')
			break;
		qmin->labels++;
	}
	if (!qmin_is_whole(qmin))
		qmin->steps++;
}

void
qmin_at_cut(struct qmin *qmin, const struct name *qname, unsigned cut_labels)
{
	assert(cut_labels <= qmin->total);
	if (qmin_is_whole(qmin))
		return; /* the whole name has been shown already, or shall be */
	qmin->labels = (uint8_t)cut_labels;
	if (!qmin_is_whole(qmin))
		grow(qmin, qname);
}

void
qmin_longer(struct qmin *qmin, const struct name *qname)
{
	assert(!qmin_is_whole(qmin));
	grow(qmin, qname);
}

void
qmin_give_up(struct qmin *qmin)
{
	qmin->labels = qmin->total;
}
