-- The link of a subject, or null.
create function link_of(p_subject text) returns uuid language sql immutable as $$
    select case when starts_with(p_subject, 'link:') then substr(p_subject, 6)::uuid end
$$;
