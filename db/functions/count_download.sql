-- Counts a download of an entry through a link; false if none is left. A client that goes on within an hour is not counted again.
create function count_download(p_link uuid, p_entry uuid, p_client text) returns boolean
language plpgsql as $$
declare
    l links;
begin
    if exists (select from link_downloads d where d.link = p_link and d.entry = p_entry and d.client = p_client
               and d.counted_at > now() - interval '1 hour') then
        return true;
    end if;
    select * into l from links where id = p_link for update;
    -- Another request of the same download may have been counted meanwhile.
    if exists (select from link_downloads d where d.link = p_link and d.entry = p_entry and d.client = p_client
               and d.counted_at > now() - interval '1 hour') then
        return true;
    end if;
    if l.downloads >= l.max_downloads then
        return false;
    end if;
    update links set downloads = downloads + 1 where id = p_link;
    insert into link_downloads (link, entry, client) values (p_link, p_entry, p_client)
    on conflict (link, entry, client) do update set counted_at = now(), times = link_downloads.times + 1;
    return true;
end $$;
