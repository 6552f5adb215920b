SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

WITH beside AS 
(SELECT CASE WHEN ($6::BIGINT IS NULL) THEN $7::INTEGER ELSE (SELECT count(*) AS count_1 
FROM watch_progress 
WHERE watch_progress.user_id = $1::BIGINT AND watch_progress.observed_at > now() - $8::INTERVAL AND watch_progress.content_id != $4::BIGINT AND watch_progress.completed IS false) END AS streams), 
log AS 
(INSERT INTO view_logs (user_id, content_id, corporation_id) SELECT $1::BIGINT AS anon_1, contents.id AS id, contents.corporation_id AS corporation_id 
FROM contents 
WHERE contents.id = $4::BIGINT AND contents.deleted_at IS NULL AND (EXISTS (SELECT video_assets.id 
FROM video_assets 
WHERE video_assets.content_id = contents.id AND ($5::BIGINT IS NULL OR video_assets.id = $5::BIGINT))) AND ($6::BIGINT IS NULL OR (SELECT beside.streams 
FROM beside) < $6::BIGINT) ON CONFLICT DO NOTHING RETURNING view_logs.id, view_logs.content_id, view_logs.corporation_id), 
entry AS 
(INSERT INTO point_entries (user_id, content_id, points, reason) SELECT $1::BIGINT AS anon_1, log.content_id AS content_id, $2::INTEGER AS anon_2, $3::VARCHAR AS anon_3 
FROM log), 
balance AS 
(UPDATE users SET points=(users.points + $17::INTEGER) WHERE users.id = $1::BIGINT AND (EXISTS (SELECT log.id 
FROM log)) RETURNING users.points), 
counted AS 
(UPDATE contents SET view_count=(contents.view_count + $18::INTEGER) FROM log WHERE contents.id = log.content_id AND (EXISTS (SELECT balance.points 
FROM balance)) RETURNING contents.view_count)
 SELECT contents.id, contents.corporation_id, contents.title, contents.description, contents.age_rating, contents.release_date, contents.runtime_minutes, contents.poster_key, contents.tmdb_id, contents.like_count, contents.review_count, contents.rating, contents.view_count, contents.created_at, contents.updated_at, contents.deleted_at, video_assets.id AS id_1, video_assets.content_id, video_assets.key, video_assets.content_type, video_assets.size_bytes, CASE WHEN watch_progress.completed THEN $9::FLOAT ELSE coalesce(watch_progress.position_seconds, $10::FLOAT) END AS anon_4, now() AS now_1, beside.streams, log.id AS log_id, coalesce(balance.points, (SELECT users.points 
FROM users 
WHERE users.id = $1::BIGINT AND (EXISTS (SELECT view_logs.id 
FROM view_logs 
WHERE view_logs.user_id = $1::BIGINT AND view_logs.content_id = $4::BIGINT)))) AS balance, counted.view_count AS counted, (SELECT count(pg_notify($11::VARCHAR, anon_6.payload)) AS count_2 
FROM log JOIN unnest(ARRAY[concat_ws($12::VARCHAR, $13::VARCHAR, $14::BIGINT, log.id), concat_ws($15::VARCHAR, $16::VARCHAR, log.corporation_id, log.id)]) AS anon_6(payload) ON true) AS anon_5 
FROM contents LEFT OUTER JOIN video_assets ON video_assets.content_id = contents.id LEFT OUTER JOIN watch_progress ON watch_progress.content_id = contents.id AND watch_progress.user_id = $1::BIGINT JOIN beside ON true LEFT OUTER JOIN log ON true LEFT OUTER JOIN balance ON true LEFT OUTER JOIN counted ON true 
WHERE contents.id = $4::BIGINT AND contents.deleted_at IS NULL ORDER BY video_assets.id;
