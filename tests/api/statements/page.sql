SELECT content_genres.content_id, genres.id, genres.name 
FROM content_genres JOIN genres ON genres.id = content_genres.genre_id 
WHERE content_genres.content_id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) ORDER BY genres.name;

SELECT content_likes.content_id 
FROM content_likes 
WHERE content_likes.user_id = $1::BIGINT AND content_likes.content_id = ANY (CAST((SELECT $2::BIGINT[] AS anon_1) AS BIGINT[]));

SELECT contents.id, contents.corporation_id, contents.title, contents.description, contents.age_rating, contents.release_date, contents.runtime_minutes, contents.poster_key, contents.tmdb_id, contents.like_count, contents.review_count, contents.rating, contents.view_count, contents.created_at, contents.updated_at, contents.deleted_at 
FROM contents 
WHERE contents.deleted_at IS NULL ORDER BY contents.created_at DESC, contents.id DESC 
 LIMIT $1::BIGINT;

SELECT corporations.id, corporations.name, CASE WHEN (corporations.plan_expires_at <= now()) THEN CAST($1::VARCHAR AS plan) ELSE corporations.plan END AS plan, corporations.plan_expires_at, corporations.created_at, corporations.updated_at 
FROM corporations 
WHERE corporations.id = ANY (CAST((SELECT $2::BIGINT[] AS anon_1) AS BIGINT[]));

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

SELECT video_assets.id, video_assets.content_id, video_assets.key, video_assets.content_type, video_assets.size_bytes 
FROM video_assets 
WHERE video_assets.content_id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) ORDER BY video_assets.id;

SELECT watch_progress.id, watch_progress.user_id, watch_progress.content_id, watch_progress.position_seconds, watch_progress.duration_seconds, watch_progress.completed, watch_progress.observed_at, watch_progress.sequence 
FROM watch_progress 
WHERE watch_progress.user_id = $1::BIGINT AND watch_progress.content_id = ANY (CAST((SELECT $2::BIGINT[] AS anon_1) AS BIGINT[]));
