#include "stack/drop.h"

#define DROP_NAME(reason, name, text) name,
static const char *const names[] = { DROP_REASONS(DROP_NAME) };
#undef DROP_NAME

#define DROP_TEXT(reason, name, text) text,
static const char *const texts[] = { DROP_REASONS(DROP_TEXT) };
#undef DROP_TEXT

const char *
drop_name(unsigned reason)
{
	return reason < DROP_REASON_COUNT ? names[reason] : "?";
}

const char *
drop_text(unsigned reason)
{
	return reason < DROP_REASON_COUNT ? texts[reason] : "for an unknown reason";
}
