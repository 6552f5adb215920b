#!/bin/sh
# Roles and databases, made once, when the data are. Neither role may more than its own database: the superuser is for people.
# Passwords go by the environment, never in a command that others can read.
set -eu
psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv marquee_password MARQUEE_DB_PASSWORD
\getenv keycloak_password KEYCLOAK_DB_PASSWORD
create role marquee login password :'marquee_password';
create database marquee owner marquee;
create role keycloak login password :'keycloak_password';
create database keycloak owner keycloak;
revoke connect on database marquee, keycloak from public;
SQL
