"""All that knows Dagster."""
