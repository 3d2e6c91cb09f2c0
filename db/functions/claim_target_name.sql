-- Keeps a name in a folder of the destination for a file of a transfer, if this transaction records it. False: another file of the
-- transfer has it, so that files which are decided about at the same time get different names.
create function claim_target_name(p_item uuid, p_folder text, p_name text, p_folds boolean) returns boolean language plpgsql as $$
begin
    perform pg_advisory_xact_lock(
        hashtextextended(i.transfer || p_folder || '/' || lower(p_name collate "und-x-icu"), 46))
    from transfer_items i where i.id = p_item;
    return not has_target_name(p_item, p_folder, p_name, p_folds);
end $$;
