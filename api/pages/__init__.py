"""Pages: what people open in a browser, rendered here and laid out by templates.

site.py         the application of the pages: routes, errors, what each answer carries
frame.py        templates, filters, who looks in which language
assets.py       style, scripts and libraries under hashed names
city.py         the estate and the judgements that pages share, kept until they change
listing.py      filters, order and pages of a list, as its URL says
overview.py …   one file a page: a frozen view, a pure function that makes it, its routes
"""
