SELECT devices.id, devices.user_id, devices.platform, devices.token, devices.registered_at 
FROM devices 
WHERE devices.user_id = $1::BIGINT AND (EXISTS (SELECT sessions.id 
FROM sessions 
WHERE sessions.id = devices.session_id AND sessions.revoked_at IS NULL)) ORDER BY devices.registered_at DESC, devices.id DESC;

SELECT images.id, images.owner_id, images.key, images.filename, images.content_type, images.size_bytes, images.status, images.created_at 
FROM images 
WHERE (images.owner_id = $1::BIGINT OR images.status = $2::image_status AND (EXISTS (SELECT posts.id 
FROM posts 
WHERE posts.image_id = images.id))) AND images.id = ANY (CAST((SELECT $3::BIGINT[] AS anon_1) AS BIGINT[]));

SELECT instagram_links.persona_id, instagram_links.instagram_user_id, instagram_links.username, instagram_links.facebook_page_id, instagram_links.linked_at 
FROM instagram_links 
WHERE instagram_links.persona_id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[]));

SELECT instagram_tokens.persona_id, instagram_tokens.expires_at 
FROM instagram_tokens 
WHERE instagram_tokens.persona_id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND instagram_tokens.expires_at > now();

SELECT personas.id, personas.user_id, personas.number, personas.name, personas.gender, personas.feature, personas.options, personas.image_id, personas.created_at 
FROM personas 
WHERE personas.user_id = $1::BIGINT ORDER BY personas.number;

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();
