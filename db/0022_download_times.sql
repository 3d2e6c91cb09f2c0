-- Downloads of a link that no longer decide whether the next one counts are folded into one row, which never ages.
create index link_downloads_counted on link_downloads (counted_at);
