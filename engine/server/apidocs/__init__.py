"""Documentation of the API that is served: `/openapi.json`, and two ways to read it, `/docs` and `/redoc`.

`bodies.yaml` has the bodies of the protocols that ship; `assets/NOTICE.txt` names whose the readers are.
"""
