-- Adds the rows of usage_changes to usage, so that they stay few.
create function fold_usage() returns void language plpgsql as $$
declare
    v_changes usage_want[];
begin
    perform lock_usage();
    with gone as (delete from usage_changes returning *)
    select array_agg(row(null, g.tenant, g.subject, g.maker, g.stored_bytes, g.files, g.open_uploads)::usage_want)
    into v_changes from gone g;
    if v_changes is not null then
        perform add_usage(v_changes);
    end if;
end $$;
