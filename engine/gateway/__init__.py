"""The straight line: an `Inbound` request in, an `Answer` out.

It joins the compiled `snapshot` with the ports; all I/O goes through the ports it is given.
May import `snapshot` and what stands below it.
"""
