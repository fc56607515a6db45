"""From records to paper and page; never imports the harness or torch."""
