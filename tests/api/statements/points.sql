SELECT point_entries.id, point_entries.points, point_entries.reason, point_entries.content_id, point_entries.created_at 
FROM point_entries 
WHERE point_entries.user_id = $1::BIGINT ORDER BY point_entries.created_at DESC, point_entries.id DESC 
 LIMIT $2::BIGINT;

SELECT users.id, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM users JOIN sessions ON sessions.user_id = users.id 
WHERE sessions.id = $1::BIGINT AND users.id = $2::BIGINT AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

SELECT users.points 
FROM users 
WHERE users.id = $1::BIGINT;

SELECT view_logs.id, view_logs.user_id, view_logs.content_id, view_logs.corporation_id, view_logs.created_at 
FROM view_logs JOIN contents ON contents.id = view_logs.content_id 
WHERE contents.deleted_at IS NULL AND view_logs.user_id = $1::BIGINT ORDER BY view_logs.created_at DESC, view_logs.id DESC 
 LIMIT $2::BIGINT;
