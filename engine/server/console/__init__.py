"""The admin page: HTML for browsers, which calls the admin API. `pages.py` says which pages there are.

Templates, texts (one file a language), styles and scripts lie beside; `assets/NOTICE.txt` names what is not
ours. Nothing of it is loaded before somebody looks at a page.
"""
