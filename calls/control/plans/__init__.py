"""Plans by family. Pure, as `control.plan`."""
