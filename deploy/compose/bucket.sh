#!/bin/sh
# The bucket, and an account of Marquee's own that may there what README says, and nothing else. May run again. The image
# has little more than mc and a shell, so nothing else is used.
set -eu
export HOME="${TMPDIR:-/tmp}"
bucket="arn:aws:s3:::$S3_BUCKET_NAME"
printf '%s\n' "{
  \"Version\": \"2012-10-17\",
  \"Statement\": [
    {\"Effect\": \"Allow\", \"Action\": [\"s3:ListBucket\"], \"Resource\": [\"$bucket\"]},
    {\"Effect\": \"Allow\", \"Action\": [\"s3:GetObject\"], \"Resource\": [\"$bucket/*\"]},
    {
      \"Effect\": \"Allow\",
      \"Action\": [\"s3:PutObject\", \"s3:DeleteObject\"],
      \"Resource\": [\"$bucket/images/*\", \"$bucket/incoming/*\"]
    }
  ]
}" >"$HOME/policy.json"
mc alias set --quiet store http://minio:9000 marquee-root "$MINIO_ROOT_PASSWORD"
mc mb --quiet --ignore-existing "store/$S3_BUCKET_NAME"
mc admin policy create store marquee "$HOME/policy.json"
mc admin user add store "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
said=$(mc admin policy attach store marquee --user "$AWS_ACCESS_KEY_ID" 2>&1) || case $said in
  *already*) ;; # from the last time
  *)
    echo "$said" >&2
    exit 1
    ;;
esac
