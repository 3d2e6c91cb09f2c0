-- Removes items, also those that are worked on: their workers have lost the lease. Returns the references of those that were there.
create function withdraw_work(p_kind text, p_references uuid[]) returns setof uuid
language sql as $$
    delete from work where kind = p_kind and reference = any (p_references) returning reference
$$;
