"""Text for training: files and the Hub, documents to ids, shards on disk, documents without end."""
