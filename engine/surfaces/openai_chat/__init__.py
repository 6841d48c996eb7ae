"""The hub: Chat Completions, the one client protocol that is compiled in, for speed."""
