SELECT id FROM standing
