"""HTTP/1.1 for the data path: one answer, one connection, one pool; `upstream_http1` puts them together."""
