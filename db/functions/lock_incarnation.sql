-- The durability of the caller's incarnation, whose row stays locked against fencing until the end of the transaction; null where it is
-- fenced (E8).
create function lock_incarnation(p_incarnation bigint) returns text language plpgsql as $$
declare
    v_durability text;
begin
    select durability into v_durability from incarnations where id = p_incarnation and fenced_at is null for share;
    return v_durability;
end $$;
