"""The view files, their history twins, and their deployment to Athena."""
