SELECT contents.id, contents.corporation_id, contents.title, contents.description, contents.age_rating, contents.release_date, contents.runtime_minutes, contents.poster_key, contents.tmdb_id, contents.like_count, contents.review_count, contents.rating, contents.view_count, contents.created_at, contents.updated_at, contents.deleted_at, video_assets.id AS id_1, video_assets.content_id, video_assets.key, video_assets.content_type, video_assets.size_bytes, CASE WHEN watch_progress.completed THEN $1::FLOAT ELSE coalesce(watch_progress.position_seconds, $2::FLOAT) END AS anon_1, now() AS now_1 
FROM contents LEFT OUTER JOIN video_assets ON video_assets.content_id = contents.id LEFT OUTER JOIN watch_progress ON watch_progress.content_id = contents.id AND watch_progress.user_id = $3::BIGINT 
WHERE contents.id = $4::BIGINT AND contents.deleted_at IS NULL ORDER BY video_assets.id;

SELECT pg_notify($1::VARCHAR, $2::VARCHAR) AS pg_notify_1;

SELECT pg_notify($1::VARCHAR, $2::VARCHAR) AS pg_notify_1;

SELECT users.id, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM users JOIN sessions ON sessions.user_id = users.id 
WHERE sessions.id = $1::BIGINT AND users.id = $2::BIGINT AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

WITH log AS 
(INSERT INTO view_logs (user_id, content_id, corporation_id) SELECT $1::BIGINT AS anon_1, contents.id AS id, contents.corporation_id AS corporation_id 
FROM contents 
WHERE contents.id = $4::BIGINT ON CONFLICT DO NOTHING RETURNING view_logs.id, view_logs.content_id), 
entry AS 
(INSERT INTO point_entries (user_id, content_id, points, reason) SELECT $1::BIGINT AS anon_1, log.content_id AS content_id, $2::INTEGER AS anon_2, $3::VARCHAR AS anon_3 
FROM log), 
balance AS 
(UPDATE users SET points=(users.points + $5::INTEGER) WHERE users.id = $1::BIGINT AND (EXISTS (SELECT log.id 
FROM log)) RETURNING users.points), 
counted AS 
(UPDATE contents SET view_count=(contents.view_count + $6::INTEGER) FROM log WHERE contents.id = log.content_id AND (EXISTS (SELECT balance.points 
FROM balance)) RETURNING contents.view_count)
 SELECT log.id AS log_id, balance.points AS balance, counted.view_count 
FROM log JOIN balance ON true JOIN counted ON true;
