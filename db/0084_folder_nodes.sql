-- A folder of Connections:Folders is on the machine of one node. Work that needs it has the key folder:CONNECTION, whose row names the
-- node: only that node takes the work.
alter table work_keys add column node uuid;
