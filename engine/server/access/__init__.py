"""Who is calling: clients by key or token, the operator, web pages; where a caller is.

In: a request and the keys of this moment. Out: a client, or a refusal.
"""
