"""The exact word search over final and open tokens (bundle format 2)."""
