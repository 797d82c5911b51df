"""The pages of accounts: coming in, one's own, the help desk's, the demonstration's mails."""
