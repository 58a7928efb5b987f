"""What the dialog methods mean: identifiers, the dialog's card, its history, and changes told truthfully."""
