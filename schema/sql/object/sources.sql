SELECT source_type, source_id FROM marks ORDER BY source_type, source_id
