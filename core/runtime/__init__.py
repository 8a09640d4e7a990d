"""What a process does with its interpreter, memory and crash points."""
