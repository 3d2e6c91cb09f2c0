-- Says that a node has these folders, which are connections: it takes the work with them from now on.
create function bind_folders(p_node uuid, p_folders uuid[]) returns void language sql as $$
    insert into work_keys as k (key, node)
    select 'folder:' || f.id, p_node from unnest(p_folders) f (id) order by 1
    on conflict (key) do update set node = p_node where k.node is distinct from p_node
$$;
