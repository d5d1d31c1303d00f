-- ?1: the game. ?2: rows.
SELECT player_id, points, moves FROM leaderboard WHERE game = ?1 ORDER BY points DESC, player_id DESC LIMIT ?2
