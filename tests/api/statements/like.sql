SELECT users.id, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at 
FROM users JOIN sessions ON sessions.user_id = users.id 
WHERE sessions.id = $1::BIGINT AND users.id = $2::BIGINT AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

WITH person AS 
(SELECT users.id AS id 
FROM users 
WHERE users.id = $2::BIGINT FOR KEY SHARE), 
held AS 
(SELECT contents.id AS id, contents.corporation_id AS corporation_id, contents.title AS title, contents.description AS description, contents.age_rating AS age_rating, contents.release_date AS release_date, contents.runtime_minutes AS runtime_minutes, contents.poster_key AS poster_key, contents.tmdb_id AS tmdb_id, contents.like_count AS like_count, contents.review_count AS review_count, contents.rating AS rating, contents.view_count AS view_count, contents.created_at AS created_at, contents.updated_at AS updated_at, contents.deleted_at AS deleted_at, person.id AS person_id 
FROM contents JOIN person ON true 
WHERE contents.id = $3::BIGINT AND contents.deleted_at IS NULL FOR NO KEY UPDATE OF contents), 
changed AS 
(INSERT INTO content_likes (user_id, content_id) SELECT held.person_id AS person_id, held.id AS id 
FROM held ON CONFLICT DO NOTHING RETURNING content_likes.content_id), 
counted AS 
(UPDATE contents SET like_count=(contents.like_count + $1::INTEGER) FROM changed WHERE contents.id = changed.content_id RETURNING contents.id, contents.corporation_id, contents.title, contents.description, contents.age_rating, contents.release_date, contents.runtime_minutes, contents.poster_key, contents.tmdb_id, contents.like_count, contents.review_count, contents.rating, contents.view_count, contents.created_at, contents.updated_at, contents.deleted_at)
 SELECT counted.id, counted.corporation_id, counted.title, counted.description, counted.age_rating, counted.release_date, counted.runtime_minutes, counted.poster_key, counted.tmdb_id, counted.like_count, counted.review_count, counted.rating, counted.view_count, counted.created_at, counted.updated_at, counted.deleted_at 
FROM counted UNION ALL SELECT held.id, held.corporation_id, held.title, held.description, held.age_rating, held.release_date, held.runtime_minutes, held.poster_key, held.tmdb_id, held.like_count, held.review_count, held.rating, held.view_count, held.created_at, held.updated_at, held.deleted_at 
FROM held 
WHERE NOT (EXISTS (SELECT counted.id 
FROM counted));
