-- The node of each incarnation: the data directory in which its service ran. So far a node has a store of its own, with the same id; later
-- several nodes may share one. A node fences its own earlier incarnations, and the store says where files lie.
alter table incarnations add column node uuid;
update incarnations set node = store;
alter table incarnations alter column node set not null;
