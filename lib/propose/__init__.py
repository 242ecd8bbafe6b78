"""A product file proposed from the files of somebody who has not written one yet.

found = propose(tables of text, "acme")     # Proposal, or what each file was taken for
text = product_file(found, "data/acme")     # commented YAML
"""

from lib.propose.looked import Looked
from lib.propose.proposal import propose
from lib.propose.said import Proposal
from lib.propose.write import product_file

__all__ = ["Looked", "Proposal", "product_file", "propose"]
