-- What the report of a transfer says of each file at the destination.
alter table transfer_items
    add column target_time timestamptz,                               -- where the destination has another one than the source
    add column note        text,                                      -- what its owner should know about the copy
    drop column piece;
