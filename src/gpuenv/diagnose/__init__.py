"""Text and facts become causes; pure."""
