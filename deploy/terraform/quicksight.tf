# QuickSight is the one part that stays a CloudFormation stack, so that its data sets and its dashboard come from the
# template that is generated from the views, and from nothing else.

resource "aws_cloudformation_stack" "quicksight" {
  count = var.quicksight == null ? 0 : 1

  # The name of a stack has no underscore.
  name = replace("${local.name}-quicksight", "_", "-")
  # As JSON without indentation the template stays below the 51,200 bytes that CloudFormation takes in a request.
  template_body = jsonencode(yamldecode(file("${path.module}/../quicksight.yaml")))
  capabilities  = ["CAPABILITY_IAM"]
  tags          = local.tags
  parameters = {
    OwnerArn               = var.quicksight.owner_arn
    ReaderArn              = var.quicksight.reader_arn
    RefreshAt              = var.quicksight.refresh_at
    DatabaseName           = var.database_name
    WorkGroupName          = var.work_group_name
    BucketName             = var.bucket_name
    AnalystPolicyArn       = aws_iam_policy.analyst.arn
    PermissionsBoundaryArn = var.permissions_boundary_arn == null ? "" : var.permissions_boundary_arn
    RolePath               = var.role_path
  }

  depends_on = [aws_glue_catalog_database.lake, aws_athena_workgroup.lake]
}
