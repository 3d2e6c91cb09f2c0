-- The batch of counted bytes that was added to the row last: its repetition after a lost reply adds nothing (E10).
alter table usage_days add column batch uuid;
