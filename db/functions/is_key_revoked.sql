-- Whether a key, or one in the chain of its makers, was revoked or removed.
create function is_key_revoked(p_key uuid) returns boolean language sql stable as $$
    with recursive line as (
        select p_key as id, k.made_with, k.id is null or k.revoked_at is not null as ended
        from (select p_key as id) o left join api_keys k on k.id = o.id
        union all
        select l.made_with, k.made_with, k.id is null or k.revoked_at is not null
        from line l left join api_keys k on k.id = l.made_with
        where l.made_with is not null
    )
    select bool_or(ended) from line
$$;
