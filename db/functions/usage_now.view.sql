-- The usage of each tenant (subject is empty) and each of its subjects, including the links that it made, as rows to be summed.
create view usage_now as
select tenant, subject, stored_bytes, files, open_uploads from usage
union all
select c.tenant, s.subject, c.stored_bytes, c.files, c.open_uploads
from usage_changes c cross join lateral (values (''), (c.subject), (c.maker)) s (subject)
where s.subject is not null;
