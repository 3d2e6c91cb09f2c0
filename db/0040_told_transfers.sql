-- What was told of a transfer last: the kind of its newest event, and what it waits for. A later change of state is told if it differs.
alter table transfers add column told text;
update transfers
set told = case
        when ended_at is not null or state = 'paused' then 'transfer_' || state
        when wait in ('sign_in', 'quota', 'person') then 'transfer_needs_owner ' || wait
        else 'transfer_running'
    end;
