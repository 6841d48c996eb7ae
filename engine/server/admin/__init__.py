"""The server's own pages, one file a resource; `own_pages.py` beside this package is how they are found.

A resource is a function that gives its pages by path. Those of the operator are `admin_page`s: let in by
the admin key, their changes told in the log. `worker.py` puts the tables together.
"""
