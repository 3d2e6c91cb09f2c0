-- Why a file of a served folder may not be asked for; null where it may.
-- p_straight: the member's device may take the file straight. p_declined: it was declined within the last hour. p_day: the bytes that are
-- left of the day; null: any number.
create function file_refusal(
    p_only_straight boolean, p_straight boolean, p_approval text, p_declined boolean, p_size bigint, p_room bigint, p_day bigint)
returns text language sql immutable as $$
    select case
        when p_only_straight and not p_straight then 'straight'
        when p_approval = 'never' then 'never'
        when p_declined then 'declined'
        when p_size > p_room and not p_straight then 'too_large'
        when p_size > p_day then 'day' end
$$;
