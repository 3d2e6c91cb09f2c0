-- A store of the kind bucket is shared by all nodes and belongs to none. A ledger has one at most: nodes that begin at once agree on it.
create unique index stores_bucket on stores (kind) where kind = 'bucket';
