-- An upload as callers see it: its row, and how long it has been without a byte.
create view upload_now as
select u.*, greatest(0, (select floor(c.seconds)::bigint from service_clock c where c.only_one) - u.active_at) as idle_seconds
from uploads u;
