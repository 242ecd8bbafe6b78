"""The two synthetic products and their truth: how they are drawn. Nothing in lib or notebooks imports this."""
