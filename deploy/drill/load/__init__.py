"""The people of the drill: a process of its own, which asks and remembers every answer."""
