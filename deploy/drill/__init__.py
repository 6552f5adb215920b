"""What happens when something breaks: `python -m deploy.drill`, or `make drill`.

Everything of deploy.many, with an object store, a search engine and an issuer of keys beside it, under steady load from
a process of its own. Each part is killed, paused, slowed and cut off in turn; then it is proven that nothing was lost.
docs/drill.md says what is looked at.
"""
