"""The batch and the commands.

commands     what `segments` understands
supervisor   one process a product, watched, stopped, summed up
worker       one product: six notebooks in order, pages, publishing
notebook     one notebook executed, and its success proved
folder       run folder, lock, publishing by rename
manifest     run.json
outcome      how a product's run can end, and the exit codes
"""
