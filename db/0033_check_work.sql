-- Checks are items of work of the kind check, whose reference is the upload.

insert into work (kind, reference, attempts, priority)
select 'check', c.upload, c.failures, case when c.failures > 0 then 1 else 2 end from upload_checks c order by c.next_at;
drop table upload_checks;
