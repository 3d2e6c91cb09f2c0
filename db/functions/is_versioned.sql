-- Whether a policy decides about the earlier contents of an entry. Most ledgers have no policy, and are not searched for one.
create function is_versioned(p_entry uuid) returns boolean language plpgsql stable as $$
begin
    return exists (select from version_policies where last is not null) and (version_rule_of(p_entry)).last is not null;
end $$;
