"""One public function per verb: whatever a customer, an operator, a merchant, a gateway or a timer may do."""
