-- From now on an act of the audit names the rows that were blanked, and a verification finds blanked rows that no act names. This one names
-- those that were blanked before.
insert into audit_arrivals (tenant, subject, kind, object, data)
select '', 'service', 'audit.blanked', 'audit', jsonb_build_object('numbers', range_agg(int8range(a.number, a.number, '[]'))::text)
from audit a
where a.blanked and a.number is not null
having count(*) > 0;
