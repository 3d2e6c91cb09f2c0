-- Adds received bytes, once per batch of an incarnation.
create function count_received(p_incarnation bigint, p_batch bigint, p_figures json) returns void
language plpgsql as $$
begin
    insert into statistics_batches as b (incarnation, batch) values (p_incarnation, p_batch)
    on conflict (incarnation) do update set batch = excluded.batch where b.batch < excluded.batch;
    if found then
        perform add_statistics(p_figures);
    end if;
end $$;
