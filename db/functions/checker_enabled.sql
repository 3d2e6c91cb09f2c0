-- Whether a checker decides before an upload is published.
create function checker_enabled() returns boolean language sql stable as $$
    select c.enabled from checker c where c.only_one
$$;
