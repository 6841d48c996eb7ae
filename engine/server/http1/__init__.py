"""HTTP/1.1 towards clients: from the bytes of a connection to a request, and from an answer to bytes.

In: a socket's bytes. Out: `Exchange`s for a `Handler`, one at a time for each connection. The framework
listens and carries the lifecycle; it takes this protocol through the public `protocol=` of `create_server`.
"""
