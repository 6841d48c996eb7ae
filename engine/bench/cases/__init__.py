"""The cases of the suite. A case takes the `Bench` and gives a `Section`: a table and its figures."""
