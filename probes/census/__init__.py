"""What hosts are: logging in over SSH or WinRM, reading, never changing anything."""
