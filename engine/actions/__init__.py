"""What an endpoint can do beside speaking a client protocol: a file each in `verbs/`, see `registry`."""
