-- Whether a checker decides before an upload is published.
create function checker_enabled() returns boolean language plpgsql stable as $$
begin
    return (select c.enabled from checker c where c.only_one);
end $$;
