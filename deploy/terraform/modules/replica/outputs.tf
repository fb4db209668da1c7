output "bucket_name" {
  description = "The replica (replica_bucket_name of the root module)."
  value       = var.bucket_name
  # S3 replicates only to a bucket that has versions and lets it in.
  depends_on = [aws_s3_bucket_versioning.replica, aws_s3_bucket_policy.replica]
}

output "key_arn" {
  description = "Its key (replica_key_arn of the root module)."
  value       = aws_kms_key.replica.arn
}
