INSERT INTO reviews (content_id, author_id, rating, body) VALUES ($1::BIGINT, $2::BIGINT, $3::SMALLINT, $4::VARCHAR) ON CONFLICT DO NOTHING RETURNING reviews.id, reviews.content_id, reviews.author_id, reviews.rating, reviews.body, reviews.created_at, reviews.updated_at;

SELECT contents.id 
FROM contents 
WHERE contents.id = $1::BIGINT AND contents.deleted_at IS NULL;

SELECT contents.title, array((SELECT users.id 
FROM users 
WHERE users.role = $1::role AND users.corporation_id = contents.corporation_id AND users.id != $2::BIGINT)) AS user_ids 
FROM contents 
WHERE contents.id = $3::BIGINT;

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

UPDATE contents SET review_count=(contents.review_count + $1::INTEGER), rating_sum=(contents.rating_sum + $2::INTEGER) WHERE contents.id = $3::BIGINT AND contents.deleted_at IS NULL RETURNING contents.id;
