SELECT through, day, places FROM blocks ORDER BY through
