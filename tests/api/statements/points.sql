SELECT point_entries.id, point_entries.points, point_entries.reason, point_entries.content_id, point_entries.created_at 
FROM point_entries 
WHERE point_entries.user_id = $1::BIGINT ORDER BY point_entries.created_at DESC, point_entries.id DESC 
 LIMIT $2::BIGINT;

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

SELECT users.points 
FROM users 
WHERE users.id = $1::BIGINT;

SELECT view_logs.id, view_logs.user_id, view_logs.content_id, view_logs.corporation_id, view_logs.created_at 
FROM view_logs JOIN contents ON contents.id = view_logs.content_id 
WHERE contents.deleted_at IS NULL AND view_logs.user_id = $1::BIGINT ORDER BY view_logs.created_at DESC, view_logs.id DESC 
 LIMIT $2::BIGINT;
