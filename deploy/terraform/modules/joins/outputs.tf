output "bus_arn" {
  description = "The bus that the management account forwards to (bus_arn of modules/joins-management)."
  value       = aws_cloudwatch_event_bus.joins.arn
}
