"""News of the thesaurus for the apps above, which this one may not import."""

from django.dispatch import Signal

# Sent in the transaction that changed taxa: `taxa` (a list of ids), `change_set`.
# A receiver only queues work.
taxon_changed = Signal()

# Sent in the transaction that linked names to other taxa, or found other candidates for them, or
# unlinked them: `names` (a list of ids). A receiver only queues work and hides what is in doubt.
names_linked = Signal()

# Asked before a taxon is merged or deleted: `taxon`. A receiver returns [(words, number), …] of
# what refers to it, such as [("records", 12)].
taxon_references = Signal()
