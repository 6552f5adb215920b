"""What Marquee knows: entities, rules, and the ports they need. Plain Python, no I/O, nothing of ours imported."""
