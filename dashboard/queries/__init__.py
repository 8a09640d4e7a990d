"""Every SQL the dashboard says. Functions take the store and give frames or plain values; nothing is cached."""
