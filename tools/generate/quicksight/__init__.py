"""`deploy/quicksight.yaml`, generated from the data sets of `bi_page`, so that it follows the views."""
