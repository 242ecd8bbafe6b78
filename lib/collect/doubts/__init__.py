"""What a reader should know about rows that were kept: one module a topic, each `doubts(states, rules) -> list[dict]`.

`lib.collect.warnings` composes them; a doubt changes nothing in the data.
"""
