#include "fetch/links_html.h"

#include "fetch/module.h"

const struct links_html_module *
links_html_load(struct failure *failure)
{
	return module_load(LINKS_HTML_MODULE_FILE, LINKS_HTML_MODULE_SYMBOL, FAILURE_READ, failure);
}
