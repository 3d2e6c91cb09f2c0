-- Whether another file of the same transfer has, or will get, this name in a folder of the destination.
-- p_folds: names that differ in case only are one name there.
create function has_target_name(p_item uuid, p_folder text, p_name text, p_folds boolean) returns boolean language sql stable as $$
    select exists (
        select from transfer_items i
        join transfers t on t.id = i.transfer
        join transfer_items o on o.transfer = i.transfer and o.id <> i.id
        left join transfer_items f on f.id = o.parent
        where i.id = p_item and o.target_name is not null
              and lower(o.target_name collate "und-x-icu") = lower(p_name collate "und-x-icu") and (p_folds or o.target_name = p_name)
              and coalesce(f.result, t.target) = p_folder)
$$;
