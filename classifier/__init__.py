"""The model that scores texts: sentiment, topics, companies and story signature, in English and Chinese."""
