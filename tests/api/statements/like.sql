SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

WITH person AS 
(SELECT users.id AS id 
FROM users 
WHERE users.id = $2::BIGINT FOR KEY SHARE), 
changed AS 
(INSERT INTO content_likes (user_id, content_id) SELECT person.id AS id, contents.id AS id_1 
FROM person JOIN contents ON contents.id = $3::BIGINT 
WHERE contents.deleted_at IS NULL ON CONFLICT DO NOTHING RETURNING content_likes.content_id), 
counted AS 
(UPDATE contents SET like_count=(contents.like_count + $1::INTEGER) FROM changed WHERE contents.id = changed.content_id AND contents.deleted_at IS NULL RETURNING contents.id, contents.corporation_id, contents.title, contents.description, contents.age_rating, contents.release_date, contents.runtime_minutes, contents.poster_key, contents.tmdb_id, contents.like_count, contents.review_count, contents.rating, contents.view_count, contents.created_at, contents.updated_at, contents.deleted_at)
 SELECT counted.id, counted.corporation_id, counted.title, counted.description, counted.age_rating, counted.release_date, counted.runtime_minutes, counted.poster_key, counted.tmdb_id, counted.like_count, counted.review_count, counted.rating, counted.view_count, counted.created_at, counted.updated_at, counted.deleted_at 
FROM counted UNION ALL SELECT contents.id, contents.corporation_id, contents.title, contents.description, contents.age_rating, contents.release_date, contents.runtime_minutes, contents.poster_key, contents.tmdb_id, contents.like_count, contents.review_count, contents.rating, contents.view_count, contents.created_at, contents.updated_at, contents.deleted_at 
FROM contents 
WHERE contents.id = $3::BIGINT AND contents.deleted_at IS NULL AND (NOT (EXISTS (SELECT changed.content_id 
FROM changed)) OR CASE WHEN ((EXISTS (SELECT changed.content_id 
FROM changed)) AND NOT (EXISTS (SELECT counted.id 
FROM counted))) THEN $4::INTEGER % (SELECT count(*) AS count_1 
FROM counted) = $5::INTEGER ELSE false END);
