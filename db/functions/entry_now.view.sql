-- An entry as callers see it: its row, and what its current version has.
create view entry_now as
select e.*, v.upload, v.sha256
from entries e
left join entry_versions v on v.entry = e.id and v.number = e.version;
