-- Finished uploads, the oldest first: those that are moved to the bucket.
create index uploads_completed on uploads (completed_at, id) where state = 'completed' and damaged_at is null and not is_part;
