-- When the sum was last added to: each node reads what others have added.
alter table usage_days add column changed_at timestamptz not null default now();
