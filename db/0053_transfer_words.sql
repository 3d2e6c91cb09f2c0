-- No transfer is ever in the state verifying or waits for a person.
alter table transfers
    drop constraint transfers_state_check,
    drop constraint transfers_wait_check,
    add constraint transfers_state_check check (state in
        ('queued', 'scanning', 'planned', 'running', 'done', 'partly_done', 'failed', 'cancelled', 'paused')),
    add constraint transfers_wait_check check (wait in
        ('sign_in', 'quota', 'rate_limit', 'daily_limit', 'window', 'space', 'network', 'rights'));
