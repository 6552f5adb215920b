SELECT corporations.id, corporations.name, CASE WHEN (corporations.plan_expires_at <= now()) THEN CAST($1::VARCHAR AS plan) ELSE corporations.plan END AS plan, corporations.plan_expires_at, corporations.created_at, corporations.updated_at 
FROM corporations 
WHERE corporations.id = ANY (CAST((SELECT $2::BIGINT[] AS anon_1) AS BIGINT[]));

SELECT count(*) AS count_1 
FROM users;

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

SELECT users.id, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM users ORDER BY users.created_at ASC, users.id ASC 
 LIMIT $1::BIGINT;
