"""Every SQL the dashboard says. Each function takes the store and gives a frame or plain values; nothing is cached here."""
