-- Whether a request has named a lock of its subject for each place among these locks. Of shared locks on one place it needs one.
create function holds_locks(p_guard jsonb, p_locks dav_locks[]) returns boolean language sql stable as $$
    select not exists (
        select from unnest(p_locks) l
        group by l.parent, l.name
        having not bool_or(l.subject = p_guard ->> 'subject' and p_guard -> 'tokens' ? ('urn:uuid:' || l.token)))
$$;
