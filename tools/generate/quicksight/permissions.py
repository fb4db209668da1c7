"""What owners and readers may do, as QuickSight itself grants it: it takes no other sets of actions."""

from __future__ import annotations

DATA_SET_OWNER = [
    "quicksight:DescribeDataSet",
    "quicksight:DescribeDataSetPermissions",
    "quicksight:PassDataSet",
    "quicksight:DescribeIngestion",
    "quicksight:ListIngestions",
    "quicksight:UpdateDataSet",
    "quicksight:DeleteDataSet",
    "quicksight:CreateIngestion",
    "quicksight:CancelIngestion",
    "quicksight:UpdateDataSetPermissions",
    "quicksight:DescribeDataSetRefreshProperties",
    "quicksight:PutDataSetRefreshProperties",
    "quicksight:DeleteDataSetRefreshProperties",
    "quicksight:DescribeRefreshSchedule",
    "quicksight:ListRefreshSchedules",
    "quicksight:CreateRefreshSchedule",
    "quicksight:UpdateRefreshSchedule",
    "quicksight:DeleteRefreshSchedule",
]
SOURCE_OWNER = [
    "quicksight:DescribeDataSource",
    "quicksight:DescribeDataSourcePermissions",
    "quicksight:PassDataSource",
    "quicksight:UpdateDataSource",
    "quicksight:DeleteDataSource",
    "quicksight:UpdateDataSourcePermissions",
]
READER = ["quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", "quicksight:QueryDashboard"]
DASHBOARD_OWNER = [
    *READER,
    "quicksight:DescribeDashboardPermissions",
    "quicksight:UpdateDashboardPermissions",
    "quicksight:UpdateDashboardPublishedVersion",
    "quicksight:UpdateDashboard",
    "quicksight:DeleteDashboard",
]
