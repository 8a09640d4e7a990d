"""Items of live sources and pushed articles: the common form, and the Article that is built of one."""
